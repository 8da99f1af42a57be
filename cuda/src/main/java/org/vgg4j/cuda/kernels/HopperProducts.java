package org.vgg4j.cuda.kernels;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.Kernel;
import org.vgg4j.cuda.driver.TensorMap;

/** Products as Hopper's tensor cores make them, see {@code convolution_hopper.cuh}. */
final class HopperProducts implements Products {
  /** Steps from which on a gradient with respect to weights is worth the start of a pipeline. */
  private static final int LEAST_BOXES = 8;

  /** Tensor maps that are kept; a layer uses five at a time. */
  private static final int KEPT = 64;

  private static final String WEIGHT_GRADIENT = "weight_gradient_hopper";

  /** Rows of a box of weights in the gradient with respect to the input. */
  private static final int BLOCK = 64;

  private final Layer layer;
  private final HopperTile.Choice forward;
  private final HopperTile.Choice pooled;
  private final HopperTile.Choice backward;
  private final @Nullable AmpereProducts shortGradient;
  private final HopperGradient gradient;
  private final Boxes gradientBoxes;
  private final int gradientSlices;
  private final Map<Use, TensorMap> maps = new ConcurrentHashMap<>();

  /** What a tensor map was made for. */
  private record Use(Planes planes, Object of) {}

  /** A box of weights. */
  private record Box(int channels, int rows) {}

  /**
   * @param tile the only one that is used, or null
   */
  HopperProducts(Layer layer, @Nullable HopperTile tile) {
    this.layer = layer;
    int taps = layer.side() * layer.side();
    int passes = layer.precision().products();
    int read = layer.input().channels();
    this.forward = choose(tile, layer.output(), HopperTile.Epilogue.PLAIN, read, taps, passes);
    this.pooled =
        layer.output().height() > 1 && layer.output().width() > 1
            ? choose(tile, layer.output(), HopperTile.Epilogue.POOL, read, taps, passes)
            : forward;
    this.backward =
        read % BLOCK == 0
            ? choose(
                tile,
                layer.input(),
                HopperTile.Epilogue.MASK,
                layer.output().channels(),
                taps,
                passes)
            : forward; // nobody asks for the gradient with respect to an image
    this.gradient = HopperGradient.of(layer);
    this.gradientBoxes = Boxes.of(layer.input(), HopperGradient.PIXELS, false);
    this.gradientSlices = gradient.slices(layer, gradientBoxes);
    this.shortGradient =
        gradientBoxes.count() < LEAST_BOXES && tile == null
            ? new AmpereProducts(layer, Tiles.BY_SHAPE)
            : null;
  }

  private static HopperTile.Choice choose(
      @Nullable HopperTile tile,
      MapShape written,
      HopperTile.Epilogue epilogue,
      int read,
      int taps,
      int passes) {
    return tile == null || !tile.fits(read)
        ? HopperTile.choose(written, epilogue, read, taps, passes)
        : tile.choose(written, epilogue, tile.steps(read, taps, passes));
  }

  private HopperTile.Choice forward(boolean pool) {
    return pool ? pooled : forward;
  }

  @Override
  public int forwardSlices(boolean pool) {
    HopperTile.Choice choice = forward(pool);
    return choice.partial() ? choice.slices() : 0;
  }

  @Override
  public int backwardSlices() {
    return backward.partial() ? backward.slices() : 0;
  }

  @Override
  public int weightSlices() {
    return shortGradient != null ? shortGradient.weightSlices() : gradientSlices;
  }

  private Context context() {
    return layer.library().context();
  }

  private int multiprocessors() {
    return context().device().multiprocessors();
  }

  private TensorMap tensorMap(Use use, Supplier<TensorMap> make) {
    if (maps.size() > KEPT) {
      maps.clear(); // the memory has moved often
    }
    return maps.computeIfAbsent(use, unused -> make.get());
  }

  /** The tensor map of a map that a product reads. */
  private TensorMap map(Planes planes, MapShape shape, HopperTile.Choice choice) {
    return tensorMap(
        new Use(planes, choice),
        () -> choice.boxes().tensorMap(context(), shape, planes, choice.tile().channels()));
  }

  private TensorMap weights(Planes planes, int channels, int rows) {
    int outputs = layer.output().channels();
    return tensorMap(
        new Use(planes, new Box(channels, rows)),
        () -> Boxes.ofWeights(context(), planes, outputs, layer.rowLength(), channels, rows));
  }

  private Kernel kernel(String direction, boolean sums, boolean pool, HopperTile tile) {
    boolean exact = layer.precision() == Precision.FP32;
    String file = direction + (sums ? "_sums_hopper" : exact ? "_fp32_hopper" : "_bf16_hopper");
    String kind = sums ? "_sums_" : (pool ? "_pool_" : "_map_") + (exact ? "split_" : "");
    return layer.library().kernel(file, "hopper_" + direction + kind + tile.label());
  }

  @Override
  public void forward(CudaStream stream, Planes x, Planes w, Forward to, long partial) {
    HopperTile.Choice choice = forward(to.pool());
    HopperTile tile = choice.tile();
    boolean sums = choice.partial() || to.floats() != 0;
    kernel("forward", sums, to.pool(), tile)
        .launch(
            stream,
            choice.blocks(multiprocessors()),
            1,
            1,
            tile.threads(),
            tile.sharedBytes(),
            map(x, layer.input(), choice),
            weights(w, tile.channels(), tile.outputs()),
            choice.partial() ? 0L : to.bias(),
            to.y().high(),
            to.y().low(),
            choice.partial() ? partial : to.floats(),
            to.argmax(),
            layer.output().images(),
            layer.output().height(),
            layer.output().width(),
            layer.input().channels(),
            layer.output().channels(),
            layer.side(),
            layer.pad(),
            layer.precision().products(),
            choice.boxes().lines(),
            choice.boxes().columns(),
            to.relu() ? 1 : 0,
            to.pool() ? 1 : 0,
            choice.slices());
  }

  @Override
  public void backward(CudaStream stream, Planes dy, Planes w, Backward to, long partial) {
    HopperTile tile = backward.tile();
    kernel("backward", backward.partial(), false, tile)
        .launch(
            stream,
            backward.blocks(multiprocessors()),
            1,
            1,
            tile.threads(),
            tile.sharedBytes(),
            map(dy, layer.output(), backward),
            weights(w, BLOCK, BLOCK),
            to.mask(),
            to.scale(),
            to.dx().high(),
            to.dx().low(),
            backward.partial() ? partial : 0L,
            layer.input().images(),
            layer.input().height(),
            layer.input().width(),
            layer.output().channels(),
            layer.input().channels(),
            layer.side(),
            layer.pad(),
            layer.precision().products(),
            backward.boxes().lines(),
            backward.boxes().columns(),
            backward.slices());
  }

  @Override
  public void weightGradient(CudaStream stream, Planes x, Planes dy, long slices) {
    if (shortGradient != null) {
      shortGradient.weightGradient(stream, x, dy, slices);
      return;
    }
    layer
        .library()
        .kernel(WEIGHT_GRADIENT, "hopper_weight_gradient_" + gradient.label())
        .launch(
            stream,
            gradient.tiles(layer),
            gradientSlices,
            1,
            gradient.threads(),
            gradient.sharedBytes(),
            gradientMap(x, layer.input(), gradient.channels()),
            gradientMap(dy, layer.output(), BLOCK),
            slices,
            layer.input().images(),
            layer.input().height(),
            layer.input().width(),
            layer.input().channels(),
            layer.output().channels(),
            layer.side(),
            layer.precision().products(),
            gradientBoxes.lines(),
            gradientBoxes.columns(),
            gradientSlices);
  }

  private TensorMap gradientMap(Planes planes, MapShape shape, int channels) {
    return tensorMap(
        new Use(planes, shape), () -> gradientBoxes.tensorMap(context(), shape, planes, channels));
  }
}
