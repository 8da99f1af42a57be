package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.cuda.kernels.Averaging;
import org.vgg4j.cuda.kernels.ChannelSums;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.LocalResponseNorm;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Pooling;
import org.vgg4j.cuda.kernels.Precision;

/** Checks of what is done with each value of a map: layouts, pools, means, LRN. */
final class MapChecks {
  private static final MapShape SHAPE = new MapShape(3, 7, 5, 128);
  private static final float K = 2f;
  private static final float ALPHA = 0.3f; // large, so that it matters
  private static final int RADIUS = 2;

  private MapChecks() {}

  static List<KernelCheck> all() {
    List<KernelCheck> checks = new ArrayList<>();
    for (Precision p : Precision.values()) {
      double map = p == Precision.BF16 ? 4e-3 : 1e-5;
      checks.add(new KernelCheck("pool, " + p, 0, v -> pool(v, p)));
      checks.add(new KernelCheck("un-pool, " + p, 0, v -> unpool(v, p).maps()));
      checks.add(new KernelCheck("sums of un-pool, " + p, 1e-5, v -> unpool(v, p).sums()));
      checks.add(new KernelCheck("means of windows, " + p, map, v -> means(v, p)));
      checks.add(new KernelCheck("gradient of means, " + p, map, v -> meansBackward(v, p)));
      checks.add(new KernelCheck("LRN, " + p, map, v -> norm(v, p)));
      checks.add(new KernelCheck("gradient of LRN, " + p, map, v -> normBackward(v, p)));
      checks.add(new KernelCheck("images to patches, " + p, map, v -> toPatches(v, p)));
      checks.add(new KernelCheck("map to planes, " + p, 1e-6, v -> toPlanes(v, p)));
      checks.add(new KernelCheck("weights to rows, rounded, " + p, map, v -> weights(v, p)));
    }
    checks.add(new KernelCheck("rows to weights", 0, MapChecks::weightsBack));
    checks.add(new KernelCheck("biases of rows", 0, MapChecks::takeBiases));
    return checks;
  }

  private static double pool(DeviceValues values, Precision precision) {
    double[] x = values.randomMap(SHAPE.values());
    x[SHAPE.channels() + 3] = Double.NaN;
    long count = SHAPE.pooled().values();
    Planes y = values.room(count, precision);
    Planes alone = values.room(count, precision);
    long argmax = values.room(count);
    Planes map = values.map(x, precision);
    Pooling pooling = new Pooling(values.library());
    pooling.forward(values.stream(), SHAPE, map, y, argmax);
    pooling.forward(values.stream(), SHAPE, map, alone, 0);
    PoolReference wanted = PoolReference.of(SHAPE, x);
    return Errors.largest(values.read(y, count), wanted.values())
        + Errors.largest(values.read(alone, count), wanted.values())
        + Errors.exact(values.readBytes(argmax, count), wanted.argmax());
  }

  /** What an un-pool leaves: the map, the same without sums, and the sums. */
  private record Unpooled(double maps, double sums) {}

  private static Unpooled unpool(DeviceValues values, Precision precision) {
    Unpooled few = unpool(values, precision, SHAPE);
    Unpooled many = unpool(values, precision, new MapShape(2, 15, 21, 128));
    return new Unpooled(few.maps() + many.maps(), Math.max(few.sums(), many.sums()));
  }

  private static Unpooled unpool(DeviceValues values, Precision precision, MapShape shape) {
    int[] argmax = PoolReference.of(shape, values.randomMap(shape.values())).argmax();
    double[] dy = values.random(argmax.length, 1);
    Planes dx = values.room(shape.values(), precision);
    Planes alone = values.room(shape.values(), precision);
    Planes gradient = values.map(dy, precision);
    long bytes = values.bytes(argmax);
    ChannelSums of = new ChannelSums(values.library(), shape.pooled());
    long sums = values.room(4L * of.length());
    Pooling pooling = new Pooling(values.library());
    pooling.backward(values.stream(), shape, gradient, bytes, dx, sums);
    pooling.backward(values.stream(), shape, gradient, bytes, alone, 0);
    double[] wanted = PoolReference.backward(shape, dy, argmax);
    double[] bias = new double[shape.channels()];
    for (int i = 0; i < dy.length; i++) {
      bias[i % bias.length] += dy[i];
    }
    return new Unpooled(
        Errors.largest(values.read(dx, shape.values()), wanted)
            + Errors.largest(values.read(alone, shape.values()), wanted),
        Errors.largest(values.readSlices(sums, of.slices(), bias.length), bias));
  }

  private static double means(DeviceValues values, Precision precision) {
    int side = 3;
    double[] x = values.randomMap(SHAPE.values());
    MapShape shape = Averaging.means(SHAPE, side);
    Planes y = values.room(shape.values(), precision);
    new Averaging(values.library())
        .forward(values.stream(), SHAPE, side, values.map(x, precision), y);
    double[] wanted = new double[Math.toIntExact(shape.values())];
    for (int i = 0; i < wanted.length; i++) {
      int window = i / shape.channels();
      int column = window % shape.width();
      int row = window / shape.width() % shape.height();
      int image = window / (shape.width() * shape.height());
      for (int pixel = 0; pixel < side * side; pixel++) {
        int y0 = image * SHAPE.height() + row + pixel / side;
        int at = (y0 * SHAPE.width() + column + pixel % side) * SHAPE.channels();
        wanted[i] += x[at + i % shape.channels()] / (side * side);
      }
    }
    return Errors.largest(values.read(y, wanted.length), wanted);
  }

  private static double meansBackward(DeviceValues values, Precision precision) {
    double[] x = values.random(Math.toIntExact(SHAPE.values()), 1);
    double[] dy = values.random((long) SHAPE.images() * SHAPE.channels(), 1);
    Planes map = values.map(x, precision);
    new Averaging(values.library())
        .backward(values.stream(), SHAPE, values.map(dy, precision), map);
    double[] wanted = new double[x.length];
    int pixels = SHAPE.height() * SHAPE.width();
    for (int i = 0; i < x.length; i++) {
      int image = i / (pixels * SHAPE.channels());
      double gradient = dy[image * SHAPE.channels() + i % SHAPE.channels()];
      wanted[i] = x[i] > 0 ? gradient / pixels : 0;
    }
    return Errors.largest(values.read(map, x.length), wanted);
  }

  private static LocalResponseNorm norm(DeviceValues values) {
    return new LocalResponseNorm(values.library(), 2 * RADIUS + 1, K, ALPHA, 0.75f);
  }

  private static double denominator(double[] x, int at) {
    int channel = at % SHAPE.channels();
    double sum = 0;
    for (int d = -RADIUS; d <= RADIUS; d++) {
      if (channel + d >= 0 && channel + d < SHAPE.channels()) {
        sum += x[at + d] * x[at + d];
      }
    }
    return K + ALPHA * sum;
  }

  private static double norm(DeviceValues values, Precision precision) {
    double[] x = values.randomMap(SHAPE.values());
    Planes y = values.room(x.length, precision);
    norm(values).forward(values.stream(), SHAPE, values.map(x, precision), y);
    double[] wanted = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      wanted[i] = x[i] * Math.pow(denominator(x, i), -0.75);
    }
    return Errors.largest(values.read(y, x.length), wanted);
  }

  private static double normBackward(DeviceValues values, Precision precision) {
    double[] x = values.randomMap(SHAPE.values());
    double[] dy = values.random(x.length, 1);
    Planes dx = values.room(x.length, precision);
    norm(values)
        .backward(values.stream(), SHAPE, values.map(x, precision), values.map(dy, precision), dx);
    double[] wanted = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int channel = i % SHAPE.channels();
      double sum = 0;
      for (int d = -RADIUS; d <= RADIUS; d++) {
        if (channel + d >= 0 && channel + d < SHAPE.channels()) {
          int j = i + d;
          sum += dy[j] * x[j] * Math.pow(denominator(x, j), -1.75);
        }
      }
      double own = dy[i] * Math.pow(denominator(x, i), -0.75);
      wanted[i] = x[i] > 0 ? own - 1.5 * ALPHA * x[i] * sum : 0;
    }
    return Errors.largest(values.read(dx, x.length), wanted);
  }

  private static double toPatches(DeviceValues values, Precision precision) {
    double largest = 0;
    for (int side : new int[] {3, 5}) {
      largest = Math.max(largest, toPatches(values, precision, side));
    }
    return largest;
  }

  private static double toPatches(DeviceValues values, Precision precision, int side) {
    int height = 7;
    int width = 5;
    MapShape shape = MapShape.patches(2, height, width, side);
    double[] images = values.random(2 * 3 * 35, 1);
    Planes map = values.room(shape.values(), precision);
    long floats = values.floats(images);
    new Layouts(values.library()).toPatches(values.stream(), shape, floats, side, map);
    double[] wanted = new double[Math.toIntExact(shape.values())];
    for (int i = 0; i < wanted.length; i++) {
      int pixel = i / shape.channels();
      int at = i % shape.channels();
      int row = pixel / width % height + at / side % side - side / 2;
      int column = pixel % width + at % side - side / 2;
      int colour = at / (side * side);
      if (colour < 3 && row >= 0 && row < height && column >= 0 && column < width) {
        int image = pixel / width / height;
        wanted[i] = images[((image * 3 + colour) * height + row) * width + column];
      }
      if (at == shape.channels() - 1) {
        wanted[i] = 1;
      }
    }
    return Errors.largest(values.read(map, shape.values()), wanted);
  }

  /** 70 channels of 128. */
  private static double toPlanes(DeviceValues values, Precision precision) {
    double[] x = values.random(SHAPE.values(), 1);
    Planes map = values.map(x, precision);
    int area = 35;
    double[] wanted = new double[3 * 70 * area];
    long planes = values.room(4L * wanted.length);
    new Layouts(values.library()).toPlanes(values.stream(), SHAPE, map, 70, planes);
    for (int i = 0; i < wanted.length; i++) {
      int pixel = i / (70 * area) * area + i % area;
      wanted[i] = x[pixel * SHAPE.channels() + i / area % 70];
    }
    return Errors.largest(values.readFloats(planes, wanted.length), wanted);
  }

  private static final Layouts.Weights WEIGHTS = new Layouts.Weights(70, 3, 9, 64);

  private static double[] rows(double[] weights) {
    double[] rows = new double[128 * WEIGHTS.rowLength()];
    for (int i = 0; i < weights.length; i++) {
      int tap = i % 9;
      rows[i / 27 * WEIGHTS.rowLength() + tap * WEIGHTS.padded() + i / 9 % 3] = weights[i];
    }
    return rows;
  }

  private static double weights(DeviceValues values, Precision precision) {
    double[] weights = values.random(70 * 27, 1);
    Layouts layouts = new Layouts(values.library());
    int count = 128 * WEIGHTS.rowLength();
    long floats = values.room(4L * count);
    Planes rounded = values.room(count, precision);
    layouts.toRows(values.stream(), WEIGHTS, values.floats(weights), floats);
    layouts.round(values.stream(), floats, count, rounded);
    return Errors.largest(values.read(rounded, count), rows(weights));
  }

  private static double weightsBack(DeviceValues values) {
    double[] weights = values.random(70 * 27, 1);
    long back = values.room(4L * weights.length);
    long rows = values.floats(rows(weights));
    new Layouts(values.library()).toWeights(values.stream(), WEIGHTS, rows, back);
    double[] got = values.readFloats(back, weights.length);
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) weights[i];
    }
    return Errors.largest(got, weights);
  }

  /** Two slices of 64 rows. */
  private static double takeBiases(DeviceValues values) {
    Layouts.Weights layout = new Layouts.Weights(60, 27, 1, 32);
    int rows = 2 * 64;
    double[] gradient = values.random(rows * 32L, 1);
    long floats = values.floats(gradient);
    long biases = values.room(4L * rows);
    new Layouts(values.library()).takeBiases(values.stream(), layout, floats, 2, biases);
    double[] wanted = new double[gradient.length];
    double[] last = new double[rows];
    for (int i = 0; i < wanted.length; i++) {
      if (i % 32 == 31) {
        last[i / 32] = (float) gradient[i];
      } else {
        wanted[i] = (float) gradient[i];
      }
    }
    return Errors.largest(values.readFloats(floats, wanted.length), wanted)
        + Errors.largest(values.readFloats(biases, rows), last);
  }
}
