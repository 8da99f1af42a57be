package org.vgg4j.data.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.TestDataset;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Label;
import org.vgg4j.model.MixedLabel;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.model.Target;

/** Mixup and CutMix: draws, pixels and targets. */
class MixingTest {
  private static final int CROP = 6;
  private static final int SAMPLE = 3 * CROP * CROP;
  private static final int CLASSES = 3;
  private static final Mixing MIXUP = new Mixing(0.4, 0, 7);
  private static final Mixing CUTMIX = new Mixing(0, 1, 7);
  private static final Mixing BOTH = new Mixing(0.4, 1, 7);
  private static final Preprocessing PREPROCESSING = Preprocessing.paper(new Rgb(1, 2, 3), 8, CROP);

  private static List<Mixing> all() {
    return List.of(MIXUP, CUTMIX, BOTH);
  }

  private static List<Mixture> draws(Mixing mixing, int count, int crop) {
    List<Mixture> mixtures = new ArrayList<>();
    for (int key = 0; key < count; key++) {
      mixtures.add(mixing.draw(3, key, 50, crop));
    }
    return mixtures;
  }

  private static double mean(List<Mixture> mixtures) {
    return mixtures.stream().mapToDouble(Mixture::share).average().orElseThrow();
  }

  /** Beta (0.4, 0.4) has a mean of 1/2 and a variance of 1 / (4 (2 alpha + 1)). */
  @Test
  void theSharesOfMixupHaveTheBetaDistribution() {
    List<Mixture> mixtures = draws(MIXUP, 20_000, 32);
    double variance =
        mixtures.stream().mapToDouble(one -> Math.pow(one.share() - 0.5, 2)).average().orElse(0);
    assertThat(mixtures).allMatch(one -> one.patch() == null);
    assertThat(mean(mixtures)).isCloseTo(0.5, within(0.01));
    assertThat(variance).isCloseTo(1 / 7.2, within(0.003));
  }

  /**
   * The patch is a square around a point anywhere in the crop, whose area's share is 1 - l, cut at
   * the edges: with l uniform, as for alpha = 1, and a centre uniform in [0, 1], a side of length r
   * keeps r - r^2 / 4 on average, so that E((r - r^2 / 4)^2) of r^2 uniform is 1/2 - 1/5 + 1/48.
   */
  @Test
  void theSharesOfCutMixAreTheAreas() {
    int crop = 224;
    double replaced = 0;
    List<Mixture> mixtures = draws(CUTMIX, 4_000, crop);
    for (Mixture mixture : mixtures) {
      Mixture.Patch patch = mixture.patch();
      assertThat(patch.left()).isBetween(0, patch.right());
      assertThat(patch.top()).isBetween(0, patch.bottom());
      assertThat(Math.max(patch.right(), patch.bottom())).isLessThanOrEqualTo(crop);
      int own = 0;
      for (int i = 0; i < crop * crop; i++) {
        own += mixture.shareAt(i % crop, i / crop) == 1 ? 1 : 0;
      }
      assertThat(mixture.share()).isCloseTo((double) own / (crop * crop), within(1e-12));
      replaced += 1 - mixture.share();
      if (patch.left() > 0 && patch.top() > 0 && patch.right() < crop && patch.bottom() < crop) {
        assertThat(patch.right() - patch.left()).isEqualTo(patch.bottom() - patch.top());
      }
    }
    assertThat(replaced / mixtures.size()).isCloseTo(0.5 - 0.2 + 1.0 / 48, within(0.015));
  }

  @Test
  void ofBothOneIsDrawnWithEqualChance() {
    List<Mixture> mixtures = draws(BOTH, 4_000, 32);
    long cut = mixtures.stream().filter(one -> one.patch() != null).count();
    assertThat(cut).isBetween(1_870L, 2_130L);
  }

  @ParameterizedTest
  @MethodSource("all")
  void anySampleOfTheEpochMayBeThePartner(Mixing mixing) {
    int[] counts = new int[50];
    for (Mixture mixture : draws(mixing, 10_000, 32)) {
      counts[mixture.partner()]++;
    }
    assertThat(Arrays.stream(counts).min().getAsInt()).isGreaterThan(130);
    assertThat(Arrays.stream(counts).max().getAsInt()).isLessThan(270);
  }

  @ParameterizedTest
  @MethodSource("all")
  void drawsDependOnSeedEpochAndSampleAlone(Mixing mixing) {
    Mixture one = mixing.draw(3, 5, 50, 32);
    assertThat(mixing.draw(3, 5, 50, 32)).isEqualTo(one);
    Set<Mixture> others = new HashSet<>();
    others.add(one);
    others.add(mixing.draw(4, 5, 50, 32));
    others.add(mixing.draw(3, 6, 50, 32));
    others.add(new Mixing(mixing.mixup(), mixing.cutmix(), 8).draw(3, 5, 50, 32));
    assertThat(others).hasSize(4);
  }

  private static Dataset noise(int size) {
    TestDataset dataset = new TestDataset("a", "b", "c");
    for (int i = 0; i < size; i++) {
      dataset.add(i % CLASSES, TestImages.noise(8 + i % 4, 9, i));
    }
    return dataset;
  }

  private static Augmentation augmentation() {
    return new Augmentation(
        ScaleRange.fixed(8), CROP, Interpolation.BILINEAR, true, new ColorPca(List.of()), 0, 7);
  }

  private record Epochs(float[] images, List<Target> targets) {
    static Epochs two(
        Dataset dataset, Sampler sampler, Mixing mixing, int batch, int microBatch, int threads) {
      float[] images = new float[2 * dataset.size() * SAMPLE];
      List<Target> targets = new ArrayList<>();
      try (BatchLoader loader =
          new BatchLoader(
              dataset,
              sampler,
              augmentation(),
              mixing,
              PREPROCESSING,
              new BatchSequence(dataset.size(), batch, microBatch),
              0,
              0,
              threads)) {
        while (targets.size() < 2 * dataset.size()) {
          BatchLoader.Batch next = loader.next();
          System.arraycopy(
              next.images(), 0, images, targets.size() * SAMPLE, next.count() * SAMPLE);
          targets.addAll(next.targets());
        }
      }
      return new Epochs(images, targets);
    }
  }

  /** l x + (1 - l) x' of what the loader makes without mixing, or x' in the patch. */
  @ParameterizedTest
  @MethodSource("all")
  void samplesAndTargetsAreMixedAsTheFormulasSay(Mixing mixing) {
    Dataset dataset = noise(40);
    Sampler sampler = new Sampler(40, 7);
    Epochs plain = Epochs.two(dataset, sampler, Mixing.NONE, 10, 10, 2);
    Epochs mixed = Epochs.two(dataset, sampler, mixing, 10, 10, 2);
    for (int n = 0; n < 80; n++) {
      int[] order = sampler.order(n / 40);
      Mixture mixture = mixing.draw(n / 40, order[n % 40], 40, CROP);
      int partner = n / 40 * 40 + mixture.partner();
      int own = ((Label) plain.targets().get(n)).index();
      int other = ((Label) plain.targets().get(partner)).index();
      assertThat(mixed.targets().get(n))
          .isEqualTo(
              mixture.isPlain() ? new Label(own) : new MixedLabel(own, other, mixture.share()));
      for (int i = 0; i < SAMPLE; i++) {
        double share =
            mixture.patch() == null
                ? mixture.share()
                : mixture.patch().has(i % CROP, i / CROP % CROP) ? 0 : 1;
        double expected =
            share * plain.images()[n * SAMPLE + i]
                + (1 - share) * plain.images()[partner * SAMPLE + i];
        assertThat((double) mixed.images()[n * SAMPLE + i]).isCloseTo(expected, within(1e-4));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void neitherThreadsNorBatchesMatter(Mixing mixing) {
    Dataset dataset = noise(12);
    for (Sampler sampler : List.of(new Sampler(12, 7), Sampler.balanced(dataset, 7))) {
      Epochs expected = Epochs.two(dataset, sampler, mixing, 12, 12, 1);
      for (Epochs other :
          List.of(
              Epochs.two(dataset, sampler, mixing, 5, 5, 3),
              Epochs.two(dataset, sampler, mixing, 8, 3, 2))) {
        assertThat(other.images()).isEqualTo(expected.images());
        assertThat(other.targets()).isEqualTo(expected.targets());
      }
    }
  }

  @Test
  void whatIsNoLabelIsNotMixed() {
    Target box = new BoxTarget(0, 0.5, 0.5, 0.5, 0.5);
    assertThatThrownBy(() -> new Mixture(0, 0.5, null).mix(box, box))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("labels can be mixed, but not BoxTarget");
    assertThatThrownBy(() -> Mixing.NONE.draw(0, 0, 1, 1))
        .isInstanceOf(IllegalStateException.class);
  }
}
