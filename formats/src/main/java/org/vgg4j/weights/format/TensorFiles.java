package org.vgg4j.weights.format;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.zip.ZipException;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.safetensors.SafeTensors;
import org.vgg4j.weights.tensor.StoredTensor;

/** Opens a file of weights; the format is determined by its first bytes, not its name. */
public final class TensorFiles {
  private static final int START = 512;
  private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private TensorFiles() {}

  /**
   * Reads a file's description of its tensors, but not their numbers.
   *
   * @throws InputException if it is missing, of no known format, broken, or asks for something to
   *     be executed
   */
  public static TensorFile open(Path file) {
    if (Files.isDirectory(file)) {
      throw new InputException(file + " is a folder: give the file with the weights in it");
    }
    try {
      TensorFile content = read(file, start(file));
      content.states().forEach(TensorFiles::requireApart);
      return content;
    } catch (NoSuchFileException e) {
      throw new InputException("there is no file " + file + ": check the path", e);
    } catch (EOFException e) {
      throw new InputException(file + " ends too early: it was cut short, get it again", e);
    } catch (ZipException | InvalidProtocolBufferException e) {
      throw new InputException(
          "%s is damaged or was cut short: get it again (%s)"
              .formatted(file, AtomicFile.reason(e).lines().findFirst().orElse("")),
          e);
    } catch (IOException e) {
      AbortedException.requireUninterrupted(e, file);
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    } catch (InputException e) {
      throw naming(file, e);
    } catch (OutOfMemoryError | StackOverflowError e) {
      // the libraries trust the sizes and the nesting that a damaged file states
      throw new InputException(
          file + " is damaged, or needs more memory than there is: get it again", e);
    }
  }

  /** Returns an exception whose message names the file. */
  public static InputException naming(Path file, InputException e) {
    String message = String.valueOf(e.getMessage());
    boolean named =
        message.startsWith(file + ":")
            || (file.toString().length() > 3 && message.contains(file.toString()));
    return named ? e : new InputException(file + ": " + message, e);
  }

  private static byte[] start(Path file) throws IOException {
    try (InputStream stream = Files.newInputStream(file)) {
      return stream.readNBytes(START);
    }
  }

  private static TensorFile read(Path file, byte[] start) throws IOException {
    if (Shards.isIndex(file)) {
      return Shards.read(file);
    }
    OtherFormats.requireWhole(file);
    return readAlone(file, start);
  }

  /** Reads one of the files in an index. */
  static TensorFile openPart(Path part) throws IOException {
    try {
      return readAlone(part, start(part));
    } catch (NoSuchFileException e) {
      throw new InputException(
          "part %s is missing: get it, too, and put it beside the index"
              .formatted(part.getFileName()),
          e);
    } catch (InputException e) {
      throw naming(part, e);
    }
  }

  private static TensorFile readAlone(Path file, byte[] start) throws IOException {
    if (begins(start, 'P', 'K', 3, 4)) {
      return KerasArchive.isOne(file) ? KerasArchive.read(file) : PytorchFile.readArchive(file);
    }
    if (PytorchFile.isLegacy(start)) {
      return PytorchFile.readLegacy(file);
    }
    if (isSafeTensors(file, start)) {
      SafeTensors.Header header = SafeTensors.header(file);
      return new TensorFile(
          file, Format.SAFETENSORS, header.metadata(), header.tensors(), List.of());
    }
    OtherFormats.requireNone(start);
    try {
      return readNetwork(file, start);
    } catch (InputException | IOException e) {
      String other = OtherFormats.byName(file);
      if (other != null) {
        throw new InputException(other, e);
      }
      throw e;
    }
  }

  /** Formats whose first bytes are not unique to them. */
  private static TensorFile readNetwork(Path file, byte[] start) throws IOException {
    if (Arrays.equals(Arrays.copyOf(start, HDF5.length), HDF5)) {
      return KerasFile.read(file);
    }
    if (begins(start, 0x08)) {
      return OnnxFile.read(file);
    }
    if (begins(start, 0x0a) || begins(start, 0x12) || begins(start, 0xa2, 0x06)) {
      return CaffeFile.read(file);
    }
    throw unknown();
  }

  private static boolean begins(byte[] start, int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      if (i >= start.length || start[i] != (byte) bytes[i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean isSafeTensors(Path file, byte[] start) throws IOException {
    if (start.length <= Long.BYTES || start[Long.BYTES] != '{') {
      return false;
    }
    long length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
    boolean plausible = length >= 2 && length <= SafeTensors.LARGEST_HEADER;
    if (plausible && length > Files.size(file) - Long.BYTES) {
      throw new InputException("it ends within its header: it was cut short, get it again");
    }
    return plausible;
  }

  private static InputException unknown() {
    return new InputException(
        "its format is not one that can be read: PyTorch (.pth, .pt), safetensors, Caffe"
            + " (.caffemodel), Keras (.h5, .keras), ONNX (.onnx)");
  }

  /**
   * Refuses tensors that partly overlap: the file would be broken, or crafted to look larger. The
   * same tensor may have several names, for example when two modules share a third.
   */
  private static void requireApart(TensorFile.State state) {
    List<StoredTensor> sorted =
        state.tensors().values().stream()
            .filter(tensor -> tensor.length() > 0 && tensor.held() == null)
            .sorted(
                Comparator.comparing((StoredTensor tensor) -> tensor.file().toString())
                    .thenComparingLong(StoredTensor::position))
            .toList();
    for (int i = 1; i < sorted.size(); i++) {
      StoredTensor before = sorted.get(i - 1);
      StoredTensor tensor = sorted.get(i);
      if (tensor.file().equals(before.file())
          && tensor.position() < before.end()
          && !tensor.isAt(before)) {
        throw new InputException(
            "tensors '%s' and '%s' overlap: save a copy of each (clone), or get the file again"
                .formatted(before.name(), tensor.name()));
      }
    }
  }
}
