package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.BatchNorm;
import org.vgg4j.cuda.kernels.ChannelSums;
import org.vgg4j.cuda.kernels.Convolution;
import org.vgg4j.cuda.kernels.Descent;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.LocalResponseNorm;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Pooling;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.cuda.kernels.Table;
import org.vgg4j.cuda.kernels.Tiles;

/** The kernels of network D at its real sizes, and those of batch norm and LRN. */
public final class KernelTimings {
  private KernelTimings() {}

  /**
   * How much is run.
   *
   * @param images in a batch
   * @param crop side of an image
   * @param narrower what the numbers of channels and features are divided by
   * @param runs of each kernel
   */
  public record Size(int images, int crop, int narrower, int runs) {
    /** What the figures of others are measured at. */
    public static final Size FULL = new Size(128, 224, 1, 8);

    /** What a CPU that plays a GPU can do in a minute: figures that mean nothing. */
    public static final Size TINY = new Size(1, 8, 64, 1);

    int channels(int full) {
      return MapShape.padded(full / narrower);
    }
  }

  /**
   * A layer of D.
   *
   * @param channels that there are, of an image 3
   * @param divisor of the crop that makes the size of its maps
   * @param pooled whether a pool follows
   * @param count of such layers
   */
  private record Layer(
      String name, int channels, int outputs, int divisor, boolean pooled, int count) {
    MapShape input(Size size) {
      int side = Math.max(2, size.crop() / divisor);
      return channels == COLOURS
          ? MapShape.patches(size.images(), side, side, FILTER)
          : new MapShape(size.images(), side, side, size.channels(channels));
    }
  }

  private static final int COLOURS = 3;

  /** Side of all filters. */
  private static final int FILTER = 3;

  private static final List<Layer> LAYERS =
      List.of(
          new Layer("conv1_1", 3, 64, 1, false, 1),
          new Layer("conv1_2", 64, 64, 1, true, 1),
          new Layer("conv2_1", 64, 128, 2, false, 1),
          new Layer("conv2_2", 128, 128, 2, true, 1),
          new Layer("conv3_1", 128, 256, 4, false, 1),
          new Layer("conv3_2", 256, 256, 4, false, 1),
          new Layer("conv3_3", 256, 256, 4, true, 1),
          new Layer("conv4_1", 256, 512, 8, false, 1),
          new Layer("conv4_2", 512, 512, 8, false, 1),
          new Layer("conv4_3", 512, 512, 8, true, 1),
          new Layer("conv5_1, conv5_2", 512, 512, 16, false, 2),
          new Layer("conv5_3", 512, 512, 16, true, 1));

  /**
   * All timings: the network's, those of its convolutions with either kind of tiles, and others.
   */
  public static List<KernelTiming> all(Precision precision, Size size) {
    List<KernelTiming> timings = new ArrayList<>();
    convolutions(timings, precision, size, Tiles.BY_SHAPE);
    int last = Math.max(1, size.crop() / 32);
    int features = size.channels(512) * last * last;
    int hidden = size.channels(4096);
    connected(timings, precision, size.images(), "fc6", features, hidden);
    connected(timings, precision, size.images(), "fc7", hidden, hidden);
    connected(timings, precision, size.images(), "fc8", hidden, size.channels(1024));
    plain(timings, precision, new MapShape(size.images(), size.crop(), size.crop(), 64));
    timings.add(sgd(precision, "fc6's weights", features * hidden));
    if (precision == Precision.BF16) {
      convolutions(timings, precision, size, Tiles.LARGE);
      convolutions(timings, precision, size, Tiles.SMALL);
    }
    return timings;
  }

  private static void convolutions(
      List<KernelTiming> timings, Precision precision, Size size, Tiles tiles) {
    for (Layer layer : LAYERS) {
      MapShape input = layer.input(size);
      String name =
          String.format(
              Locale.ROOT,
              "%s, %d to %d, %dx%d",
              layer.name(),
              layer.channels(),
              size.channels(layer.outputs()),
              input.height(),
              input.width());
      boolean first = layer.channels() == COLOURS; // a product of side 1 over patches
      add(
          timings,
          precision,
          tiles,
          input,
          first ? 1 : FILTER,
          name,
          first ? COLOURS * FILTER * FILTER : input.channels(),
          size.channels(layer.outputs()),
          layer.pooled(),
          layer.count());
    }
  }

  private static void connected(
      List<KernelTiming> timings, Precision p, int images, String name, int in, int out) {
    String shape = String.format(Locale.ROOT, "%s, %d to %d", name, in, out);
    MapShape input = new MapShape(images, 1, 1, in);
    add(timings, p, Tiles.BY_SHAPE, input, 1, shape, in, out, false, 1);
  }

  private static void add(
      List<KernelTiming> timings,
      Precision p,
      Tiles tiles,
      MapShape input,
      int side,
      String name,
      int channels,
      int outputs,
      boolean pooled,
      int count) {
    MapShape output = input.withChannels(outputs);
    double flops = 2.0 * output.values() * side * side * channels;
    double maps = p.bytes(input.values() + output.values());
    double weights = p.bytes((long) side * side * channels * outputs);
    timings.add(
        new KernelTiming(
            pass("forward", tiles),
            name,
            pooled ? 0 : count,
            flops,
            maps + weights,
            (memory, stream) -> {
              Convolution it =
                  new Convolution(memory.library(), p, input, outputs, side, side / 2, tiles);
              Planes x = memory.map(input.values(), p);
              Planes w = memory.map(it.weightsLength(), p);
              Planes y = memory.map(output.values(), p);
              long bias = memory.zeros(4L * outputs);
              long workspace = memory.zeros(it.forwardWorkspace(false));
              return () -> it.forward(stream, x, w, bias, true, y, workspace);
            }));
    if (pooled) {
      timings.add(
          new KernelTiming(
              pass("forward", tiles),
              name + ", pool",
              count,
              flops,
              maps + weights - p.bytes(output.values()) * 0.75,
              (memory, stream) -> {
                Convolution it =
                    new Convolution(memory.library(), p, input, outputs, side, side / 2, tiles);
                Planes x = memory.map(input.values(), p);
                Planes w = memory.map(it.weightsLength(), p);
                Planes y = memory.map(output.pooled().values(), p);
                long argmax = memory.zeros(output.pooled().values());
                long bias = memory.zeros(4L * outputs);
                long workspace = memory.zeros(it.forwardWorkspace(true));
                return () -> it.forwardPooled(stream, x, w, bias, y, argmax, workspace);
              }));
    }
    if (input.channels() % 64 == 0) {
      timings.add(
          new KernelTiming(
              pass("data gradient", tiles),
              name,
              count,
              flops,
              maps + weights + p.bytes(input.values()),
              (memory, stream) -> {
                Convolution it =
                    new Convolution(memory.library(), p, input, outputs, side, side / 2, tiles);
                Planes dy = memory.map(output.values(), p);
                Planes w = memory.map(it.weightsLength(), p);
                Planes x = memory.map(input.values(), p);
                Planes dx = memory.map(input.values(), p);
                long workspace = memory.zeros(it.backwardWorkspace());
                return () -> it.backward(stream, dy, w, x.high(), 1f, dx, workspace);
              }));
    }
    timings.add(
        new KernelTiming(
            pass("weight gradient", tiles),
            name,
            count,
            flops,
            maps + 2 * weights,
            (memory, stream) -> {
              Convolution it =
                  new Convolution(memory.library(), p, input, outputs, side, side / 2, tiles);
              Planes x = memory.map(input.values(), p);
              Planes dy = memory.map(output.values(), p);
              long slices = memory.zeros(4L * it.weightSlices() * it.weightsLength());
              return () -> it.weightGradient(stream, x, dy, slices);
            }));
    if (tiles != Tiles.BY_SHAPE) {
      return;
    }
    timings.add(
        new KernelTiming(
            "bias gradient",
            name,
            count,
            0,
            p.bytes(output.values()),
            (memory, stream) -> {
              ChannelSums it = new ChannelSums(memory.library(), output);
              Planes dy = memory.map(output.values(), p);
              long sums = memory.zeros(4L * it.length());
              Table table = ChannelSums.table(List.of(new ChannelSums.Bias(it, dy, sums)));
              long at = memory.ints(table.words());
              return () -> ChannelSums.biasGradients(memory.library(), stream, table, at);
            }));
  }

  private static String pass(String name, Tiles tiles) {
    return tiles == Tiles.BY_SHAPE
        ? name
        : name + " in " + tiles.name().toLowerCase(Locale.ROOT) + " tiles";
  }

  /** What is done with each value of the largest map. */
  private static void plain(List<KernelTiming> timings, Precision p, MapShape shape) {
    double map = p.bytes(shape.values());
    String size =
        String.format(
            Locale.ROOT, "%d channels, %dx%d", shape.channels(), shape.height(), shape.width());
    MapShape patches = MapShape.patches(shape.images(), shape.height(), shape.width(), FILTER);
    timings.add(
        new KernelTiming(
            "maps",
            "images to patches",
            1,
            0,
            12.0 * shape.pixels() + p.bytes(patches.values()),
            (memory, stream) -> {
              long planes = memory.zeros(12L * shape.pixels());
              Planes to = memory.map(patches.values(), p);
              Layouts layouts = new Layouts(memory.library());
              return () -> layouts.toPatches(stream, patches, planes, FILTER, to);
            }));
    timings.add(
        new KernelTiming(
            "maps",
            "un-pool, " + size,
            1,
            0,
            map * 1.25 + shape.pooled().values(),
            (memory, stream) -> {
              Planes dy = memory.map(shape.pooled().values(), p);
              long argmax = memory.zeros(shape.pooled().values());
              Planes dx = memory.map(shape.values(), p);
              Pooling pooling = new Pooling(memory.library());
              ChannelSums of = new ChannelSums(memory.library(), shape.pooled());
              long sums = memory.zeros(4L * of.length());
              return () -> pooling.backward(stream, shape, dy, argmax, dx, sums);
            }));
    timings.add(
        new KernelTiming(
            "maps",
            "LRN, " + size,
            0,
            0,
            2 * map,
            (memory, stream) -> {
              Planes x = memory.map(shape.values(), p);
              Planes y = memory.map(shape.values(), p);
              LocalResponseNorm lrn = new LocalResponseNorm(memory.library(), 5, 2, 1e-4f, 0.75f);
              return () -> lrn.forward(stream, shape, x, y);
            }));
    timings.add(
        new KernelTiming(
            "maps",
            "gradient of LRN, " + size,
            0,
            0,
            3 * map,
            (memory, stream) -> {
              Planes x = memory.map(shape.values(), p);
              Planes dy = memory.map(shape.values(), p);
              Planes dx = memory.map(shape.values(), p);
              LocalResponseNorm lrn = new LocalResponseNorm(memory.library(), 5, 2, 1e-4f, 0.75f);
              return () -> lrn.backward(stream, shape, x, dy, dx);
            }));
    timings.add(
        new KernelTiming(
            "maps",
            "batch norm forward, " + size,
            0,
            0,
            3 * map,
            (memory, stream) -> batchNorm(memory, p, shape).forward(stream)));
    timings.add(
        new KernelTiming(
            "maps",
            "batch norm backward, " + size,
            0,
            0,
            5 * map,
            (memory, stream) -> batchNorm(memory, p, shape).backward(stream)));
  }

  private static NormCase batchNorm(TimingMemory memory, Precision p, MapShape shape) {
    long channels = 4L * shape.channels();
    BatchNorm norm = new BatchNorm(memory.library(), shape);
    return new NormCase(
        norm,
        new BatchNorm.Parameters(
            memory.zeros(channels),
            memory.zeros(channels),
            memory.zeros(channels),
            memory.zeros(channels)),
        new BatchNorm.Statistics(
            memory.zeros(channels),
            memory.zeros(channels),
            memory.zeros(channels),
            memory.zeros(channels)),
        memory.zeros(2 * channels),
        channels,
        memory.map(shape.values(), p),
        memory.map(shape.values(), p),
        memory.zeros(norm.workspace()));
  }

  private record NormCase(
      BatchNorm norm,
      BatchNorm.Parameters parameters,
      BatchNorm.Statistics statistics,
      long steps,
      long channels,
      Planes x,
      Planes y,
      long workspace) {
    Runnable forward(CudaStream stream) {
      return () -> {
        norm.ofBatch(
            stream, x, parameters, 0.1f, statistics, steps, steps + channels, false, workspace);
        norm.forward(stream, x, statistics.factor(), statistics.summand(), y);
      };
    }

    Runnable backward(CudaStream stream) {
      return () ->
          norm.backward(
              stream,
              x,
              y,
              parameters.scale(),
              statistics,
              true,
              steps,
              steps + channels,
              false,
              y,
              workspace);
    }
  }

  private static KernelTiming sgd(Precision p, String name, int count) {
    return new KernelTiming(
        "SGD",
        name,
        1,
        0,
        20.0 * count + p.bytes(count),
        (memory, stream) -> {
          long weights = memory.zeros(4L * count);
          long velocity = memory.zeros(4L * count);
          long gradient = memory.zeros(4L * count);
          Planes rounded = memory.map(count, p);
          Descent descent = new Descent(memory.library());
          Table table =
              Descent.table(
                  List.of(
                      new Descent.Parameter(
                          count, weights, velocity, gradient, 1, rounded, 0, 0.9f, 5e-4f)));
          long at = memory.ints(table.words());
          long rates = memory.ints(Float.floatToIntBits(1e-3f));
          return () -> descent.step(stream, table, at, rates, 0, 0);
        });
  }
}
