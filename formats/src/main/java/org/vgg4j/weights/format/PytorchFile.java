package org.vgg4j.weights.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * Reads state dicts as torch.save writes them: an archive since PyTorch 1.6, a series of pickles
 * before.
 */
final class PytorchFile {
  /**
   * Limit for a pickle: a state dict has a few kilobytes of names, but lists of images beside it
   * may have megabytes.
   */
  private static final int LARGEST_PICKLE = 64 << 20;

  private static final String DATA = "data.pkl";
  private static final byte[] LEGACY_MAGIC = {
    0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, (byte) 0xf9, 0x20, 0x6a, (byte) 0xa8, 0x50, 0x19
  };
  private static final long LEGACY_PROTOCOL = 1001;

  private PytorchFile() {}

  /**
   * Reads an archive's table of contents and its pickle.
   *
   * @throws InputException if it is not a valid state dict; the message does not name the file
   */
  static TensorFile readArchive(Path file) throws IOException {
    try (ZipFile archive = opened(file)) {
      Map<String, ZipArchiveEntry> entries = new HashMap<>();
      String root = null;
      for (ZipArchiveEntry entry : Collections.list(archive.getEntries())) {
        if (entries.put(entry.getName(), entry) != null) {
          throw new InputException("its archive has an entry twice: get it again");
        }
        if (entry.getName().endsWith("/" + DATA) || entry.getName().equals(DATA)) {
          root = entry.getName().substring(0, entry.getName().length() - DATA.length());
        }
      }
      if (root == null) {
        throw new InputException(OtherFormats.archive(List.copyOf(entries.keySet())));
      }
      if (entries.containsKey(root + "constants.pkl")) {
        throw new InputException(
            "it is a TorchScript archive, which holds a program: in Python,"
                + " torch.save(torch.jit.load(FILE).state_dict(), OTHER) writes its weights alone");
      }
      requireLittleEndian(archive, entries.get(root + "byteorder"));
      PytorchPickle calls = new PytorchPickle();
      ZipArchiveEntry pickle = Objects.requireNonNull(entries.get(root + DATA));
      Object value = Pickle.read(ByteBuffer.wrap(content(archive, pickle)), calls);
      String folder = root + "data/";
      return tensorFile(
          file,
          Format.PYTORCH,
          value,
          storage -> position(entries.get(folder + storage.key()), storage));
    }
  }

  private static ZipFile opened(Path file) throws IOException {
    try {
      return ZipFile.builder().setPath(file).get();
    } catch (
        RuntimeException
            e) { // the library throws several exceptions at a damaged table of contents
      throw damaged(e);
    }
  }

  private static InputException damaged(RuntimeException cause) {
    return new InputException("its archive is damaged or was cut short: get it again", cause);
  }

  private static void requireLittleEndian(ZipFile archive, @Nullable ZipArchiveEntry entry)
      throws IOException {
    if (entry != null
        && !new String(content(archive, entry), StandardCharsets.US_ASCII).equals("little")) {
      throw new InputException(
          "its numbers are big-endian: save it on a machine with a little-endian processor");
    }
  }

  private static byte[] content(ZipFile archive, ZipArchiveEntry entry) throws IOException {
    if (entry.getMethod() != ZipEntry.STORED && entry.getMethod() != ZipEntry.DEFLATED) {
      throw new InputException("its archive is packed as torch.save never does: get it again");
    }
    byte[] content;
    try (InputStream stream = archive.getInputStream(entry)) {
      content = stream.readNBytes(LARGEST_PICKLE + 1);
    } catch (RuntimeException e) {
      throw damaged(e);
    }
    if (content.length > LARGEST_PICKLE) {
      throw new InputException(
          "its pickle has more than 64 MB, not counting the numbers: save the weights alone");
    }
    return content;
  }

  private static long position(@Nullable ZipArchiveEntry entry, PytorchPickle.Storage storage) {
    if (entry == null) {
      throw new InputException("storage " + storage.key() + " is missing: get it again");
    }
    if (entry.getMethod() != ZipEntry.STORED) {
      throw new InputException(
          "its numbers are compressed, as torch.save never does: unpack the archive and zip it"
              + " again without compression");
    }
    if (entry.getSize() != storage.length() * storage.type().bytes()) {
      throw new InputException(
          "storage %s has %d bytes, not %d numbers: get it again"
              .formatted(storage.key(), entry.getSize(), storage.length()));
    }
    return entry.getDataOffset() + storage.offset() * storage.type().bytes();
  }

  /** Whether the file begins as torch.save's did before 1.6: with a pickle of its magic number. */
  static boolean isLegacy(byte[] start) {
    int at = 4; // opcode for the protocol, its number, opcode for an integer, its length
    if (start.length < at + LEGACY_MAGIC.length || start[0] != (byte) 0x80) {
      return false;
    }
    for (int i = 0; i < LEGACY_MAGIC.length; i++) {
      if (start[at + i] != LEGACY_MAGIC[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Reads the pickles of a file from before PyTorch 1.6: magic number, protocol, the machine that
   * wrote it, the object, and the keys of its storages; then come their numbers, each storage with
   * its length.
   *
   * @throws InputException if it is not a valid state dict; the message does not name the file
   */
  static TensorFile readLegacy(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      // mapped, since the length of the pickles is unknown until they are read
      ByteBuffer bytes =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, Math.min(LARGEST_PICKLE, channel.size()));
      PytorchPickle calls = new PytorchPickle();
      Pickle.read(bytes, calls);
      if (!Pickle.read(bytes, calls).equals(LEGACY_PROTOCOL)) {
        throw new InputException("its protocol is not PyTorch's " + LEGACY_PROTOCOL);
      }
      if (Pickle.read(bytes, calls) instanceof Pickle.Dictionary machine
          && Boolean.FALSE.equals(machine.entries().get("little_endian"))) {
        throw new InputException(
            "its numbers are big-endian: save it on a machine with a little-endian processor");
      }
      Object value = Pickle.read(bytes, calls);
      Object keys = Pickle.read(bytes, calls);
      Map<String, Long> positions = positions(channel, bytes.position(), keys, calls.storages());
      return tensorFile(
          file,
          Format.PYTORCH_LEGACY,
          value,
          storage -> {
            Long position = positions.get(storage.key());
            if (position == null) {
              throw new InputException("storage " + storage.key() + " is missing: get it again");
            }
            return position + storage.offset() * storage.type().bytes();
          });
    } catch (BufferUnderflowException e) {
      throw new InputException("it ends too early: get it again", e);
    }
  }

  private static Map<String, Long> positions(
      FileChannel channel, long start, Object keys, Map<String, PytorchPickle.Storage> storages)
      throws IOException {
    if (!(keys instanceof Pickle.Sequence list)) {
      throw new InputException("it has no list of storages");
    }
    Map<String, Long> positions = new LinkedHashMap<>();
    long position = start;
    for (Object key : list.items()) {
      PytorchPickle.Storage storage = storages.get(key);
      if (storage == null) {
        throw new InputException("it lists a storage that no tensor uses: get it again");
      }
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      readFully(channel, length, position);
      if (length.flip().getLong() != storage.length()) {
        throw new InputException("storage " + storage.key() + " has another length: get it again");
      }
      positions.put(storage.key(), position + Long.BYTES);
      position += Long.BYTES + storage.length() * storage.type().bytes();
      if (position > channel.size()) {
        throw new InputException("it ends within its numbers: it was cut short, get it again");
      }
    }
    return positions;
  }

  private static void readFully(FileChannel channel, ByteBuffer bytes, long position)
      throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        return;
      }
    }
  }

  private static TensorFile tensorFile(
      Path file, Format format, Object value, PytorchPickle.Storages storages) {
    return new TensorFile(file, format, StateDicts.of(file, value, storages));
  }
}
