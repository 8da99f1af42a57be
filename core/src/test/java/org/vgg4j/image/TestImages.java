package org.vgg4j.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Images and files for tests. */
public final class TestImages {
  private TestImages() {}

  /** Returns random pixels, the same ones for the same arguments. */
  public static RgbImage noise(int width, int height, long seed) {
    byte[] pixels = new byte[3 * width * height];
    new Random(seed).nextBytes(pixels);
    return new RgbImage(width, height, pixels);
  }

  /** Returns an image whose red is x, green is y and blue is x + y. */
  public static RgbImage coordinates(int width, int height) {
    byte[] pixels = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int i = 3 * (y * width + x);
        pixels[i] = (byte) x;
        pixels[i + 1] = (byte) y;
        pixels[i + 2] = (byte) (x + y);
      }
    }
    return new RgbImage(width, height, pixels);
  }

  /** Returns an image of one colour. */
  public static RgbImage plain(int width, int height, int red, int green, int blue) {
    byte[] pixels = new byte[3 * width * height];
    for (int i = 0; i < pixels.length; i += 3) {
      pixels[i] = (byte) red;
      pixels[i + 1] = (byte) green;
      pixels[i + 2] = (byte) blue;
    }
    return new RgbImage(width, height, pixels);
  }

  /** Writes an image whose width tells it from others. */
  public static void write(Path root, String file, int width) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    plain(width, 2, width, 0, 0).writePng(path);
  }

  /** Returns the content of a test resource. */
  public static byte[] resource(String path) {
    try (InputStream stream = TestImages.class.getResourceAsStream(path)) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
