package org.vgg4j.svm;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;

/**
 * Rows in a file of little-endian floats, which is mapped into memory: the operating system holds
 * as much of it as there is room for. The file must not change meanwhile. A reader copies one row
 * at a time.
 */
public final class MappedRows implements Rows {
  /** Bytes of one mapping, at most: Java's buffers are counted by an int. */
  private static final int LARGEST = 1 << 30;

  private final FloatBuffer[] parts;
  private final int rowsPerPart;
  private final int count;
  private final int width;

  /**
   * @param file holds the rows, one after the other
   * @param position byte at which the first row begins
   * @param count number of rows, from 0
   * @param width length of a row, from 1 to 2^28
   * @throws InputException if the file cannot be read or is too short
   */
  public MappedRows(Path file, long position, int count, int width) {
    if (position < 0 || count < 0 || width < 1 || width > LARGEST / Float.BYTES) {
      throw new IllegalArgumentException(count + " rows of " + width + " from byte " + position);
    }
    this.count = count;
    this.width = width;
    this.rowsPerPart = LARGEST / Float.BYTES / width;
    this.parts = new FloatBuffer[(int) ((count + rowsPerPart - 1L) / rowsPerPart)];
    long rowBytes = (long) width * Float.BYTES;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() - position < count * rowBytes) {
        throw new InputException(
            "%s has %,d bytes, too few for %,d descriptors of %,d numbers: it was cut short; make it again"
                .formatted(file, channel.size(), count, width));
      }
      for (int part = 0; part < parts.length; part++) {
        int first = part * rowsPerPart;
        long bytes = Math.min(rowsPerPart, count - first) * rowBytes;
        parts[part] =
            channel
                .map(FileChannel.MapMode.READ_ONLY, position + first * rowBytes, bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
      }
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public Reader reader() {
    return new Copying();
  }

  private final class Copying implements Reader {
    private final Kernels kernels = KernelLookup.get().kernels();
    private final float[] values = new float[width];
    private int held = -1;

    @Override
    public double dot(int row, double[] weights, int from) {
      hold(row);
      return kernels.dot(width, values, 0, weights, from);
    }

    @Override
    public void addScaled(int row, double factor, double[] sums, int from) {
      hold(row);
      kernels.addScaled(width, factor, values, 0, sums, from);
    }

    /** A row is mostly added right after its product, so it is copied once for both. */
    private void hold(int row) {
      if (row != held) {
        parts[row / rowsPerPart].get(row % rowsPerPart * width, values);
        held = row;
      }
    }
  }
}
