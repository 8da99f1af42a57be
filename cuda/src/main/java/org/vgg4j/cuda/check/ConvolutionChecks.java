package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.vgg4j.cuda.kernels.ChannelSums;
import org.vgg4j.cuda.kernels.Convolution;
import org.vgg4j.cuda.kernels.Family;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.cuda.kernels.Table;
import org.vgg4j.cuda.kernels.Tiles;

/** Checks of convolutions and fully connected layers, all passes. */
final class ConvolutionChecks {
  private ConvolutionChecks() {}

  /** A layer: maps of odd sizes, tiles that are not full, sums in one slice and in several. */
  private record Layer(MapShape input, int outputs, int side, int pad, Tiles tiles) {
    Convolution convolution(KernelLibrary library, Precision precision) {
      return new Convolution(library, precision, input, outputs, side, pad, tiles);
    }

    double[] weights(DeviceValues values, Convolution convolution) {
      return values.random(convolution.weightsLength(), 0.1);
    }

    String name(String pass, Precision precision) {
      return String.format(
          Locale.ROOT,
          "%s %dx%d, %d x %d x %d x %d to %d%s%s, %s",
          pass,
          side,
          side,
          input.images(),
          input.height(),
          input.width(),
          input.channels(),
          outputs,
          pad == side / 2 ? "" : " without padding",
          switch (tiles) {
            case BY_SHAPE -> "";
            case LARGE -> " in large tiles";
            case SMALL -> " in small tiles";
            case HOPPER_WIDE -> " in wide tiles";
            case HOPPER_LONG -> " in long tiles";
          },
          precision);
    }
  }

  private static final List<Layer> LAYERS =
      List.of(
          new Layer(new MapShape(2, 5, 7, 64), 64, 3, 1, Tiles.BY_SHAPE),
          new Layer(new MapShape(1, 13, 11, 64), 128, 3, 1, Tiles.BY_SHAPE),
          new Layer(new MapShape(2, 3, 2, 128), 192, 3, 1, Tiles.BY_SHAPE),
          new Layer(new MapShape(2, 9, 5, 32), 64, 1, 0, Tiles.BY_SHAPE),
          new Layer(new MapShape(2, 9, 5, 32), 64, 3, 1, Tiles.BY_SHAPE),
          new Layer(new MapShape(1, 7, 6, 96), 128, 1, 0, Tiles.BY_SHAPE),
          new Layer(new MapShape(1, 6, 7, 64), 64, 5, 2, Tiles.BY_SHAPE),
          new Layer(new MapShape(1, 5, 6, 128), 64, 1, 0, Tiles.BY_SHAPE),
          new Layer(new MapShape(1, 8, 9, 64), 128, 7, 0, Tiles.BY_SHAPE),
          new Layer(new MapShape(5, 1, 1, 1088), 128, 1, 0, Tiles.BY_SHAPE),
          new Layer(new MapShape(130, 1, 1, 64), 576, 1, 0, Tiles.BY_SHAPE),
          new Layer(new MapShape(2, 13, 11, 128), 64, 3, 1, Tiles.LARGE),
          new Layer(new MapShape(3, 11, 9, 64), 256, 3, 1, Tiles.LARGE),
          new Layer(new MapShape(3, 11, 9, 32), 192, 1, 0, Tiles.LARGE),
          new Layer(new MapShape(5, 1, 1, 1088), 320, 1, 0, Tiles.LARGE),
          new Layer(new MapShape(2, 13, 11, 128), 64, 3, 1, Tiles.HOPPER_WIDE),
          new Layer(new MapShape(1, 18, 20, 64), 192, 3, 1, Tiles.HOPPER_WIDE),
          new Layer(new MapShape(60, 2, 2, 64), 64, 3, 1, Tiles.HOPPER_LONG),
          new Layer(new MapShape(15, 4, 4, 64), 64, 3, 1, Tiles.HOPPER_LONG),
          new Layer(new MapShape(2, 17, 19, 64), 128, 3, 1, Tiles.HOPPER_LONG));

  static List<KernelCheck> all(Family family) {
    List<Layer> layers = LAYERS.stream().filter(layer -> layer.tiles().runOn(family)).toList();
    List<KernelCheck> checks = new ArrayList<>();
    for (Precision precision : Precision.values()) {
      double map = precision == Precision.BF16 ? 4e-3 : 5e-5;
      double exact = precision == Precision.BF16 ? 1e-4 : 5e-5; // sums of exact products of bf16
      for (Layer layer : layers) {
        checks.add(
            new KernelCheck(
                layer.name("convolution", precision), map, v -> forward(v, layer, precision)));
        checks.add(
            new KernelCheck(
                layer.name("scores of convolution", precision),
                exact,
                v -> scores(v, layer, precision)));
        if (layer.input().height() > 1) {
          checks.add(
              new KernelCheck(
                  layer.name("convolution and pool", precision),
                  map,
                  v -> pooled(v, layer, precision, false)));
        }
        if (layer.input().channels() % 64 == 0) {
          checks.add(
              new KernelCheck(
                  layer.name("data gradient of", precision),
                  map,
                  v -> backward(v, layer, precision)));
        }
        if (layer.pad() == layer.side() / 2) {
          checks.add(
              new KernelCheck(
                  layer.name("weight gradient of", precision),
                  exact,
                  v -> weightGradient(v, layer, precision)));
          checks.add(
              new KernelCheck(
                  layer.name("bias gradient of", precision),
                  exact,
                  v -> biasGradient(v, layer, precision)));
        }
      }
      Layer layer = LAYERS.get(0);
      checks.add(
          new KernelCheck(
              layer.name("NaN through convolution and pool", precision),
              map,
              v -> pooled(v, layer, precision, true)));
    }
    return checks;
  }

  private static double forward(DeviceValues values, Layer layer, Precision precision) {
    Convolution convolution = layer.convolution(values.library(), precision);
    double[] x = values.randomMap(layer.input().values());
    double[] w = layer.weights(values, convolution);
    double[] b = values.random(layer.outputs(), 1);
    Planes y = values.room(convolution.output().values(), precision);
    convolution.forward(
        values.stream(),
        values.map(x, precision),
        values.map(w, precision),
        values.floats(b),
        true,
        y,
        values.room(convolution.forwardWorkspace(false)));
    double[] wanted = reference(convolution, layer).forward(x, w, b, true);
    return Errors.largest(values.read(y, convolution.output().values()), wanted);
  }

  private static ConvolutionReference reference(Convolution convolution, Layer layer) {
    return new ConvolutionReference(convolution, layer.side(), layer.pad());
  }

  private static double scores(DeviceValues values, Layer layer, Precision precision) {
    Convolution convolution = layer.convolution(values.library(), precision);
    double[] x = values.randomMap(layer.input().values());
    double[] w = layer.weights(values, convolution);
    double[] b = values.random(layer.outputs(), 1);
    long y = values.room(4 * convolution.output().values());
    convolution.scores(
        values.stream(),
        values.map(x, precision),
        values.map(w, precision),
        values.floats(b),
        y,
        values.room(convolution.forwardWorkspace(false)));
    double[] wanted = reference(convolution, layer).forward(x, w, b, false);
    return Errors.largest(values.readFloats(y, convolution.output().values()), wanted);
  }

  /** With a value that is NaN, or none: what has gone wrong must stay visible. */
  private static double pooled(
      DeviceValues values, Layer layer, Precision precision, boolean withNaN) {
    Convolution convolution = layer.convolution(values.library(), precision);
    double[] x = values.randomMap(layer.input().values());
    if (withNaN) {
      x[0] = Double.NaN;
    }
    double[] w = layer.weights(values, convolution);
    double[] b = values.random(layer.outputs(), 1);
    long count = convolution.output().pooled().values();
    Planes y = values.room(count, precision);
    long argmax = values.room(count);
    convolution.forwardPooled(
        values.stream(),
        values.map(x, precision),
        values.map(w, precision),
        values.floats(b),
        y,
        argmax,
        values.room(convolution.forwardWorkspace(true)));
    double[] map = reference(convolution, layer).forward(x, w, b, true);
    PoolReference wanted = PoolReference.of(convolution.output(), map);
    int differ = 0; // by rounding, the larger of two nearly equal ones may be another
    int[] got = values.readBytes(argmax, count);
    for (int i = 0; i < got.length; i++) {
      differ += got[i] == wanted.argmax()[i] ? 0 : 1;
    }
    double error = Errors.largest(values.read(y, count), wanted.values());
    return differ > got.length / 500 ? Double.POSITIVE_INFINITY : error;
  }

  private static double backward(DeviceValues values, Layer layer, Precision precision) {
    Convolution convolution = layer.convolution(values.library(), precision);
    double[] x = values.randomMap(layer.input().values());
    double[] w = layer.weights(values, convolution);
    double[] dy = values.random(convolution.output().values(), 1);
    Planes dx = values.room(layer.input().values(), precision);
    convolution.backward(
        values.stream(),
        values.map(dy, precision),
        values.map(w, precision),
        values.map(x, precision).high(),
        2f,
        dx,
        values.room(convolution.backwardWorkspace()));
    double[] wanted = reference(convolution, layer).backward(dy, w, x, 2);
    return Errors.largest(values.read(dx, layer.input().values()), wanted);
  }

  private static double weightGradient(DeviceValues values, Layer layer, Precision precision) {
    Convolution convolution = layer.convolution(values.library(), precision);
    double[] x = values.randomMap(layer.input().values());
    double[] dy = values.random(convolution.output().values(), 1);
    int count = convolution.weightsLength();
    long dw = values.room(4L * convolution.weightSlices() * count);
    convolution.weightGradient(
        values.stream(), values.map(x, precision), values.map(dy, precision), dw);
    double[] wanted = reference(convolution, layer).weightGradient(dy, x);
    return Errors.largest(values.readSlices(dw, convolution.weightSlices(), count), wanted);
  }

  /** One launch for two layers: the second is of another size. */
  private static double biasGradient(DeviceValues values, Layer layer, Precision precision) {
    MapShape output = layer.convolution(values.library(), precision).output();
    MapShape other = new MapShape(3, 9, 50, 192);
    List<ChannelSums.Bias> biases = new ArrayList<>();
    List<double[]> gradients = new ArrayList<>();
    for (MapShape shape : List.of(other, output, other)) {
      ChannelSums sums = new ChannelSums(values.library(), shape);
      double[] dy = values.random(shape.values(), 1);
      gradients.add(dy);
      Planes map = values.map(dy, precision);
      biases.add(new ChannelSums.Bias(sums, map, values.room(4L * sums.length())));
    }
    Table table = ChannelSums.table(biases);
    ChannelSums.biasGradients(values.library(), values.stream(), table, values.ints(table.words()));
    double error = 0;
    for (int n = 0; n < biases.size(); n++) {
      ChannelSums.Bias bias = biases.get(n);
      int slices = bias.of().slices();
      double[] wanted = new double[bias.of().length() / slices];
      double[] dy = gradients.get(n);
      for (int i = 0; i < dy.length; i++) {
        wanted[i % wanted.length] += dy[i];
      }
      error += Errors.largest(values.readSlices(bias.sums(), slices, wanted.length), wanted);
    }
    return error;
  }
}
