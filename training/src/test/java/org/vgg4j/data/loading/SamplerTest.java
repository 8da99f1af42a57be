package org.vgg4j.data.loading;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.vgg4j.data.TestDataset;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;

class SamplerTest {
  /** 60 images of class a, 30 of b, none of c, 7 of d, 1 of e, in rows. */
  private static TestDataset uneven() {
    TestDataset dataset = new TestDataset("a", "b", "c", "d", "e");
    int[] counts = {60, 30, 0, 7, 1};
    for (int label = 0; label < counts.length; label++) {
      for (int i = 0; i < counts[label]; i++) {
        dataset.add(label, TestImages.noise(9, 9, 100 * label + i));
      }
    }
    return dataset;
  }

  private static int[] ofClasses(TestDataset dataset, int[] order) {
    int[] counts = new int[5];
    for (int index : order) {
      counts[dataset.label(index)]++;
    }
    return counts;
  }

  private static int[] times(int[] order) {
    int[] times = new int[98];
    for (int index : order) {
      times[index]++;
    }
    return times;
  }

  /** 98 samples in four classes: 24 or 25 of each. */
  @Test
  void everyEpochHasAllClassesEquallyOften() {
    TestDataset dataset = uneven();
    Sampler sampler = Sampler.balanced(dataset, 7);
    int[] more = new int[5];
    for (int epoch = 0; epoch < 200; epoch++) {
      int[] order = sampler.order(epoch);
      assertThat(order).hasSize(98);
      int[] counts = ofClasses(dataset, order);
      assertThat(counts[2]).isZero();
      assertThat(IntStream.of(counts).filter(count -> count == 25).count()).isEqualTo(2);
      assertThat(IntStream.of(counts).filter(count -> count == 24).count()).isEqualTo(2);
      for (int label = 0; label < 5; label++) {
        more[label] += counts[label] == 25 ? 1 : 0;
      }
    }
    // the samples that are left go to two of four classes: half of the epochs, six sigma are 42
    for (int label : new int[] {0, 1, 3, 4}) {
      assertThat(more[label]).isBetween(58, 142);
    }
  }

  /** Within a class images come equally often but for one, and which is drawn anew. */
  @Test
  void imagesOfAClassComeInPasses() {
    Sampler sampler = Sampler.balanced(uneven(), 7);
    int[] seen = new int[98];
    for (int epoch = 0; epoch < 400; epoch++) {
      int[] times = times(sampler.order(epoch));
      assertThat(Arrays.copyOfRange(times, 0, 60)).containsOnly(0, 1);
      assertThat(Arrays.copyOfRange(times, 60, 90)).containsOnly(0, 1);
      assertThat(Arrays.copyOfRange(times, 90, 97)).containsOnly(3, 4);
      assertThat(times[97]).isBetween(24, 25);
      for (int i = 0; i < 98; i++) {
        seen[i] += times[i];
      }
    }
    // of a, 24.5 of 60 a time: 163 +- 9.8 of 400 epochs; of b, 24.5 of 30: 327 +- 7.7
    for (int i = 0; i < 60; i++) {
      assertThat(seen[i]).isBetween(163 - 50, 163 + 50);
    }
    for (int i = 60; i < 90; i++) {
      assertThat(seen[i]).isBetween(327 - 40, 327 + 40);
    }
  }

  /** No place of an epoch prefers a class. */
  @Test
  void classesAreMixed() {
    TestDataset dataset = uneven();
    Sampler sampler = Sampler.balanced(dataset, 7);
    int[] first = new int[5];
    for (int epoch = 0; epoch < 800; epoch++) {
      first[dataset.label(sampler.order(epoch)[0])]++;
    }
    for (int label : new int[] {0, 1, 3, 4}) {
      assertThat(first[label]).isBetween(200 - 73, 200 + 73); // six sigma
    }
  }

  @Test
  void dependsOnSeedAndEpochOnly() {
    Sampler sampler = Sampler.balanced(uneven(), 7);
    int[] third = sampler.order(3);
    int[] unused = sampler.order(0);
    assertThat(sampler.order(3)).isEqualTo(third);
    assertThat(Sampler.balanced(uneven(), 7).order(3)).isEqualTo(third);
    assertThat(Sampler.balanced(uneven(), 8).order(3)).isNotEqualTo(third);
    assertThat(sampler.order(4)).isNotEqualTo(third);
    Sampler plain = new Sampler(98, 7);
    assertThat(plain.keys(plain.order(3), 5, 4))
        .isEqualTo(Arrays.copyOfRange(plain.order(3), 5, 9));
    assertThat(sampler.keys(third, 5, 4)).containsExactly(5, 6, 7, 8);
  }

  /** The only image of class e comes 24 times, and looks different each time. */
  @Test
  void anImageThatComesAgainIsAugmentedAnew() {
    TestDataset dataset = uneven();
    Sampler sampler = Sampler.balanced(dataset, 7);
    int[] order = sampler.order(0);
    Augmentation augmentation =
        new Augmentation(
            new ScaleRange(9, 60), 6, Interpolation.BILINEAR, true, new ColorPca(List.of()), 0, 7);
    Preprocessing preprocessing = Preprocessing.paper(new Rgb(1, 2, 3), 9, 6);
    List<Integer> places = IntStream.range(0, 98).filter(i -> order[i] == 97).boxed().toList();
    float[][] samples = new float[98][];
    try (BatchLoader loader =
        new BatchLoader(
            dataset,
            sampler,
            augmentation,
            Mixing.NONE,
            preprocessing,
            new BatchSequence(98, 98, 1),
            0,
            0,
            2)) {
      for (int i = 0; i < 98; i++) {
        samples[i] = Arrays.copyOf(loader.next().images(), 3 * 36);
      }
    }
    assertThat(places).hasSizeBetween(24, 25);
    for (int one : places) {
      float[] expected = new float[3 * 36];
      Augmentation.Sample sample = augmentation.apply(dataset.image(97), 0, one);
      new Preprocessor(preprocessing).write(sample.image(), sample.shift(), expected, 0);
      assertThat(samples[one]).isEqualTo(expected);
      for (int other : places) {
        assertThat(Arrays.equals(samples[one], samples[other])).isEqualTo(one == other);
      }
    }
  }
}
