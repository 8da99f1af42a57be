package org.vgg4j.bench.compare;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Parameters;
import org.vgg4j.train.Initialisation;

/**
 * The files that all engines of a workload read: the weights in the order of the architecture's
 * parameters, and the images {@code [N][3][crop][crop]}. Both are 32-bit floats, little-endian,
 * without a header, so that each engine reads them into its own memory without an intermediate
 * copy: memory is measured, too.
 *
 * @param folder the folder with the files
 * @param workload the workload that they are for
 */
record Inputs(Path folder, Workload workload) {
  private static final long SEED = 1;
  private static final int IMAGE_DRAWS = 1; // an epoch that drawing weights does not use
  private static final int CHUNK = 1 << 20;

  /** Name of the file of weights. */
  static final String WEIGHTS = "weights.bin";

  Path weights() {
    return folder.resolve(WEIGHTS);
  }

  Path images() {
    return folder.resolve("images.bin");
  }

  /** Number of values in the file of images. */
  int imageLength() {
    return Math.multiplyExact(workload.batch(), 3 * workload.crop() * workload.crop());
  }

  /** The label of each image. */
  int[] labels() {
    int[] labels = new int[workload.batch()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % workload.classes();
    }
    return labels;
  }

  /**
   * Draws weights and images and writes them.
   *
   * @throws org.vgg4j.base.InputException if they cannot be written
   */
  void write() {
    Parameters parameters = Parameters.zeros(workload.architecture());
    Initialisation.GLOROT.fill(parameters, SEED);
    AtomicFile.write(
        weights(),
        channel -> {
          for (ParameterShape shape : workload.architecture().parameters()) {
            write(channel, parameters.values(shape.name()));
          }
        });
    float[] values = new float[imageLength()];
    int each = values.length / workload.batch();
    for (int n = 0; n < workload.batch(); n++) {
      RandomStream random = new RandomStream(SEED, IMAGE_DRAWS, n, Purpose.INITIALISATION);
      for (int i = n * each; i < (n + 1) * each; i++) {
        values[i] = random.nextInt(256) - 128;
      }
    }
    AtomicFile.write(images(), channel -> write(channel, values));
  }

  private static void write(FileChannel channel, float[] values) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer floats = chunk.asFloatBuffer();
    for (int from = 0; from < values.length; from += floats.capacity()) {
      int count = Math.min(floats.capacity(), values.length - from);
      floats.clear().put(values, from, count);
      chunk.clear().limit(count * Float.BYTES);
      while (chunk.hasRemaining()) {
        channel.write(chunk);
      }
    }
  }

  /** Fills a buffer from a file, from a byte on. */
  static void read(Path file, long offset, ByteBuffer target) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long position = offset;
      while (target.hasRemaining()) {
        int count = channel.read(target, position);
        if (count < 0) {
          throw new EOFException(file + " is too short");
        }
        position += count;
      }
    }
  }

  /** Fills an array from a file, from a byte on. */
  static void read(Path file, long offset, float[] target) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer floats = chunk.asFloatBuffer();
    for (int from = 0; from < target.length; from += floats.capacity()) {
      int count = Math.min(floats.capacity(), target.length - from);
      read(file, offset + (long) from * Float.BYTES, chunk.clear().limit(count * Float.BYTES));
      floats.clear().get(target, from, count);
    }
  }
}
