package org.vgg4j.bench.search;

import java.util.Random;
import org.vgg4j.search.RowSource;

/**
 * Descriptors like those of photographs: no number is negative, each row has length 1, and a
 * thousand kinds of images lie closer together than others.
 */
record Rows(int count, int width) implements RowSource {
  private static final int KINDS = 1000;

  /** A row is half its kind's, half its own. */
  @Override
  public void read(int row, float[] into) {
    Random random = new Random(row);
    Random kind = new Random(-1L - row % KINDS);
    double squares = 0;
    for (int i = 0; i < width; i++) {
      into[i] = Math.max(0, kind.nextFloat() - 0.5f) + Math.max(0, random.nextFloat() - 0.5f);
      squares += (double) into[i] * into[i];
    }
    float scale = (float) (1 / Math.sqrt(squares));
    for (int i = 0; i < width; i++) {
      into[i] *= scale;
    }
  }

  /** A descriptor that is near a row, as that of a changed copy of an image. */
  float[] near(int row) {
    float[] values = new float[width];
    read(row, values);
    Random random = new Random(-1L - KINDS - row);
    for (int i = 0; i < width; i++) {
      values[i] *= 0.8f + 0.4f * random.nextFloat();
    }
    return values;
  }
}
