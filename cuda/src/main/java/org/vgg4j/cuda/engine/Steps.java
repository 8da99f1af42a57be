package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.vgg4j.cuda.kernels.Averaging;
import org.vgg4j.cuda.kernels.Convolution;
import org.vgg4j.cuda.kernels.LocalResponseNorm;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Pooling;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;

/**
 * Turns a list of layers into the steps of a forward pass over images of one size. The fully
 * connected layers are convolutions over the last map (the paper, section 3.2): of the size of a
 * crop's last map, then of size 1.
 */
final class Steps {
  private final Gpu gpu;
  private final Architecture architecture;
  private final Map<String, LayerWeights> weights;
  private final List<Step> steps = new ArrayList<>();
  private MapShape shape;

  private Steps(
      Gpu gpu, Architecture architecture, Map<String, LayerWeights> weights, MapShape images) {
    this.gpu = gpu;
    this.architecture = architecture;
    this.weights = weights;
    this.shape = images;
  }

  /**
   * Returns the steps.
   *
   * @param architecture without batch normalisation
   * @param weights of each layer that has some
   * @param images the map of the images
   * @param taps outputs that must exist: a convolution and its pool are two steps if what lies
   *     between them is among these
   * @param last the output with which they end
   */
  static List<Step> of(
      Gpu gpu,
      Architecture architecture,
      Map<String, LayerWeights> weights,
      MapShape images,
      Set<String> taps,
      String last) {
    Steps builder = new Steps(gpu, architecture, weights, images);
    List<Layer> layers = architecture.layers();
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      boolean pooled =
          layer instanceof Layer.Convolution
              && layers.get(i + 1) instanceof Layer.MaxPool
              && !taps.contains(layer.tap())
              && !layer.tap().equals(last);
      if (pooled) {
        i++;
      }
      builder.add(layer, layers.get(i).tap(), pooled);
      if (layers.get(i).tap().equals(last)) {
        break;
      }
    }
    return builder.steps;
  }

  private void add(Layer layer, String tap, boolean pooled) {
    if (layer instanceof Layer.Convolution convolution) {
      addConvolution(convolution, tap, pooled);
    } else if (layer instanceof Layer.LocalResponseNorm lrn) {
      addLrn(lrn);
    } else if (layer instanceof Layer.MaxPool) {
      addPool(layer);
    } else if (layer instanceof Layer.GlobalAverage) {
      addAverage(layer);
    } else if (layer instanceof Layer.FullyConnected connected) {
      addFullyConnected(connected);
    } else {
      throw new IllegalArgumentException("no step for " + layer);
    }
  }

  private int channels() {
    return steps.get(steps.size() - 1).channels();
  }

  private LayerWeights weights(Layer layer) {
    return Objects.requireNonNull(weights.get(layer.name()));
  }

  private void addConvolution(Layer.Convolution layer, String tap, boolean pooled) {
    LayerWeights of = weights(layer);
    int outputs = MapShape.padded(layer.outChannels());
    int side = Patches.areReadBy(layer, architecture) ? 1 : layer.kernel();
    Convolution kernel =
        new Convolution(gpu.library(), gpu.precision(), shape, outputs, side, side / 2);
    Step.Work work =
        pooled
            ? (stream, x, y, workspace) ->
                kernel.forwardPooled(stream, x, of.weight(), of.bias(), y, 0, workspace)
            : (stream, x, y, workspace) ->
                kernel.forward(stream, x, of.weight(), of.bias(), true, y, workspace);
    shape = pooled ? kernel.output().pooled() : kernel.output();
    steps.add(
        new Step(
            tap,
            shape,
            layer.outChannels(),
            false,
            kernel.forwardWorkspace(pooled),
            kernel.multiplyAdds(),
            gpu.precision().bytes(kernel.weightsLength()),
            work));
  }

  private void addLrn(Layer.LocalResponseNorm layer) {
    LocalResponseNorm kernel =
        new LocalResponseNorm(gpu.library(), layer.size(), layer.k(), layer.alpha(), layer.beta());
    MapShape map = shape;
    steps.add(
        withoutProducts(layer, (stream, x, y, workspace) -> kernel.forward(stream, map, x, y)));
  }

  private void addPool(Layer layer) {
    Pooling kernel = new Pooling(gpu.library());
    MapShape map = shape;
    shape = map.pooled();
    steps.add(
        withoutProducts(layer, (stream, x, y, workspace) -> kernel.forward(stream, map, x, y, 0)));
  }

  private void addAverage(Layer layer) {
    Averaging kernel = new Averaging(gpu.library());
    MapShape map = shape;
    int side = architecture.lastMapSide();
    shape = Averaging.means(map, side);
    steps.add(
        withoutProducts(
            layer, (stream, x, y, workspace) -> kernel.forward(stream, map, side, x, y)));
  }

  private Step withoutProducts(Layer layer, Step.Work work) {
    return new Step(layer.tap(), shape, channels(), false, 0, 0, 0, work);
  }

  private void addFullyConnected(Layer.FullyConnected layer) {
    LayerWeights of = weights(layer);
    int outputs = MapShape.padded(layer.outFeatures());
    boolean first = layer.equals(architecture.connectedLayers().get(0));
    int side = first && !architecture.head().averaged() ? architecture.lastMapSide() : 1;
    Convolution kernel = new Convolution(gpu.library(), gpu.precision(), shape, outputs, side, 0);
    Step.Work work =
        layer.hidden()
            ? (stream, x, y, workspace) ->
                kernel.forward(stream, x, of.weight(), of.bias(), true, y, workspace)
            : (stream, x, y, workspace) ->
                kernel.scores(stream, x, of.weight(), of.bias(), y.high(), workspace);
    shape = kernel.output();
    steps.add(
        new Step(
            layer.tap(),
            shape,
            layer.outFeatures(),
            !layer.hidden(),
            kernel.forwardWorkspace(false),
            kernel.multiplyAdds(),
            gpu.precision().bytes(kernel.weightsLength()),
            work));
  }

  /** Bytes that a step's output takes. */
  static long outputBytes(Gpu gpu, Step step) {
    long values = step.output().values();
    return step.scores() ? Float.BYTES * values : gpu.precision().bytes(values);
  }

  /** Where a step's output lies that begins at an address. */
  static Planes outputAt(Gpu gpu, Step step, long address) {
    return step.scores()
        ? new Planes(address, 0)
        : gpu.precision().at(address, step.output().values());
  }
}
