package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.ScaleRange;
import org.vgg4j.evaluate.HeatMap;
import org.vgg4j.evaluate.TestScales;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg heatmap}. */
@Command(
    name = "heatmap",
    description = {
      "Draws where in a picture the network sees what: a row for each Q, in it the picture and a"
          + " column",
      "for each of the most probable classes. Where a class is improbable, the picture is dark and"
          + " blue."
    },
    sortOptions = false)
final class HeatmapCommand implements Runnable {
  @Spec private CommandSpec spec;

  @picocli.CommandLine.Parameters(paramLabel = "IMAGE", description = "a picture")
  private Path image;

  @Option(names = "--model", paramLabel = "FILE", required = true, description = Texts.MODEL)
  private Path model;

  @Option(
      names = "--test-scales",
      paramLabel = "Q,Q",
      description =
          "shorter side, in pixels, of the rescaled picture (default: four times the crop: a map of"
              + " at least four windows a side)")
  private @Nullable String testScales;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "3",
      description = "number of classes (default: ${DEFAULT-VALUE})")
  private int top;

  @Option(
      names = "--out",
      paramLabel = "FILE.png",
      defaultValue = "heatmap.png",
      description = "the drawing (default: ${DEFAULT-VALUE})")
  @Writes
  private Path out;

  @Option(names = "--threads", paramLabel = "N", description = Texts.THREADS)
  private int threads = Runtime.getRuntime().availableProcessors();

  @Override
  public void run() {
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    RgbImage picture = ImageDecoder.decode(image);
    ModelFile file = ModelFile.read(model);
    Preprocessing preprocessing = file.preprocessing();
    int crop = preprocessing.crop();
    List<Integer> scales =
        testScales == null
            ? List.of(4 * crop)
            : TestScales.of(testScales, ScaleRange.fixed(preprocessing.scale()), crop);
    HeatMap.Drawn drawn;
    try (Engine engine = new Engine(threads)) {
      Parameters parameters = new Parameters(file.architecture(), file.arrays());
      drawn = HeatMap.draw(engine, parameters, preprocessing, picture, scales, top);
    }
    drawn.sheet().writePng(out);
    PrintWriter terminal = spec.commandLine().getOut();
    for (int row = 0; row < scales.size(); row++) {
      terminal.printf(
          "row %d: Q = %d, a map of %s windows of %d pixels%n",
          row + 1, scales.get(row), drawn.maps().get(row), crop);
    }
    for (int i = 0; i < drawn.classes().length; i++) {
      terminal.printf(
          Locale.ROOT,
          "column %d: %s, %.1f %%%n",
          i + 2,
          file.classNames().get(drawn.classes()[i]),
          100 * drawn.posteriors()[i]);
    }
    terminal.println("drawn: " + out);
    terminal.flush();
  }
}
