package org.vgg4j.data.packed;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntUnaryOperator;
import java.util.zip.ZipException;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Gzip;

/**
 * The content of an IDX file of unsigned bytes, the format of MNIST (Y. LeCun's page "The MNIST
 * database of handwritten digits"): the bytes 0, 0, 8 and the number of dimensions, the dimensions
 * as big-endian 32-bit integers, the data in row-major order. Whether it is plain or compressed
 * (gzip) is told from the content.
 */
final class IdxFile {
  private static final int UNSIGNED_BYTES = 0x0800;

  /** The dimensions, outermost first, each at least 1. */
  final int[] dimensions;

  /** The data, row-major, as many bytes as the product of the dimensions. */
  final byte[] data;

  private IdxFile(int[] dimensions, byte[] data) {
    this.dimensions = dimensions;
    this.data = data;
  }

  /**
   * Reads a file.
   *
   * @param file the file
   * @param rank the number of dimensions that it must have: 3 for images, 1 for labels
   * @throws InputException if the file is missing, unreadable, no such IDX file, or cut off
   */
  static IdxFile read(Path file, int rank) {
    try (InputStream stream = Files.newInputStream(file)) {
      return read(stream, file.toString(), rank);
    } catch (IOException e) {
      throw unreadable(file.toString(), e);
    }
  }

  /**
   * Reads a stream to its end; the caller closes it.
   *
   * @param stream plain or compressed
   * @param name what to call it in an error
   * @param rank the number of dimensions that it must have
   */
  static IdxFile read(InputStream stream, String name, int rank) {
    try {
      DataInputStream in = new DataInputStream(Gzip.unzipped(new BufferedInputStream(stream)));
      int magic = in.readInt();
      if (magic != (UNSIGNED_BYTES | rank)) {
        throw new InputException(
            "%s is not an IDX file of unsigned bytes in %d dimensions: it starts with 0x%08x, not 0x%08x"
                .formatted(name, rank, magic, UNSIGNED_BYTES | rank));
      }
      int[] dimensions = new int[rank];
      long size = 1;
      for (int i = 0; i < rank; i++) {
        dimensions[i] = in.readInt();
        if (dimensions[i] < 1 || size * dimensions[i] > Integer.MAX_VALUE - 8) {
          throw new InputException(
              "dimension %d of the IDX file %s is %d, which is not positive or too large: give another file"
                  .formatted(i, name, dimensions[i]));
        }
        size *= dimensions[i];
      }
      byte[] data = in.readNBytes((int) size);
      if (data.length < size) {
        throw cutOff(name);
      }
      if (in.read() >= 0) {
        throw new InputException(
            name + " has more data than its header says: download the IDX file again");
      }
      return new IdxFile(dimensions, data);
    } catch (EOFException e) {
      throw cutOff(name);
    } catch (ZipException e) {
      throw new InputException(
          name + " is damaged (" + AtomicFile.reason(e) + "): download the IDX file again", e);
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** The same images with rows and columns swapped. */
  IdxFile transposed() {
    int rows = dimensions[1];
    int columns = dimensions[2];
    byte[] turned = new byte[data.length];
    for (int first = 0; first < data.length; first += rows * columns) {
      for (int i = 0; i < rows * columns; i++) {
        turned[first + i % columns * rows + i / columns] = data[first + i];
      }
    }
    return new IdxFile(new int[] {dimensions[0], columns, rows}, turned);
  }

  /** The same array with other values, all from 0 to 255. */
  IdxFile mapped(IntUnaryOperator other) {
    byte[] values = new byte[data.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) other.applyAsInt(data[i] & 0xFF);
    }
    return new IdxFile(dimensions, values);
  }

  private static InputException cutOff(String name) {
    return new InputException(
        name + " is cut off: it has less data than its header says; download the IDX file again");
  }

  private static InputException unreadable(String name, IOException e) {
    return new InputException(
        "cannot read the IDX file "
            + name
            + " ("
            + AtomicFile.reason(e)
            + "): check path and permissions",
        e);
  }
}
