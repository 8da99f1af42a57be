package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.data.loading.CenterCropLoader;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.network.DoubleTwin;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

/** What the rounding of a whole network, minimal filtering included, does to its scores. */
class AccuracyTest {
  /** Share of the largest score. */
  private static final double TOLERANCE = 1e-5;

  /** Network D as the paper has it, and as it is trained on small images. */
  @ParameterizedTest
  @CsvSource({"1,224,1000,1", "0.25,32,10,8"})
  void scoresAreThoseOfDoublePrecision(double width, int crop, int classes, int count) {
    Architecture architecture = new Architecture(Configuration.D, width, crop, classes);
    Parameters parameters = Networks.uniform(architecture, 1);
    float[] images = pictures(crop, count);

    double[] expected =
        new DoubleTwin(parameters, images, new int[count], 0, Networks.keys(0, 0, 0, count), false)
            .scores();
    float[] actual;
    try (Workers workers = new Workers(2)) {
      actual =
          new CpuInference(parameters, KernelLookup.get().kernels(), workers, count, Set.of())
              .outputs(images, count);
    }

    double largest = 0;
    double furthest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      furthest = Math.max(furthest, Math.abs(actual[i] - expected[i]));
    }
    assertThat(largest).as("signals come through all layers").isGreaterThan(1);
    assertThat(furthest / largest).isLessThan(TOLERANCE);
  }

  /** Images of clothes, preprocessed as for training. */
  private static float[] pictures(int crop, int count) {
    Dataset clothes = DataSources.open("fashion-mini", 0.1, 1).test();
    Preprocessing preprocessing = Preprocessing.paper(new Rgb(73, 73, 73), crop * 8 / 7, crop);
    float[] images = new float[count * 3 * crop * crop];
    new CenterCropLoader(clothes, preprocessing, ParallelFor.SERIAL).load(0, count, images);
    return images;
  }
}
