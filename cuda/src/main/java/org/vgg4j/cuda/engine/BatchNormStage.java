package org.vgg4j.cuda.engine;

import java.util.Set;
import org.vgg4j.cuda.kernels.BatchNorm;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Pooling;
import org.vgg4j.model.Layer;

/** Batch normalisation with its ReLU, and the pool that follows it if there is one. */
final class BatchNormStage implements TrainingStage {
  private final Gpu gpu;
  private final MapShape one;
  private final boolean pooled;
  private final Learnt learnt;
  private final Pooling pooling;
  private final long output;
  private final long argmax;
  private final BatchNorm.Statistics ofBatch;
  private final BatchNorm.Statistics running;
  private final long meanStep;
  private final long varianceStep;

  /** The parameters. */
  record Learnt(
      DeviceParameter scale,
      DeviceParameter shift,
      DeviceParameter mean,
      DeviceParameter variance) {
    BatchNorm.Parameters addresses() {
      return new BatchNorm.Parameters(
          scale.values(), shift.values(), mean.values(), variance.values());
    }
  }

  /**
   * @param one map that one image is
   * @param capacity the largest micro-batch
   */
  BatchNormStage(
      Gpu gpu, MapShape one, boolean pooled, Learnt learnt, int capacity, Allocation allocation) {
    this.gpu = gpu;
    this.one = one;
    this.pooled = pooled;
    this.learnt = learnt;
    this.pooling = new Pooling(gpu.library());
    long values = outputShape(capacity).values();
    this.output = allocation.take("activations", gpu.precision().bytes(values));
    this.argmax = pooled ? allocation.take("activations", values) : 0;
    this.ofBatch =
        new BatchNorm.Statistics(
            channels(allocation), channels(allocation), channels(allocation), channels(allocation));
    this.running =
        new BatchNorm.Statistics(
            learnt.mean().values(),
            learnt.variance().values(),
            ofBatch.factor(),
            ofBatch.summand());
    this.meanStep = channels(allocation);
    this.varianceStep = channels(allocation);
  }

  private long channels(Allocation allocation) {
    return allocation.take("statistics", (long) Float.BYTES * one.channels());
  }

  private MapShape shape(int images) {
    return new MapShape(images, one.height(), one.width(), one.channels());
  }

  private BatchNorm kernel(int images) {
    return new BatchNorm(gpu.library(), shape(images));
  }

  @Override
  public boolean isFrozen(Set<String> frozen) {
    return frozen.contains(learnt.scale().shape().layer());
  }

  @Override
  public MapShape outputShape(int images) {
    return pooled ? shape(images).pooled() : shape(images);
  }

  @Override
  public Planes output(int images) {
    return gpu.precision().at(output, outputShape(images).values());
  }

  @Override
  public long workspace(int images) {
    return kernel(images).workspace();
  }

  @Override
  public long gradient(int images) {
    return GradientRoom.bytes(2L * one.channels());
  }

  @Override
  public long scratch(int images) {
    return pooled ? gpu.precision().bytes(shape(images).values()) : 0;
  }

  private boolean usesBatch(Pass pass) {
    return pass.training() && !isFrozen(pass.frozen());
  }

  private BatchNorm.Statistics statistics(Pass pass) {
    return usesBatch(pass) ? ofBatch : running;
  }

  @Override
  public void forward(Pass pass, Planes x) {
    BatchNorm kernel = kernel(pass.images());
    BatchNorm.Statistics statistics = statistics(pass);
    if (usesBatch(pass)) {
      kernel.ofBatch(
          pass.stream(),
          x,
          learnt.addresses(),
          (float) Layer.BatchNorm.MOMENTUM * pass.share(),
          ofBatch,
          meanStep,
          varianceStep,
          false,
          pass.workspace());
    } else {
      kernel.ofRunning(
          pass.stream(), learnt.addresses(), statistics.factor(), statistics.summand());
    }
    Planes y = output(pass.images());
    if (pooled) {
      kernel.forwardPooled(pass.stream(), x, statistics.factor(), statistics.summand(), y, argmax);
    } else {
      kernel.forward(pass.stream(), x, statistics.factor(), statistics.summand(), y);
    }
  }

  @Override
  public Planes backward(Pass pass, Planes x, Planes g, boolean further, GradientRoom room) {
    Planes dy = g;
    if (pooled) {
      MapShape full = shape(pass.images());
      dy = gpu.precision().at(pass.scratch(), full.values());
      pooling.backward(pass.stream(), full, g, argmax, dy, 0);
    }
    boolean learns = !isFrozen(pass.frozen());
    long scaleGradient = room.take(2L * one.channels()); // written even where nobody wants it
    long shiftGradient = scaleGradient + (long) Float.BYTES * one.channels();
    kernel(pass.images())
        .backward(
            pass.stream(),
            x,
            dy,
            learnt.scale().values(),
            statistics(pass),
            learns,
            scaleGradient,
            shiftGradient,
            false,
            x,
            pass.workspace());
    if (learns) {
      room.add(learnt.mean(), meanStep, 1);
      room.add(learnt.variance(), varianceStep, 1);
      room.add(learnt.scale(), scaleGradient, 1);
      room.add(learnt.shift(), shiftGradient, 1);
    }
    return x;
  }
}
