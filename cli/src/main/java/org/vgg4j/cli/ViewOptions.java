package org.vgg4j.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.TestScales;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.weights.ModelFile;
import picocli.CommandLine.Option;

/** The options of the commands that average class posteriors over views of an image. */
final class ViewOptions {
  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      defaultValue = "center-crop",
      description =
          "which views of an image are evaluated: center-crop; 10-crop; multi-crop (a grid of"
              + " crops, see --grid, and their mirror images); dense (the whole image and its"
              + " mirror image); both (the mean of the last two) (default: ${DEFAULT-VALUE})")
  private String protocol;

  @Option(
      names = "--flip",
      negatable = true,
      fallbackValue = "true",
      description =
          "evaluate mirror images, too; not for center-crop, which has none (default: true, unless"
              + " the model was trained with --no-flip)")
  private Boolean flip; // null if not given: picocli's processor takes no @Nullable Boolean

  @Option(
      names = "--grid",
      paramLabel = "N",
      description =
          "for multi-crop and both: NxN crops, from edge to edge (default: the paper's 5)")
  private @Nullable Integer grid;

  @Option(
      names = "--test-scales",
      paramLabel = "Q,Q",
      description =
          "shorter side, in pixels, of a rescaled image; posteriors of several are averaged; paper:"
              + " the three that the paper takes (default: the training scale, or the middle of its"
              + " range)")
  private @Nullable String testScales;

  /**
   * The views of any model, so that mistakes are found before one is read.
   *
   * @throws org.vgg4j.base.InputException if options do not fit together
   */
  ViewPlan plan() {
    return plan(true);
  }

  /** The views of a model: without mirror images if it was trained so, and none are asked for. */
  ViewPlan plan(ModelFile file) {
    return plan(file.knowsMirrorImages());
  }

  private ViewPlan plan(boolean mirrored) {
    ViewPlan plan = ViewPlan.of(Protocol.of(protocol), mirrored);
    if (grid != null) {
      plan = plan.withGrid(grid);
    }
    return flip == null ? plan : plan.withMirrorImages(flip);
  }

  /** Q; by default that of the file, which is the training's S, or the middle of its range. */
  List<Integer> scales(ModelFile file) {
    return testScales == null
        ? List.of(file.preprocessing().scale())
        : TestScales.of(testScales, file.provenance(), file.preprocessing());
  }

  /** Whether an image is seen as by default: its centre crop, at the model's own scale. */
  boolean areDefault() {
    return plan().protocol() == Protocol.CENTER_CROP && testScales == null;
  }
}
