package org.vgg4j.weights.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;

/** Writes numbers as 32-bit floats, little-endian, one after the other. Not thread-safe. */
public final class TensorWriter {
  private final FileChannel channel;
  private final ByteBuffer chunk =
      ByteBuffer.allocateDirect(TensorReader.CHUNK).order(ByteOrder.LITTLE_ENDIAN);

  /**
   * @param channel the channel, written to from its current position
   */
  public TensorWriter(FileChannel channel) {
    this.channel = channel;
  }

  /** Writes all values of an array. */
  public void write(float[] values) throws IOException {
    FloatBuffer floats = chunk.clear().asFloatBuffer();
    for (int from = 0; from < values.length; from += floats.capacity()) {
      int count = Math.min(floats.capacity(), values.length - from);
      floats.clear().put(values, from, count);
      write(chunk.clear().limit(count * Float.BYTES));
    }
  }

  /** Writes the rest of a buffer. */
  public void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
