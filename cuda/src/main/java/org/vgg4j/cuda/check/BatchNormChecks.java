package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.vgg4j.cuda.kernels.BatchNorm;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.model.Layer;

/**
 * Checks of batch norm, with the statistics of the batch and with the running ones. What
 * micro-batches add up is made of the same map twice.
 */
final class BatchNormChecks {
  private static final MapShape SHAPE = new MapShape(3, 11, 9, 128); // in two slices
  private static final int CHANNELS = SHAPE.channels();
  private static final int PIXELS = SHAPE.pixels();
  private static final float SHARE = 0.05f;

  private BatchNormChecks() {}

  static List<KernelCheck> all() {
    List<KernelCheck> checks = new ArrayList<>();
    for (Precision p : Precision.values()) {
      double map = p == Precision.BF16 ? 4e-3 : 2e-5;
      checks.add(new KernelCheck("moments of batch norm, " + p, 1e-5, v -> moments(v, p)));
      for (boolean ofBatch : new boolean[] {true, false}) {
        String of = ofBatch ? " of the batch, " : " of running statistics, ";
        checks.add(new KernelCheck("batch norm" + of + p, map, v -> forward(v, p, ofBatch)));
        checks.add(new KernelCheck("batch norm, pool" + of + p, map, v -> pooled(v, p, ofBatch)));
        checks.add(
            new KernelCheck("gradient of batch norm" + of + p, map, v -> backward(v, p, ofBatch)));
        checks.add(
            new KernelCheck(
                "scale's gradient of batch norm" + of + p, 1e-5, v -> learnt(v, p, ofBatch)));
      }
    }
    return checks;
  }

  /** One batch norm and its numbers, on the GPU and here. */
  private static final class Case {
    final DeviceValues values;
    final double[] x;
    final double[] scale;
    final double[] shift;
    final double[] runningMean;
    final double[] runningVariance;
    final double[] mean = new double[CHANNELS];
    final double[] variance = new double[CHANNELS];
    final boolean ofBatch;
    final BatchNorm norm;
    final Planes map;
    final BatchNorm.Parameters parameters;
    final BatchNorm.Statistics statistics;
    final long meanStep;
    final long varianceStep;
    final long workspace;

    Case(DeviceValues values, Precision precision, boolean ofBatch) {
      this.values = values;
      this.ofBatch = ofBatch;
      norm = new BatchNorm(values.library(), SHAPE);
      x = values.random(SHAPE.values(), 1);
      for (int i = 0; i < x.length; i++) {
        x[i] =
            x[i] * (1 + i % CHANNELS % 5) + i % CHANNELS % 7; // means and deviations of all sizes
      }
      map = values.map(x, precision);
      scale = values.random(CHANNELS, 1);
      shift = values.random(CHANNELS, 1);
      runningMean = values.random(CHANNELS, 1);
      runningVariance = values.randomMap(CHANNELS);
      parameters =
          new BatchNorm.Parameters(
              values.floats(scale),
              values.floats(shift),
              values.floats(runningMean),
              values.floats(runningVariance));
      statistics =
          new BatchNorm.Statistics(
              ofBatch ? channels() : parameters.runningMean(),
              ofBatch ? channels() : parameters.runningVariance(),
              channels(),
              channels());
      meanStep = channels();
      varianceStep = channels();
      workspace = values.room(norm.workspace());
      findStatistics();
      if (ofBatch) {
        for (boolean add : new boolean[] {false, true}) {
          norm.ofBatch(
              values.stream(),
              map,
              parameters,
              SHARE,
              statistics,
              meanStep,
              varianceStep,
              add,
              workspace);
        }
      } else {
        norm.ofRunning(values.stream(), parameters, statistics.factor(), statistics.summand());
      }
    }

    private long channels() {
      return values.room(4L * CHANNELS);
    }

    private void findStatistics() {
      if (!ofBatch) {
        System.arraycopy(runningMean, 0, mean, 0, CHANNELS);
        System.arraycopy(runningVariance, 0, variance, 0, CHANNELS);
        return;
      }
      for (int i = 0; i < x.length; i++) {
        mean[i % CHANNELS] += x[i] / PIXELS;
      }
      for (int i = 0; i < x.length; i++) {
        double d = x[i] - mean[i % CHANNELS];
        variance[i % CHANNELS] += d * d / PIXELS;
      }
    }

    double inverse(int channel) {
      return 1 / Math.sqrt(variance[channel] + Layer.BatchNorm.EPSILON);
    }

    double[] output() {
      double[] y = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        int c = i % CHANNELS;
        y[i] = Math.max(0, scale[c] * (x[i] - mean[c]) * inverse(c) + shift[c]);
      }
      return y;
    }

    /** Sums over the pixels of each channel. */
    double[] sums(IntToDoubleFunction term) {
      double[] sums = new double[CHANNELS];
      for (int i = 0; i < x.length; i++) {
        sums[i % CHANNELS] += term.applyAsDouble(i);
      }
      return sums;
    }
  }

  private static double moments(DeviceValues values, Precision precision) {
    Case it = new Case(values, precision, true);
    double[] meanStep = new double[CHANNELS];
    double[] varianceStep = new double[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
      double ofSample = it.variance[c] * PIXELS / (PIXELS - 1);
      meanStep[c] = 2 * SHARE * (it.runningMean[c] - it.mean[c]);
      varianceStep[c] = 2 * SHARE * (it.runningVariance[c] - ofSample);
    }
    return Errors.largest(values.readFloats(it.statistics.mean(), CHANNELS), it.mean)
        + Errors.largest(values.readFloats(it.statistics.variance(), CHANNELS), it.variance)
        + Errors.largest(values.readFloats(it.meanStep, CHANNELS), meanStep)
        + Errors.largest(values.readFloats(it.varianceStep, CHANNELS), varianceStep);
  }

  private static double forward(DeviceValues values, Precision precision, boolean ofBatch) {
    Case it = new Case(values, precision, ofBatch);
    Planes y = values.room(it.x.length, precision);
    it.norm.forward(values.stream(), it.map, it.statistics.factor(), it.statistics.summand(), y);
    return Errors.largest(values.read(y, it.x.length), it.output());
  }

  private static double pooled(DeviceValues values, Precision precision, boolean ofBatch) {
    Case it = new Case(values, precision, ofBatch);
    long count = SHAPE.pooled().values();
    Planes y = values.room(count, precision);
    long argmax = values.room(count);
    it.norm.forwardPooled(
        values.stream(), it.map, it.statistics.factor(), it.statistics.summand(), y, argmax);
    PoolReference wanted = PoolReference.of(SHAPE, it.output());
    int[] got = values.readBytes(argmax, count);
    int differ = 0; // where channels have a negative scale, rounding may make two values equal
    for (int i = 0; i < got.length; i++) {
      differ += got[i] == wanted.argmax()[i] ? 0 : 1;
    }
    double error = Errors.largest(values.read(y, count), wanted.values());
    return differ > got.length / 200 ? Double.POSITIVE_INFINITY : error;
  }

  private record Gradients(double[] dx, double[] wantedDx, double learntError) {}

  private static Gradients gradients(DeviceValues values, Precision precision, boolean ofBatch) {
    Case it = new Case(values, precision, ofBatch);
    double[] g = values.random(it.x.length, 1);
    Planes dx = values.room(it.x.length, precision);
    long scaleGradient = it.channels();
    long shiftGradient = it.channels();
    Planes gradient = values.map(g, precision);
    for (boolean add : new boolean[] {false, true}) {
      it.norm.backward(
          values.stream(),
          it.map,
          gradient,
          it.parameters.scale(),
          it.statistics,
          ofBatch,
          scaleGradient,
          shiftGradient,
          add,
          dx,
          it.workspace);
    }
    double[] sums = it.sums(i -> g[i]);
    double[] products = it.sums(i -> g[i] * (it.x[i] - it.mean[i % CHANNELS]));
    double[] wanted = new double[g.length];
    for (int i = 0; i < g.length; i++) {
      int c = i % CHANNELS;
      double d = it.inverse(c);
      double less =
          ofBatch ? sums[c] / PIXELS + (it.x[i] - it.mean[c]) * d * d * products[c] / PIXELS : 0;
      wanted[i] = it.scale[c] * d * (g[i] - less);
    }
    for (int c = 0; c < CHANNELS; c++) {
      products[c] *= 2 * it.inverse(c);
      sums[c] *= 2;
    }
    double learnt =
        Errors.largest(values.readFloats(scaleGradient, CHANNELS), products)
            + Errors.largest(values.readFloats(shiftGradient, CHANNELS), sums);
    return new Gradients(values.read(dx, g.length), wanted, learnt);
  }

  private static double backward(DeviceValues values, Precision precision, boolean ofBatch) {
    Gradients gradients = gradients(values, precision, ofBatch);
    return Errors.largest(gradients.dx(), gradients.wantedDx());
  }

  private static double learnt(DeviceValues values, Precision precision, boolean ofBatch) {
    return gradients(values, precision, ofBatch).learntError();
  }
}
