package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.cuda.kernels.Descent;
import org.vgg4j.cuda.kernels.Dropout;
import org.vgg4j.cuda.kernels.Halves;
import org.vgg4j.cuda.kernels.Loss;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.cuda.kernels.Table;
import org.vgg4j.kernels.ClassTargets;

/** Checks of what a training step is beside maps: dropout, loss, SGD. */
final class StepChecks {
  private static final int IMAGES = 5;
  private static final int CLASSES = 1003;
  private static final int PADDED = 1024;

  private StepChecks() {}

  static List<KernelCheck> all() {
    List<KernelCheck> checks = new ArrayList<>();
    for (Precision p : Precision.values()) {
      double map = p == Precision.BF16 ? 4e-3 : 1e-5;
      checks.add(new KernelCheck("dropout, the CPU's masks, " + p, map, v -> dropout(v, p)));
      checks.add(new KernelCheck("cross-entropy's gradient, " + p, map, v -> gradient(v, p)));
      checks.add(new KernelCheck("labels' gradient, " + p, map, v -> LabelChecks.gradient(v, p)));
      checks.add(new KernelCheck("SGD, rounded weights, " + p, map, v -> sgd(v, p).rounded()));
    }
    checks.add(new KernelCheck("soft-max", 1e-6, StepChecks::softmax));
    checks.add(new KernelCheck("cross-entropy, correct", 1e-12, StepChecks::totals));
    checks.add(new KernelCheck("labels' cross-entropy, correct", 1e-12, LabelChecks::totals));
    checks.add(new KernelCheck("SGD", 1e-6, v -> sgd(v, Precision.BF16).exact()));
    checks.add(new KernelCheck("sums of slices", 1e-6, StepChecks::addSlices));
    checks.add(new KernelCheck("clipped gradients", 1e-6, StepChecks::clipped));
    checks.add(new KernelCheck("averaged weights", 1e-6, StepChecks::averaged));
    return checks;
  }

  private static double dropout(DeviceValues values, Precision precision) {
    MapShape shape = new MapShape(3, 1, 1, 192);
    int[] samples = {7, 123456, 0};
    long seed = 0x1234_5678_9abc_def0L;
    int epoch = 3;
    double rate = 0.4;
    double[] x = values.randomMap(shape.values());
    Planes map = values.map(x, precision);
    new Dropout(values.library(), rate)
        .apply(
            values.stream(),
            shape,
            map,
            values.ints(concat(samples, Dropout.key(seed, epoch))),
            Purpose.DROPOUT_FC7.code());
    long threshold = Math.round(rate * (1L << 32));
    for (int n = 0; n < samples.length; n++) {
      RandomStream random = new RandomStream(seed, epoch, samples[n], Purpose.DROPOUT_FC7);
      for (int i = n * shape.channels(); i < (n + 1) * shape.channels(); i++) {
        x[i] = (random.nextInt() & 0xFFFFFFFFL) < threshold ? 0 : x[i] / (1 - rate);
      }
    }
    return Errors.largest(values.read(map, x.length), x);
  }

  private static int[] concat(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  /** Scores {@code [images][padded]}, what is padding being NaN. */
  private static double[] scores(DeviceValues values) {
    double[] scores = values.random((long) IMAGES * PADDED, 3);
    for (int i = 0; i < scores.length; i++) {
      scores[i] = i % PADDED < CLASSES ? scores[i] : Double.NaN;
    }
    scores[PADDED + 17] = 4000; // whose power is no double
    for (int n = 2; n < IMAGES; n++) { // of equal scores the first counts
      scores[n * PADDED + 500] = 30;
      scores[n * PADDED + 600] = 30;
    }
    return scores;
  }

  private static final int[] LABELS = {1002, 17, 500, 600, 500};

  private static double[] posteriors(double[] scores, int image) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < CLASSES; k++) {
      largest = Math.max(largest, scores[image * PADDED + k]);
    }
    double[] posteriors = new double[CLASSES];
    double sum = 0;
    for (int k = 0; k < CLASSES; k++) {
      posteriors[k] = Math.exp(scores[image * PADDED + k] - largest);
      sum += posteriors[k];
    }
    for (int k = 0; k < CLASSES; k++) {
      posteriors[k] /= sum;
    }
    return posteriors;
  }

  /** Of a posterior that may be too small for a double. */
  private static double minusLog(double[] scores, int image, int label) {
    double largest = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (int k = 0; k < CLASSES; k++) {
      largest = Math.max(largest, (float) scores[image * PADDED + k]);
    }
    for (int k = 0; k < CLASSES; k++) {
      sum += Math.exp((float) scores[image * PADDED + k] - largest);
    }
    return Math.log(sum) + largest - (float) scores[image * PADDED + label];
  }

  private static double softmax(DeviceValues values) {
    double[] scores = scores(values);
    long posteriors = values.room(4L * IMAGES * CLASSES);
    new Loss(values.library(), CLASSES)
        .softmax(values.stream(), IMAGES, values.floats(scores), posteriors);
    double[] wanted = new double[IMAGES * CLASSES];
    for (int n = 0; n < IMAGES; n++) {
      System.arraycopy(posteriors(scores, n), 0, wanted, n * CLASSES, CLASSES);
    }
    return Errors.largest(values.readFloats(posteriors, wanted.length), wanted);
  }

  /** Of labels, and of any targets. */
  private static double gradient(DeviceValues values, Precision precision) {
    return Math.max(
        gradient(values, precision, ClassTargets.of(LABELS)),
        gradient(values, precision, mixed(values)));
  }

  private static double gradient(DeviceValues values, Precision precision, ClassTargets targets) {
    double[] scores = scores(values);
    Planes gradient = values.room((long) IMAGES * PADDED, precision);
    crossEntropy(values, values.floats(scores), targets, gradient, values.room(16), false);
    double[] wanted = new double[IMAGES * PADDED];
    for (int n = 0; n < IMAGES; n++) {
      double[] posteriors = posteriors(scores, n);
      double[] target = target(targets, n);
      double sum = Arrays.stream(target).sum();
      for (int k = 0; k < CLASSES; k++) {
        wanted[n * PADDED + k] = (posteriors[k] * sum - target[k]) / 8;
      }
    }
    return Errors.largest(values.read(gradient, wanted.length), wanted);
  }

  /** Mixtures of two labels, which may be one, weighted and smoothed. */
  private static ClassTargets mixed(DeviceValues values) {
    int[] labels = new int[2 * IMAGES];
    for (int n = 0; n < IMAGES; n++) {
      labels[2 * n] = LABELS[n];
      labels[2 * n + 1] = n == 1 ? LABELS[n] : 100 * n + 3;
    }
    double[] shares = positive(values.random(2L * IMAGES, 1));
    return new ClassTargets(labels, shares, positive(values.random(CLASSES, 1e-3)));
  }

  private static double[] positive(double[] values) {
    return Arrays.stream(values).map(Math::abs).toArray();
  }

  private static double[] target(ClassTargets targets, int image) {
    double[] target = Arrays.copyOf(targets.common(), CLASSES);
    for (int i = 2 * image; i < 2 * image + 2; i++) {
      target[targets.labels()[i]] += targets.shares()[i];
    }
    return target;
  }

  private static void crossEntropy(
      DeviceValues values,
      long scores,
      ClassTargets targets,
      Planes gradient,
      long totals,
      boolean add) {
    int[] shares = new int[1 + 4 * IMAGES]; // at an address that is no multiple of 8
    Halves.put(shares, 1, Arrays.copyOf(targets.shares(), 2 * IMAGES));
    new Loss(values.library(), CLASSES)
        .crossEntropy(
            values.stream(),
            IMAGES,
            scores,
            values.ints(targets.labels()),
            values.ints(shares) + Integer.BYTES,
            targets.common().length == 0
                ? 0
                : values.ints(Loss.common(targets.common(), targets.sumOfCommon())),
            1f / 8,
            gradient,
            totals,
            add,
            values.room(Loss.workspace(IMAGES)));
  }

  /** Two micro-batches: the second is added. Of labels, and of any targets. */
  private static double totals(DeviceValues values) {
    return Math.max(totals(values, ClassTargets.of(LABELS)), totals(values, mixed(values)));
  }

  private static double totals(DeviceValues values, ClassTargets targets) {
    double[] scores = scores(values);
    long floats = values.floats(scores);
    long totals = values.room(16);
    Planes gradient = values.room((long) IMAGES * PADDED, Precision.BF16);
    crossEntropy(values, floats, targets, gradient, totals, false);
    crossEntropy(values, floats, targets, gradient, totals, true);
    double loss = 0;
    for (int n = 0; n < IMAGES; n++) {
      double[] target = target(targets, n);
      for (int k = 0; k < CLASSES; k++) {
        loss += target[k] == 0 ? 0 : 2 * target[k] * minusLog(scores, n, k);
      }
    }
    double[] got = values.readDoubles(totals, 2);
    double correct = 2 * 3; // all but images 0 and 3
    return Errors.largest(got, new double[] {loss, correct});
  }

  private record Step(double exact, double rounded) {}

  /** Numbers of weights that are pieces of one launch: some need several blocks. */
  private static final int[] COUNTS = {1048, 8, 4104, 2048, 64};

  private static final float MOMENTUM = 0.9f;
  private static final float DECAY = 5e-4f;
  private static final int SLICES = 3;

  /** A parameter's numbers, and where they are on the GPU. */
  private static final class Learnt {
    private final double[] w;
    private final double[] v;
    private final double[] g;
    private final Descent.Parameter there;

    Learnt(DeviceValues values, int count, int rate, Planes rounded) {
      this.w = values.random(count, 1);
      this.v = values.random(count, 1);
      this.g = values.random((long) SLICES * count, 1);
      this.there =
          new Descent.Parameter(
              count,
              values.floats(w),
              values.floats(v),
              values.floats(g),
              SLICES,
              rounded,
              rate,
              MOMENTUM,
              rate % 2 == 0 ? DECAY : 0);
    }

    void step(float rate) {
      for (int i = 0; i < w.length; i++) {
        double sum = g[i] + g[w.length + i] + g[2 * w.length + i];
        v[i] = MOMENTUM * v[i] - rate * (sum + there.decay() * w[i]);
        w[i] += v[i];
      }
    }
  }

  /** A step of several parameters, with rates of their own; every second has no rounded weights. */
  private static Step sgd(DeviceValues values, Precision precision) {
    double[] rates = {0.01, 0.02, 0.5, 0.03, 0.04};
    List<Learnt> all = new ArrayList<>();
    for (int i = 0; i < COUNTS.length; i++) {
      Planes rounded = i % 2 == 0 ? values.room(COUNTS[i], precision) : Planes.NONE;
      all.add(new Learnt(values, COUNTS[i], i, rounded));
    }
    long at = values.floats(rates);
    step(values, all, at, values.aDouble(12.5));
    step(values, all, at, 0);
    step(values, all, at, values.aDouble(Double.NaN)); // changes nothing
    step(values, all, at, values.aDouble(Double.NEGATIVE_INFINITY));
    double exact = 0;
    double rounded = 0;
    for (int i = 0; i < COUNTS.length; i++) {
      Learnt learnt = all.get(i);
      learnt.step((float) rates[i]);
      learnt.step((float) rates[i]);
      Descent.Parameter there = learnt.there;
      double w = Errors.largest(values.readFloats(there.weights(), COUNTS[i]), learnt.w);
      double v = Errors.largest(values.readFloats(there.velocity(), COUNTS[i]), learnt.v);
      exact = Math.max(exact, w + v);
      if (there.rounded().high() != 0) {
        double error = Errors.largest(values.read(there.rounded(), COUNTS[i]), learnt.w);
        rounded = Math.max(rounded, error);
      }
    }
    return new Step(exact, rounded);
  }

  private static void step(DeviceValues values, List<Learnt> all, long rates, long loss) {
    Table table = Descent.table(all.stream().map(learnt -> learnt.there).toList());
    long at = values.ints(table.words());
    new Descent(values.library()).step(values.stream(), table, at, rates, loss, 0);
  }

  /** The norm of two arrays, one of which takes several warps, and a step that it scales. */
  private static double clipped(DeviceValues values) {
    double[] large = values.random(40_008, 1);
    double[] small = values.random(8, 3);
    int parts = Descent.squareSums(large.length);
    long sums = values.room(8L * (parts + 1));
    Descent descent = new Descent(values.library());
    descent.squareSums(values.stream(), values.floats(large), large.length, sums);
    descent.squareSums(values.stream(), values.floats(small), small.length, sums + 8L * parts);
    double squares = Arrays.stream(large).map(v -> v * v).sum();
    squares += Arrays.stream(small).map(v -> v * v).sum();
    double norm = Math.sqrt(squares);
    double worst = 0;
    for (float most : new float[] {(float) (norm / 8), (float) (2 * norm)}) {
      long factor = values.room(4);
      descent.clipFactor(values.stream(), sums, parts + 1, most, factor);
      double wanted = Math.min(1, most / norm);
      worst = Math.max(worst, Math.abs(values.readFloats(factor, 1)[0] - wanted));
      worst = Math.max(worst, scaledStep(values, factor, wanted));
    }
    long notANumber = values.room(8);
    long stays = values.room(4);
    descent.squareSums(values.stream(), values.floats(new double[8]), 8, notANumber);
    descent.clipFactor(values.stream(), values.aDouble(Double.NaN), 1, 1f, stays);
    worst = Math.max(worst, Math.abs(values.readFloats(stays, 1)[0] - 1));
    descent.clipFactor(values.stream(), values.aDouble(Double.POSITIVE_INFINITY), 1, 1f, stays);
    worst = Math.max(worst, Math.abs(values.readFloats(stays, 1)[0] - 1));
    return Math.max(worst, Math.abs(values.readDoubles(notANumber, 1)[0]));
  }

  private static double scaledStep(DeviceValues values, long factor, double wanted) {
    Learnt learnt = new Learnt(values, COUNTS[0], 0, Planes.NONE);
    Table table = Descent.table(List.of(learnt.there));
    long at = values.ints(table.words());
    long rates = values.floats(new double[] {0.5});
    new Descent(values.library()).step(values.stream(), table, at, rates, 0, factor);
    for (int i = 0; i < learnt.g.length; i++) {
      learnt.g[i] *= wanted;
    }
    learnt.step(0.5f);
    return Errors.largest(values.readFloats(learnt.there.weights(), COUNTS[0]), learnt.w);
  }

  private static double averaged(DeviceValues values) {
    int count = 2056;
    double[] weights = values.random(count, 1);
    double[] averages = values.random(count, 1);
    long from = values.floats(weights);
    long to = values.floats(averages);
    new Descent(values.library()).average(values.stream(), from, to, count, 0.125f);
    for (int i = 0; i < count; i++) {
      averages[i] = 0.875 * averages[i] + 0.125 * weights[i];
    }
    return Errors.largest(values.readFloats(to, count), averages);
  }

  private static double addSlices(DeviceValues values) {
    int count = 1048;
    double[] slices = values.random(3L * count, 1);
    double[] gradient = values.random(count, 1);
    long from = values.floats(slices);
    long to = values.floats(gradient);
    Descent descent = new Descent(values.library());
    descent.addSlices(values.stream(), from, 3, to, count, true);
    for (int i = 0; i < 3 * count; i++) {
      gradient[i % count] += slices[i];
    }
    double added = Errors.largest(values.readFloats(to, count), gradient);
    descent.addSlices(values.stream(), from, 3, to, count, false);
    double[] sums = new double[count];
    for (int i = 0; i < 3 * count; i++) {
      sums[i % count] += slices[i];
    }
    return added + Errors.largest(values.readFloats(to, count), sums);
  }
}
