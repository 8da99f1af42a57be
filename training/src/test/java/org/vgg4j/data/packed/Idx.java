package org.vgg4j.data.packed;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Writes IDX files for tests. */
public final class Idx {
  private Idx() {}

  public static byte[] bytes(int[] dimensions, int... data) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0x0800 | dimensions.length);
    for (int dimension : dimensions) {
      out.writeInt(dimension);
    }
    for (int value : data) {
      out.write(value);
    }
    return bytes.toByteArray();
  }

  static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  /** Writes images of 2x1 pixels: the image's index and its label. */
  public static void write(Path folder, String part, int... labels) throws IOException {
    int[] pixels = new int[2 * labels.length];
    for (int i = 0; i < labels.length; i++) {
      pixels[2 * i] = i;
      pixels[2 * i + 1] = labels[i];
    }
    Files.write(
        folder.resolve(part + "-images-idx3-ubyte"),
        bytes(new int[] {labels.length, 1, 2}, pixels));
    Files.write(
        folder.resolve(part + "-labels-idx1-ubyte.gz"),
        gzip(bytes(new int[] {labels.length}, labels)));
  }
}
