package org.vgg4j.bench.decode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;

/** Images of the size of ILSVRC's, about 500x375, cut from large ones. */
final class Photographs {
  private static final int COUNT = 200;
  private static final int WIDTH = 500;
  private static final int HEIGHT = 375;
  private static final float QUALITY = 0.9f;

  /** The part cut from an image is at most this many times as large as the result. */
  private static final int LARGEST_SHRINK = 2;

  private Photographs() {}

  /**
   * Writes 200 JPEG files.
   *
   * @param sources folders with large images
   * @param out the folder for the files
   * @throws InputException if the folders hold no image that is large enough
   */
  static void write(List<Path> sources, Path out) throws IOException {
    List<RgbImage> large = large(sources);
    if (large.isEmpty()) {
      throw new InputException(
          "no images of "
              + LARGEST_SHRINK * WIDTH
              + " pixels and more in "
              + sources
              + ": install plasma-workspace-wallpapers (Debian), or give --images DIR");
    }
    Files.createDirectories(out);
    for (int i = 0; i < COUNT; i++) {
      RgbImage source = large.get(i % large.size());
      int shrink = 1 + i / large.size() % LARGEST_SHRINK;
      int width = WIDTH * shrink;
      int height = HEIGHT * shrink;
      int step = i / large.size() + 1;
      RgbImage cut =
          source.crop(
              (source.width() - width) * (step % 7) / 7,
              (source.height() - height) * (step % 5) / 5,
              width,
              height);
      Files.write(
          out.resolve("%03d.jpg".formatted(i)),
          jpeg(Rescale.resize(cut, WIDTH, HEIGHT, Interpolation.BICUBIC)));
    }
  }

  private static List<RgbImage> large(List<Path> sources) throws IOException {
    List<RgbImage> large = new ArrayList<>();
    for (Path source : sources) {
      for (Path file : files(source)) {
        RgbImage image;
        try {
          image = ImageDecoder.decode(file);
        } catch (UnreadableImageException e) {
          continue; // some may be in formats that cannot be read
        }
        if (image.width() >= LARGEST_SHRINK * WIDTH && image.height() >= LARGEST_SHRINK * HEIGHT) {
          large.add(
              Rescale.toShorterSide(image, LARGEST_SHRINK * HEIGHT * 2, Interpolation.BICUBIC));
        }
      }
    }
    return large;
  }

  /** One size of each image: the first file by name in a folder with images. */
  private static List<Path> files(Path source) throws IOException {
    if (!Files.isDirectory(source)) {
      return List.of();
    }
    List<Path> chosen = new ArrayList<>();
    try (Stream<Path> below = Files.walk(source)) {
      Path folder = null;
      for (Path file :
          below
              .filter(Files::isRegularFile)
              .filter(file -> ImageFiles.isImageName(file.toString()))
              .sorted(Comparator.comparing(Path::toString))
              .toList()) {
        Path parent = file.resolveSibling("");
        if (!parent.equals(folder)) {
          folder = parent;
          chosen.add(file);
        }
      }
    }
    return chosen;
  }

  private static byte[] jpeg(RgbImage image) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam quality = writer.getDefaultWriteParam();
      quality.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      quality.setCompressionQuality(QUALITY);
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image.toBufferedImage(), null, null), quality);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
