package org.vgg4j.data.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.UserFolders;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.image.ImageFiles;

/**
 * A tar archive, or one of such archives, whose files are read in place, one at a time. Where they
 * are is found once and kept in an index file: beside the archive, or else in the user's cache.
 * Thread-safe.
 */
public final class TarArchive {
  /** Added to the archive's name. */
  static final String INDEX = ".vgg4j-index";

  private static final Logger LOG = LoggerFactory.getLogger(TarArchive.class);
  private static final String TAR = ".tar";

  /** The same limit as for an image file outside an archive. */
  private static final long MOST_BYTES = 1L << 30;

  /** Bytes of a block of tar. */
  private static final int BLOCK = 512;

  private final Path file;
  private final TarIndex index;

  private TarArchive(Path file, TarIndex index) {
    this.file = file;
    this.index = index;
  }

  /**
   * Opens an archive.
   *
   * @throws InputException if it is missing, cut off or no tar archive
   */
  public static TarArchive open(Path file) {
    return open(file, UserFolders.cache());
  }

  /**
   * @param cache where the index is kept if it cannot be kept beside its archive; null: nowhere
   */
  public static TarArchive open(Path file, @Nullable Path cache) {
    TarIndex.Archive identity = identity(file);
    Path beside = beside(file);
    List<Path> places =
        cache == null ? List.of(beside) : List.of(beside, cache.resolve(name(file, identity)));
    for (Path place : places) {
      try (InputStream stream = Files.newInputStream(place)) {
        return new TarArchive(file, TarIndex.read(stream, identity));
      } catch (NoSuchFileException e) {
        // not made yet
      } catch (IOException e) {
        LOG.info("rebuilding the index {}: {}", place, e.getMessage());
      }
    }
    LOG.info("looking for the files in {}, once...", file);
    TarIndex index;
    try (FileChannel channel = FileChannel.open(file)) {
      index = index(channel, file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read " + file + " (" + AtomicFile.reason(e) + "): check its permissions", e);
    }
    keep(index, identity, places);
    return new TarArchive(file, index);
  }

  private static Path beside(Path file) {
    return file.resolveSibling(file.getFileName() + INDEX);
  }

  /** Archives of one name may lie in several folders. */
  private static String name(Path file, TarIndex.Archive identity) {
    String path = file.toAbsolutePath().normalize().toString();
    String hash = new Fingerprint().add(path).add(identity.bytes()).hex();
    return file.getFileName() + "-" + hash.substring(0, 16) + INDEX;
  }

  private static TarIndex.Archive identity(Path file) {
    try {
      return new TarIndex.Archive(Files.size(file), Files.getLastModifiedTime(file).toMillis());
    } catch (IOException e) {
      throw new InputException(
          "cannot read " + file + " (" + AtomicFile.reason(e) + "): check the path", e);
    }
  }

  private static void keep(TarIndex index, TarIndex.Archive identity, List<Path> places) {
    List<String> failures = new ArrayList<>();
    for (Path place : places) {
      try {
        AtomicFile.write(
            place,
            channel -> {
              OutputStream stream = Channels.newOutputStream(channel);
              index.write(stream, identity);
            });
        return;
      } catch (InputException e) {
        failures.add(String.valueOf(e.getMessage()));
      }
    }
    LOG.warn("the index could not be saved and will be rebuilt the next time: {}", failures);
  }

  /**
   * Looks through an archive for images; hidden files and files with other names are passed over,
   * as in folders. A file of an archive within it has the names of both, such as {@code
   * n01440764/n01440764_18.JPEG}.
   *
   * @param file what to call it
   * @throws InputException if it is cut off or no tar archive
   */
  static TarIndex index(SeekableByteChannel channel, Path file) throws IOException {
    TarIndex.Builder builder = new TarIndex.Builder();
    long end = addAll(builder, channel, 0, channel.size(), "", file);
    if (!endsAt(channel, end)) {
      throw cutOff(file, "its end", "the end-of-archive mark is missing");
    }
    warn(builder, file);
    TarIndex index = builder.build();
    if (index.size() == 0) {
      throw new InputException(
          "%s holds no image (%s): give a tar archive of images, or copy this one again"
              .formatted(file, ImageFiles.EXTENSIONS_IN_WORDS));
    }
    return index;
  }

  private static void warn(TarIndex.Builder builder, Path file) {
    if (builder.ignored() > 0) {
      LOG.warn(
          "passed over {} file(s) in {} that are not {}",
          builder.ignored(),
          file,
          ImageFiles.EXTENSIONS_IN_WORDS);
    }
    if (builder.symbolicLinks() > 0) {
      LOG.warn(
          "passed over {} symbolic link(s) in {}, which archives are not read through: if they lead"
              + " to images, make the archive again with tar --dereference",
          builder.symbolicLinks(),
          file);
    }
    if (builder.lostLinks() > 0) {
      LOG.warn(
          "passed over {} hard link(s) in {} whose files are not before them in it, such as {}: if"
              + " you have these files, make the archive again with tar --hard-dereference",
          builder.lostLinks(),
          file,
          builder.lostLink());
    }
  }

  /** An archive ends with zeros; one without them may have been cut off between two files. */
  private static boolean endsAt(SeekableByteChannel channel, long position) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    channel.position(position);
    while (block.hasRemaining()) {
      if (channel.read(block) < 0) {
        return false;
      }
    }
    return Arrays.equals(block.array(), new byte[BLOCK]);
  }

  /** Returns where the last file ends. */
  private static long addAll(
      TarIndex.Builder builder,
      SeekableByteChannel channel,
      long start,
      long length,
      String prefix,
      Path file)
      throws IOException {
    List<TarArchiveEntry> entries;
    try {
      entries = entries(new ChannelSlice(channel, start, length));
    } catch (IOException | IllegalArgumentException e) {
      throw cutOff(file, prefix.isEmpty() ? "its end or before" : prefix, AtomicFile.reason(e));
    }
    long end = start;
    boolean hasLinks = entries.stream().anyMatch(TarArchiveEntry::isLink);
    Map<String, TarArchiveEntry> earlier = new HashMap<>();
    for (TarArchiveEntry entry : entries) {
      end = start + entry.getDataOffset() + (entry.getSize() + BLOCK - 1) / BLOCK * BLOCK;
      String own = relative(entry.getName());
      String name = prefix + own;
      boolean isImage = ImageFiles.isImageName(name) && !("/" + name).contains("/.");
      boolean isWanted = isImage || name.endsWith(TAR);
      TarArchiveEntry content = entry;
      if (entry.isLink() && isWanted) {
        content = earlier.get(relative(entry.getLinkName()));
        if (content == null) {
          builder.addLostLink(name, entry.getLinkName());
          continue;
        }
      }
      if (hasLinks && content.isFile() && !content.isLink() && !content.isSymbolicLink()) {
        earlier.put(own, content);
      }
      long at = start + content.getDataOffset();
      if (at + content.getSize() > start + length) {
        throw cutOff(file, name, "it ends within that file");
      }
      if (entry.isSymbolicLink()) {
        builder.addSymbolicLink();
      } else if (!content.isFile() || !isWanted) {
        if (!entry.isDirectory()) {
          builder.ignore();
        }
      } else if (name.endsWith(TAR)) {
        String inner = name.substring(0, name.length() - TAR.length()) + "/";
        long unused = addAll(builder, channel, at, content.getSize(), inner, file);
      } else {
        builder.add(name, at, bytes(name, content, file));
      }
    }
    return end;
  }

  private static int bytes(String name, TarArchiveEntry image, Path file) {
    if (image.getSize() > MOST_BYTES) {
      throw new InputException(
          "%s in %s is larger than 1 GiB: make the archive again without it, or with a smaller image"
              .formatted(name, file));
    }
    return (int) image.getSize();
  }

  /** The channel is not closed: it belongs to the caller. */
  private static List<TarArchiveEntry> entries(ChannelSlice archive) throws IOException {
    return new TarFile(
            archive,
            TarConstants.DEFAULT_BLKSIZE,
            TarConstants.DEFAULT_RCDSIZE,
            StandardCharsets.UTF_8.name(),
            false)
        .getEntries();
  }

  private static String relative(String name) {
    return name.replaceFirst("^(\\./)+", "");
  }

  private static InputException cutOff(Path file, String place, String detail) {
    return new InputException(
        "%s is cut off or damaged at %s (%s): copy it again, and compare its checksum"
            .formatted(file, place, detail));
  }

  Path file() {
    return file;
  }

  public TarIndex index() {
    return index;
  }

  /**
   * Reads a file's content.
   *
   * @throws InputException if the archive cannot be read any more
   */
  byte[] read(int number) {
    byte[] content = new byte[index.length(number)];
    // opened for each file: a channel would be closed for all when one thread is interrupted
    try (RandomAccessFile archive = new RandomAccessFile(file.toFile(), "r")) {
      archive.seek(index.offset(number));
      archive.readFully(content);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s in %s (%s): check the disk"
              .formatted(index.name(number), file, AtomicFile.reason(e)),
          e);
    }
    return content;
  }

  /** Changes when a file is added, removed, renamed or changed in length. */
  void addTo(Fingerprint fingerprint) {
    for (int i = 0; i < index.size(); i++) {
      fingerprint.add(index.name(i)).add(index.length(i));
    }
  }
}
