package org.vgg4j.data.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.data.TestDataset;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Label;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;

/** The sampler and the two loaders. */
class LoadersTest {
  private static final int CROP = 6;
  private static final int SAMPLE = 3 * CROP * CROP;
  private static final ParallelFor THREADS =
      (tasks, body) -> IntStream.range(0, tasks).parallel().forEach(body);
  private static final Preprocessing PREPROCESSING = Preprocessing.paper(new Rgb(1, 2, 3), 8, CROP);

  private static Augmentation augmentation(boolean flip) {
    return new Augmentation(
        ScaleRange.fixed(8), CROP, Interpolation.BILINEAR, flip, new ColorPca(List.of()), 0, 7);
  }

  private static TestDataset noise(int size) {
    TestDataset dataset = new TestDataset("a", "b", "c");
    for (int i = 0; i < size; i++) {
      dataset.add(i % 3, TestImages.noise(8 + i % 4, 9, i));
    }
    return dataset;
  }

  private static BatchLoader loader(
      Dataset dataset, int batch, int microBatch, int epoch, int position, int threads) {
    return new BatchLoader(
        dataset,
        new Sampler(dataset.size(), 7),
        augmentation(true),
        Mixing.NONE,
        PREPROCESSING,
        new BatchSequence(dataset.size(), batch, microBatch),
        epoch,
        position,
        threads);
  }

  @Test
  void samplerVisitsEverySampleInAnOrderOfItsOwn() {
    Sampler sampler = new Sampler(50, 7);
    assertThat(IntStream.of(sampler.order(0)).sorted().toArray())
        .isEqualTo(IntStream.range(0, 50).toArray());
    assertThat(sampler.order(0)).isEqualTo(new Sampler(50, 7).order(0));
    assertThat(sampler.order(0)).isNotEqualTo(sampler.order(1));
    assertThat(sampler.order(0)).isNotEqualTo(new Sampler(50, 8).order(0));
  }

  @Test
  void batchesHoldTheAugmentedSamplesInOrder() {
    Dataset dataset = noise(11);
    int[] order = new Sampler(11, 7).order(2);
    try (BatchLoader loader = loader(dataset, 4, 4, 2, 4, 2)) {
      BatchLoader.Batch batch = loader.next();
      assertThat(batch.epoch()).isEqualTo(2);
      assertThat(batch.first()).isEqualTo(4);
      assertThat(batch.count()).isEqualTo(4);
      assertThat(batch.targets()).hasSize(4);
      for (int i = 0; i < 4; i++) {
        int index = order[4 + i];
        float[] expected = new float[SAMPLE];
        Augmentation.Sample sample = augmentation(true).apply(dataset.image(index), 2, index);
        new Preprocessor(PREPROCESSING).write(sample.image(), sample.shift(), expected, 0);
        assertThat(Arrays.copyOfRange(batch.images(), i * SAMPLE, (i + 1) * SAMPLE))
            .isEqualTo(expected);
        assertThat(batch.targets().get(i)).isEqualTo(new Label(dataset.label(index)));
      }
    }
  }

  @Test
  void microBatchesFollowTheBatchesEpochAfterEpoch() {
    List<String> microBatches = new ArrayList<>();
    try (BatchLoader loader = loader(noise(11), 6, 4, 1, 6, 1)) {
      for (int i = 0; i < 7; i++) {
        BatchLoader.Batch batch = loader.next();
        microBatches.add(batch.epoch() + ":" + batch.first() + "+" + batch.count());
      }
    }
    assertThat(microBatches)
        .containsExactly("1:6+4", "1:10+1", "2:0+4", "2:4+2", "2:6+4", "2:10+1", "3:0+4");
  }

  /** All pixels of two epochs, whatever micro-batches they come in. */
  private static float[] twoEpochs(Dataset dataset, int batch, int microBatch, int threads) {
    float[] all = new float[2 * dataset.size() * SAMPLE];
    int samples = 0;
    try (BatchLoader loader = loader(dataset, batch, microBatch, 0, 0, threads)) {
      while (samples < 2 * dataset.size()) {
        BatchLoader.Batch next = loader.next();
        assertThat(next.epoch() * dataset.size() + next.first()).isEqualTo(samples);
        System.arraycopy(next.images(), 0, all, samples * SAMPLE, next.count() * SAMPLE);
        samples += next.count();
      }
    }
    return all;
  }

  @Test
  void batchesDoNotDependOnThreadsNorOnTheirBoundaries() {
    Dataset dataset = noise(12);
    float[] expected = twoEpochs(dataset, 12, 12, 1);
    assertThat(twoEpochs(dataset, 5, 5, 3)).isEqualTo(expected);
    assertThat(twoEpochs(dataset, 8, 3, 2)).isEqualTo(expected);
  }

  @Test
  void aBatchStaysAsItIsUntilTheNext() throws InterruptedException {
    Dataset dataset = noise(30);
    try (BatchLoader loader = loader(dataset, 3, 3, 0, 0, 2)) {
      for (int i = 0; i < 10; i++) {
        BatchLoader.Batch batch = loader.next();
        float[] copy = batch.images().clone();
        Thread.sleep(2); // while the loader's threads write the other one
        assertThat(batch.images()).isEqualTo(copy);
      }
    }
  }

  @Test
  void anEpochShowsEveryImageOnce() {
    TestDataset dataset = new TestDataset("a", "b");
    for (int i = 0; i < 20; i++) {
      dataset.add(i % 2, TestImages.plain(8, 8, i, 0, 0));
    }
    Set<Float> reds = new HashSet<>();
    try (BatchLoader loader = loader(dataset, 20, 20, 0, 0, 2)) {
      float[] images = loader.next().images();
      for (int i = 0; i < 20; i++) {
        reds.add(images[i * SAMPLE]);
      }
    }
    assertThat(reds).hasSize(20);
  }

  @Test
  void aFailureComesWithItsBatchAndIsThatOfTheFirstSample() {
    int[] order = new Sampler(9, 7).order(0);
    Dataset dataset =
        noise(9)
            .beforeImage(
                index -> {
                  if (index == order[4] || index == order[5]) {
                    throw new UnreadableImageException("picture " + index + " is damaged");
                  }
                });
    try (BatchLoader loader = loader(dataset, 3, 3, 0, 0, 3)) {
      assertThat(loader.next().first()).isZero();
      assertThatThrownBy(loader::next)
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage("picture " + order[4] + " is damaged");
    }
  }

  /** The images are held back until the test waits for them, and a while longer. */
  @Test
  void waitingIsMeasuredAndThreadsEnd() throws InterruptedException {
    Thread waiting = Thread.currentThread();
    Set<Thread> loading = ConcurrentHashMap.newKeySet();
    Dataset slow =
        noise(4)
            .beforeImage(
                index -> {
                  loading.add(Thread.currentThread());
                  while (waiting.getState() == Thread.State.RUNNABLE) {
                    Thread.onSpinWait();
                  }
                  long end = System.nanoTime() + 20_000_000;
                  while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                  }
                });
    BatchLoader loader = loader(slow, 2, 2, 0, 0, 1);
    loader.next();
    assertThat(loader.waitedNanos()).isGreaterThan(20_000_000);
    Thread closer = new Thread(loader::close);
    closer.start();
    closer.join(); // waits, so that the images of the next batch are let go
    for (Thread thread : loading) {
      thread.join(10_000);
      assertThat(thread.isAlive()).isFalse();
    }
    assertThat(loading).hasSize(1);
  }

  @Test
  void centerCropsComeInTheOrderOfTheData() {
    Dataset dataset = noise(7);
    float[] images = new float[3 * SAMPLE];
    new CenterCropLoader(dataset, PREPROCESSING, THREADS).load(4, 3, images);
    Preprocessor preprocessor = new Preprocessor(PREPROCESSING);
    for (int i = 0; i < 3; i++) {
      float[] expected = new float[SAMPLE];
      preprocessor.write(preprocessor.centerCrop(dataset.image(4 + i)), expected, 0);
      assertThat(Arrays.copyOfRange(images, i * SAMPLE, (i + 1) * SAMPLE)).isEqualTo(expected);
    }
  }

  @Test
  void centerCropsStayInTheDataAndTheBuffers() {
    CenterCropLoader loader = new CenterCropLoader(noise(7), PREPROCESSING, ParallelFor.SERIAL);
    float[] images = new float[2 * SAMPLE];
    assertThatThrownBy(() -> loader.load(6, 2, images))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> loader.load(0, 2, new float[2 * SAMPLE - 1]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void partsMustFitTogether() {
    Dataset dataset = noise(7);
    for (int wrong : new int[] {6, 8}) {
      assertThatThrownBy(
              () ->
                  new BatchLoader(
                      dataset,
                      new Sampler(wrong, 7),
                      augmentation(true),
                      Mixing.NONE,
                      PREPROCESSING,
                      new BatchSequence(7, 2, 2),
                      0,
                      0,
                      1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void anImageThatCannotBeUsedIsNamed() {
    Dataset dataset =
        new TestDataset("a", "b")
            .add(0, TestImages.plain(8, 8, 0, 0, 0))
            .add(1, TestImages.plain(1, 4_000_000, 0, 0, 0));
    CenterCropLoader loader = new CenterCropLoader(dataset, PREPROCESSING, ParallelFor.SERIAL);
    assertThatThrownBy(() -> loader.load(0, 2, new float[2 * SAMPLE]))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("test/1: an image of 1 x 4000000 pixels is too elongated");
  }
}
