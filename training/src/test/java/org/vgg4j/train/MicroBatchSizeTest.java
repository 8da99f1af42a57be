package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.MemoryPlan;

class MicroBatchSizeTest {
  private final Engine engine = Engines.open(Device.CPU, 1);
  private final Options options = new Options();

  @AfterEach
  void close() {
    engine.close();
  }

  private Architecture architecture() {
    return new Architecture(options.configuration, options.width, options.crop, 10);
  }

  /** A heap in which so many images at a time just fit. */
  private long heapFor(int images) {
    return heapFor(images, options.batch);
  }

  private long heapFor(int images, int batch) {
    MemoryPlan plan = engine.memory().withThreads(2).training(architecture(), images, batch);
    return (long) Math.ceil(plan.total() / 0.85) + 1;
  }

  private int choose(long heap) {
    return MicroBatchSize.choose(
        options.build(), architecture(), engine.memory().withLimit(heap), 1);
  }

  @Test
  void wholeBatchWhereItFits() {
    assertThat(choose(heapFor(16))).isEqualTo(16);
    assertThat(choose(Long.MAX_VALUE)).isEqualTo(16);
  }

  /** A batch of 16 is divided into 2 x 8, 3 x 6, 4 x 4, 6 x 3, 8 x 2, 16 x 1. */
  @Test
  void fewestEqualPartsElse() {
    assertThat(choose(heapFor(15))).isEqualTo(8);
    assertThat(choose(heapFor(8))).isEqualTo(8);
    assertThat(choose(heapFor(7))).isEqualTo(6);
    assertThat(choose(heapFor(5))).isEqualTo(4);
    assertThat(choose(heapFor(1))).isEqualTo(1);
  }

  /** The memory of each of several devices. */
  private record OfEach(MemoryOracle one, int devices) implements MemoryOracle {
    @Override
    public String name() {
      return one.name();
    }

    @Override
    public String remedy() {
      return one.remedy();
    }

    @Override
    public long limit() {
      return one.limit();
    }

    @Override
    public MemoryPlan inference(Architecture network, int batch, FcWeights form) {
      return one.inference(network, batch, form);
    }

    @Override
    public MemoryPlan training(Architecture network, LearnerOptions.Size size) {
      return one.training(network, size);
    }

    @Override
    public MemoryOracle withThreads(int threads) {
      return new OfEach(one.withThreads(threads), devices);
    }

    @Override
    public MemoryOracle withLimit(long bytes) {
      return new OfEach(one.withLimit(bytes), devices);
    }
  }

  private int choose(int devices, long heap) {
    MemoryOracle memory = new OfEach(engine.memory(), devices).withLimit(heap);
    return MicroBatchSize.choose(options.build(), architecture(), memory, 1);
  }

  /** Of a batch of 16, three devices get 3 x 6, 6 x 3, 9 x 2, 18 x 1. */
  @Test
  void eachDeviceHasAsManyParts() {
    assertThat(choose(4, Long.MAX_VALUE)).isEqualTo(4);
    assertThat(choose(3, Long.MAX_VALUE)).isEqualTo(6);
    assertThat(choose(3, heapFor(5))).isEqualTo(3);
    assertThat(choose(3, heapFor(2))).isEqualTo(2);
    assertThat(choose(3, heapFor(1))).isEqualTo(1);
    assertThat(choose(20, Long.MAX_VALUE)).isEqualTo(1);
    options.microBatch = 3;
    assertThat(choose(4, Long.MAX_VALUE)).isEqualTo(3);
  }

  @Test
  void configuredOneIsKept() {
    options.microBatch = 3;
    assertThat(choose(Long.MAX_VALUE)).isEqualTo(3);
    assertThat(choose(heapFor(3))).isEqualTo(3);
  }

  @Test
  void configuredOneThatDoesNotFit() {
    options.microBatch = 12;
    assertThatThrownBy(() -> choose(heapFor(5)))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "training A (width 0.03, crop 32, 10 classes) with a micro-batch of 12 needs ")
        .hasMessageEndingWith(", or begin with option micro-batch 4");
  }

  /** What a batch in parts needs is more than fewer images save: a smaller batch is the way out. */
  @Test
  void noMicroBatchButASmallerBatch() {
    options.width = 0.5; // more weights than activations
    long heap = heapFor(5, 5);
    assertThat(heap).isLessThan(heapFor(1));
    for (int microBatch : new int[] {0, 4}) {
      options.microBatch = microBatch;
      assertThatThrownBy(() -> choose(heap))
          .isInstanceOf(InputException.class)
          .hasMessageEndingWith("or lower option batch (5 fits), width or crop");
    }
  }

  /** Whatever the heap, an array has fewer than 2^31 values. */
  @Test
  void arraysLongerThanJavaAllows() {
    options.crop = 224;
    options.scale = ScaleRange.fixed(256);
    options.batch = 60_000;
    int chosen = choose(Long.MAX_VALUE);
    assertThat(chosen).isLessThan(60_000).isGreaterThan(1000);
    assertThat(engine.memory().training(architecture(), chosen, options.batch).hasTooLongArray())
        .isFalse();
    options.microBatch = 60_000;
    assertThatThrownBy(() -> choose(Long.MAX_VALUE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("and a Java array for fewer images")
        .hasMessageEndingWith(", or begin with option micro-batch " + chosen);
  }

  @Test
  void notEvenOneImage() {
    for (int microBatch : new int[] {0, 4}) {
      options.microBatch = microBatch;
      assertThatThrownBy(() -> choose(100_000))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("with a micro-batch of " + Math.max(1, microBatch) + " needs ")
          .hasMessageEndingWith("give Java more (-Xmx...), or lower option width or crop");
    }
  }
}
