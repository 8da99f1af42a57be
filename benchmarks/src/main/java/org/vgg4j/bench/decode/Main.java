package org.vgg4j.bench.decode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.vgg4j.base.VggException;
import org.vgg4j.data.loading.Augmentation;
import org.vgg4j.data.loading.ColorPca;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.PassedOver;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmarks/decode}: images/s on one processor, part by part. */
@Command(name = "benchmarks/decode", sortOptions = false)
final class Main implements Callable<Integer> {
  private static final int CROP = 224;
  private static final int SCALE = 256;
  private static final Rgb MEAN = new Rgb(123.68f, 116.78f, 103.94f);
  private static final ColorPca COLORS =
      new ColorPca(
          List.of(
              new ColorPca.Axis(0.2, 0.577, 0.577, 0.577),
              new ColorPca.Axis(0.02, -0.707, 0, 0.707),
              new ColorPca.Axis(0.005, 0.408, -0.816, 0.408)));
  private static final Augmentation AUGMENTATION =
      new Augmentation(ScaleRange.fixed(SCALE), CROP, Interpolation.BILINEAR, true, COLORS, 0.1, 1);

  @Option(names = "--make-from", description = "folders with large images")
  private List<Path> sources = List.of();

  @Option(names = "--images", required = true, description = "a folder of photographs")
  private Path images;

  @Option(names = "--rounds", defaultValue = "5")
  private int rounds;

  private final float[] batch = new float[3 * CROP * CROP];

  /** The operation on the image with that index. */
  private interface Work {
    void run(int number);
  }

  public static void main(String[] args) {
    CommandLine line = new CommandLine(new Main());
    line.setExecutionExceptionHandler(
        (e, command, result) -> {
          if (e instanceof VggException) {
            command.getErr().println("decode: " + e.getMessage());
            return 1;
          }
          throw e;
        });
    System.exit(line.execute(args));
  }

  @Override
  public Integer call() throws IOException {
    if (!sources.isEmpty()) {
      Photographs.write(sources, images);
      return 0;
    }
    List<Path> files = ImageFiles.at(images, new PassedOver(images));
    byte[][] contents = new byte[files.size()][];
    RgbImage[] decoded = new RgbImage[contents.length];
    RgbImage[] rescaled = new RgbImage[contents.length];
    for (int i = 0; i < contents.length; i++) {
      contents[i] = Files.readAllBytes(files.get(i));
      decoded[i] = ImageDecoder.decode(contents[i], files.get(i).toString());
      rescaled[i] = Rescale.toShorterSide(decoded[i], SCALE, Interpolation.BILINEAR);
    }
    Preprocessor preprocessor = new Preprocessor(Preprocessing.paper(MEAN, SCALE, CROP));
    measure("decode", contents.length, i -> ImageDecoder.decode(contents[i], ""));
    measure(
        "rescale to 256",
        contents.length,
        i -> Rescale.toShorterSide(decoded[i], SCALE, Interpolation.BILINEAR));
    measure(
        "crop, mirror, colour",
        contents.length,
        i -> write(preprocessor, AUGMENTATION.apply(rescaled[i], 0, i)));
    measure(
        "rescale the crop only, mirror, colour",
        contents.length,
        i -> write(preprocessor, AUGMENTATION.apply(decoded[i], 0, i)));
    measure(
        "all",
        contents.length,
        i -> write(preprocessor, AUGMENTATION.apply(ImageDecoder.decode(contents[i], ""), 0, i)));
    return 0;
  }

  private void write(Preprocessor preprocessor, Augmentation.Sample sample) {
    preprocessor.write(sample.image(), sample.shift(), batch, 0);
  }

  /** Prints the median time, and the spread, of rounds over all images. */
  private void measure(String what, int pictures, Work work) {
    double[] milliseconds = new double[rounds];
    for (int round = -2; round < rounds; round++) { // two for the JIT compiler
      long began = System.nanoTime();
      IntStream.range(0, pictures).forEach(work::run);
      if (round >= 0) {
        milliseconds[round] = (System.nanoTime() - began) / 1e6 / pictures;
      }
    }
    Arrays.sort(milliseconds);
    System.out.printf(
        Locale.ROOT,
        "vgg4j\t%s\t%.3f\t%.3f\t%.3f%n",
        what,
        milliseconds[rounds / 2],
        milliseconds[0],
        milliseconds[rounds - 1]);
  }
}
