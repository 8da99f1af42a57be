package org.vgg4j.search;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.PassedOver;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.network.HostThreads;

/**
 * Makes an index of all images below a folder, or brings one up to date: only files that are new,
 * or have another size or time, are read, and only contents that are new are described. Interrupted
 * work goes on where it ended. Not thread-safe.
 */
public final class IndexBuilder {
  /** Files of a block, after which work can be interrupted. */
  private static final int BLOCK = 32;

  /** What was done: receives how many of how many files. */
  @FunctionalInterface
  public interface Progress {
    /** Called after each block. */
    void done(int files, int of);
  }

  /**
   * What a run has done.
   *
   * @param finished whether the index is up to date; otherwise the same run continues later
   * @param images how many it has
   * @param kept files that were there before, unchanged
   * @param added new files
   * @param renamed new files whose content had another name, which is gone
   * @param changed files with new content
   * @param vanished files that are gone, without those that were renamed
   * @param unreadable files that are no images, with the reasons, in the order of their paths
   * @param passedOver sentences about files that do not count as images
   */
  public record Result(
      boolean finished,
      int images,
      int kept,
      int added,
      int renamed,
      int changed,
      int vanished,
      Map<String, String> unreadable,
      List<String> passedOver) {}

  /** A file of the folder, and the row that it has in the old index; -1: none. */
  private record Found(String path, Path file, long size, long time, int oldRow) {}

  private final HostThreads threads;
  private final Descriptors descriptors;
  private final IndexHeader header;
  private final Path file;
  private final @Nullable SearchIndex old;
  private final Map<String, Integer> oldPaths = new HashMap<>();
  private final Map<String, Integer> oldDigests = new HashMap<>();
  private final List<IndexedFile> oldImages = new ArrayList<>();

  /**
   * @param threads read images
   * @param descriptors describe them
   * @param header of the index
   * @param file the index, which may exist
   * @throws InputException if it exists and has another folder, model, recipe or whitening
   */
  public IndexBuilder(HostThreads threads, Descriptors descriptors, IndexHeader header, Path file) {
    this.threads = threads;
    this.descriptors = descriptors;
    this.file = file;
    this.old = Files.exists(file) ? SearchIndex.open(file) : null;
    this.header = header;
    if (old != null) {
      old.header().requireSame(header, file);
      for (int row = 0; row < old.count(); row++) {
        IndexedFile image = old.image(row);
        oldImages.add(image);
        oldPaths.put(image.path(), row);
        oldDigests.putIfAbsent(image.digest(), row);
      }
    }
  }

  /**
   * Brings the index up to date.
   *
   * @param stop asked after each block whether to stop
   * @throws InputException if the folder cannot be listed, has no readable image or too few for the
   *     whitening, another run with other options was interrupted in this place, or the index
   *     cannot be written
   */
  public Result run(BooleanSupplier stop, Progress progress) {
    Path folder = Path.of(header.folder());
    PassedOver passedOver = new PassedOver(folder);
    Map<String, Found> files = list(folder, passedOver);
    if (header.whitened() && old == null) {
      // before all the work; unreadable images can only make them fewer
      Whitening.requireEnough(files.size(), header.described(), header.kept());
    }
    try (Journal journal = Journal.open(file, identity(), header.described())) {
      List<Found> pending = new ArrayList<>();
      for (Found found : files.values()) {
        if (!isUnchanged(found) && done(found, journal) == null) {
          pending.add(found);
        }
      }
      Map<String, Long> described = new HashMap<>();
      journal.all().forEach(done -> note(done, described));
      int before = files.size() - pending.size();
      int done = 0;
      while (done < pending.size() && !stop.getAsBoolean()) {
        List<Found> some = pending.subList(done, Math.min(done + BLOCK, pending.size()));
        List<Journal.Work> works = describe(some, journal, described);
        journal.add(works);
        for (Journal.Work work : works) {
          Journal.Done noted =
              journal.find(work.image().path(), work.image().size(), work.image().time());
          if (noted != null) {
            note(noted, described);
          }
        }
        done += some.size();
        progress.done(before + done, files.size());
      }
      return finish(files, journal, done == pending.size(), passedOver);
    }
  }

  /**
   * What descriptors depend on as the network makes them: not on the whitening, nor on where the
   * model lies.
   */
  private Map<String, String> identity() {
    Map<String, String> identity = new LinkedHashMap<>();
    identity.put("folder", header.folder());
    identity.put("model", header.modelSha256());
    identity.put("recipe", descriptors.recipe().label());
    identity.put("batch", Integer.toString(descriptors.batch()));
    return identity;
  }

  /**
   * What became of a file, if that is known; a row that an old index had is not known any more
   * where that index is gone.
   */
  private Journal.@Nullable Done done(Found found, Journal journal) {
    Journal.Done done = journal.find(found.path(), found.size(), found.time());
    boolean known =
        done != null
            && (done.at() >= 0
                || done.problem() != null
                || oldDigests.containsKey(done.image().digest()));
    return known ? done : null;
  }

  private static void note(Journal.Done done, Map<String, Long> described) {
    if (done.at() >= 0) {
      described.putIfAbsent(done.image().digest(), done.at());
    }
  }

  private boolean isUnchanged(Found found) {
    return found.oldRow() >= 0
        && oldImages.get(found.oldRow()).looksLike(found.size(), found.time());
  }

  /** All images below the folder, by their paths. */
  private Map<String, Found> list(Path folder, PassedOver passedOver) {
    Map<String, Found> files = new TreeMap<>();
    for (Path each : ImageFiles.filesBelow(folder)) {
      if (!Files.isRegularFile(each)) {
        passedOver.addIfBroken(each);
        continue;
      }
      ImageFiles.Content content = ImageFiles.content(each);
      if (!content.isImage()) {
        passedOver.add(each, content);
        continue;
      }
      FileNames.requireText(each);
      String path = folder.relativize(each).toString().replace('\\', '/');
      try {
        files.put(
            path,
            new Found(
                path,
                each,
                Files.size(each),
                Files.getLastModifiedTime(each).toMillis(),
                oldPaths.getOrDefault(path, -1)));
      } catch (IOException e) {
        throw new InputException(
            "cannot read %s (%s): check its permissions, or remove it"
                .formatted(each, AtomicFile.reason(e)),
            e);
      }
    }
    if (files.isEmpty()) {
      throw new InputException(
          "folder %s holds no image (%s): check the path%s"
              .formatted(folder, ImageFiles.EXTENSIONS_IN_WORDS, passedOver.foreignRemark()));
    }
    return files;
  }

  /** A file's content: rescaled if it has to be described. */
  private record Read(
      IndexedFile image, @Nullable List<RgbImage> rescaled, @Nullable String problem) {}

  private List<Journal.Work> describe(
      List<Found> some, Journal journal, Map<String, Long> described) {
    Read[] reads = new Read[some.size()];
    threads.parallel(reads.length, i -> reads[i] = read(some.get(i), described));
    List<List<RgbImage>> images = new ArrayList<>();
    for (int i = 0; i < reads.length; i++) {
      Read read = withRoom(reads[i]);
      reads[i] = read;
      if (read.rescaled() != null) {
        images.add(read.rescaled());
      }
    }
    float[][] rows = images.isEmpty() ? new float[0][] : descriptors.compute(images);
    List<Journal.Work> works = new ArrayList<>();
    int next = 0;
    for (Read read : reads) {
      Long known = described.get(read.image().digest());
      float[] row = null;
      if (read.rescaled() != null) {
        row = rows[next++];
      } else if (read.problem() == null && known != null) {
        row = journal.descriptor(known);
      }
      works.add(new Journal.Work(read.image(), row, read.problem()));
    }
    return works;
  }

  private Read read(Found found, Map<String, Long> described) {
    String digest = "";
    try {
      byte[] content = Files.readAllBytes(found.file());
      digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
      IndexedFile image = new IndexedFile(found.path(), found.size(), found.time(), digest);
      if (oldDigests.containsKey(digest) || described.containsKey(digest)) {
        return new Read(image, null, null);
      }
      RgbImage decoded = ImageDecoder.decode(content, found.file().toString());
      return new Read(image, descriptors.rescale(decoded), null);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    } catch (IOException e) {
      AbortedException.requireUninterrupted(e, found.file());
      return unreadable(found, digest, AtomicFile.reason(e));
    } catch (InputException e) {
      return unreadable(found, digest, String.valueOf(e.getMessage()));
    } catch (OutOfMemoryError e) {
      return unreadable(found, digest, "it is larger than the memory that Java may take");
    }
  }

  /** The same; unreadable if it needs more memory than there is, which must not end the run. */
  private Read withRoom(Read read) {
    try {
      if (read.rescaled() != null) {
        descriptors.requireRoom(read.rescaled());
      }
      return read;
    } catch (UnreadableImageException e) {
      return new Read(read.image(), null, String.valueOf(e.getMessage()));
    }
  }

  private static Read unreadable(Found found, String digest, String problem) {
    return new Read(
        new IndexedFile(found.path(), found.size(), found.time(), digest), null, problem);
  }

  /** Where a row of the new index comes from: the old one, or the journal. */
  private record Origin(int oldRow, long at) {}

  private Result finish(
      Map<String, Found> files, Journal journal, boolean finished, PassedOver passedOver) {
    List<IndexedFile> images = new ArrayList<>();
    List<Origin> origins = new ArrayList<>();
    Map<String, String> unreadable = new TreeMap<>();
    int kept = 0;
    int added = 0;
    int changed = 0;
    int renamed = 0;
    Set<String> gone = vanished(files.keySet());
    int vanished = gone.size();
    for (Found found : files.values()) {
      Journal.Done done = done(found, journal);
      if (isUnchanged(found)) {
        kept++;
        images.add(oldImages.get(found.oldRow()));
        origins.add(new Origin(found.oldRow(), -1));
      } else if (done != null && done.problem() != null) {
        unreadable.put(found.path(), done.problem());
        vanished += found.oldRow() >= 0 ? 1 : 0;
      } else if (done != null) {
        Integer same = oldDigests.get(done.image().digest());
        images.add(done.image());
        origins.add(new Origin(same == null ? -1 : same, done.at()));
        if (found.oldRow() >= 0) {
          boolean touched = oldImages.get(found.oldRow()).digest().equals(done.image().digest());
          kept += touched ? 1 : 0;
          changed += touched ? 0 : 1;
        } else if (same != null && gone.remove(oldImages.get(same).path())) {
          renamed++;
        } else {
          added++;
        }
      }
    }
    if (finished) {
      write(images, origins, journal);
      journal.delete();
    }
    return new Result(
        finished,
        images.size(),
        kept,
        added,
        renamed,
        changed,
        vanished - renamed,
        unreadable,
        passedOver.sentences());
  }

  /** Paths of the old index that are gone. */
  private Set<String> vanished(Set<String> present) {
    Set<String> gone = new HashSet<>(oldPaths.keySet());
    gone.removeAll(present);
    return gone;
  }

  private void write(List<IndexedFile> images, List<Origin> origins, Journal journal) {
    if (images.isEmpty()) {
      throw new InputException(
          "no image below %s can be read: check the files".formatted(header.folder()));
    }
    if (old != null && images.equals(oldImages)) {
      return;
    }
    SearchIndex before = old;
    Whitening whitening =
        before != null
            ? before.learntWhitening()
            : header.whitened() ? learn(origins, journal) : null;
    int stride = SearchIndex.stride(header.kept());
    IndexWriter.write(
        file,
        header,
        whitening,
        images,
        new RowSource() {
          @Override
          public int count() {
            return origins.size();
          }

          @Override
          public void read(int row, float[] into) {
            Origin origin = origins.get(row);
            if (origin.oldRow() >= 0 && before != null) {
              before.readRows(origin.oldRow(), into, 1);
            } else {
              float[] made = SearchIndex.row(journal.descriptor(origin.at()), whitening, stride);
              System.arraycopy(made, 0, into, 0, stride);
            }
          }
        });
  }

  private Whitening learn(List<Origin> origins, Journal journal) {
    RowSource rows =
        new RowSource() {
          @Override
          public int count() {
            return origins.size();
          }

          @Override
          public void read(int row, float[] into) {
            float[] descriptor = journal.descriptor(origins.get(row).at());
            System.arraycopy(descriptor, 0, into, 0, into.length);
          }
        };
    return Whitening.learn(rows, header.described(), header.kept(), threads);
  }
}
