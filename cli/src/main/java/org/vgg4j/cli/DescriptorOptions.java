package org.vgg4j.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.descriptor.Pooling;
import org.vgg4j.evaluate.TestScales;
import org.vgg4j.weights.ModelFile;
import picocli.CommandLine.Option;

/** The options that say how images are described. */
final class DescriptorOptions {
  @Option(
      names = "--tap",
      paramLabel = "NAME",
      defaultValue = "fc7",
      description =
          "the layer's output: fc7, relu5_3, pool4, ... (vgg summary lists them) (default:"
              + " ${DEFAULT-VALUE})")
  private String tap;

  @Option(
      names = "--pool",
      paramLabel = "NAME",
      defaultValue = "average",
      description =
          "how its positions become one: average (SPoC), max (MAC), gem:P, rmac:L (default:"
              + " ${DEFAULT-VALUE})")
  private String pool;

  @Option(
      names = "--test-scales",
      paramLabel = "Q,Q",
      description =
          "shorter side, in pixels, of a rescaled image; descriptors of several are averaged;"
              + " paper: three around the training scale (default: the training scale, or the"
              + " middle of its range)")
  private @Nullable String testScales;

  @Option(
      names = "--stack",
      description = "stack the descriptors of several Q, do not average them")
  private boolean stack;

  @Option(
      names = "--flip",
      negatable = true,
      fallbackValue = "true",
      description =
          "average with the mirror image's descriptor (default: true, unless the model was trained"
              + " with --no-flip)")
  private Boolean flip; // null if not given: picocli's processor takes no @Nullable Boolean

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      description =
          "images of a size at a time, mirror images included (default: ${DEFAULT-VALUE})")
  private int batch;

  /**
   * The recipe of any model, without scales, so that mistakes are found before one is read.
   *
   * @param normalised whether descriptors get unit length
   * @throws InputException if an option cannot be understood
   */
  DescriptorRecipe recipe(boolean normalised) {
    boolean mirrored = flip == null || flip;
    return new DescriptorRecipe(tap, Pooling.of(pool), List.of(), stack, mirrored, normalised);
  }

  /**
   * The recipe for a model: with its scales, and without mirror images if it was trained so and
   * none are asked for.
   *
   * @throws InputException if it does not suit the network
   */
  DescriptorRecipe recipe(boolean normalised, ModelFile model) {
    return recipe(normalised, model, model.knowsMirrorImages());
  }

  /**
   * The recipe for a model.
   *
   * @param mirrored whether there are mirror images if nothing is said about them
   * @throws InputException if it does not suit the network
   */
  DescriptorRecipe recipe(boolean normalised, ModelFile model, boolean mirrored) {
    DescriptorRecipe recipe =
        recipe(normalised)
            .withScales(scales(model))
            .withMirrorImages(flip == null ? mirrored : flip);
    return Descriptors.resolve(recipe, model.architecture(), model.preprocessing());
  }

  private List<Integer> scales(ModelFile file) {
    if (testScales == null) {
      return List.of();
    }
    List<Integer> scales = TestScales.of(testScales, file.provenance(), file.preprocessing());
    boolean paper = testScales.strip().equals(TestScales.PAPER);
    return paper ? scales.stream().distinct().toList() : scales; // the crop may be two of the three
  }

  /**
   * Images at a time.
   *
   * @throws InputException if it is not positive
   */
  int batch() {
    if (batch < 1) {
      throw new InputException("option batch is " + batch + " but must be at least 1");
    }
    return batch;
  }
}
