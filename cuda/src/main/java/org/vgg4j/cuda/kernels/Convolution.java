package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/**
 * A convolution of stride 1 and its gradients, for one shape; a fully connected layer is one of
 * side 1 over maps of one pixel. See {@code convolution.cu}, {@code weight_gradient.cu}, and their
 * counterparts for Hopper.
 *
 * <p>Weights lie as {@code [outputs][side * side][channels]}. Sums are made in an order that
 * depends on the shape alone. Thread-safe.
 */
public final class Convolution {
  private static final int CHUNK = 8;

  private final KernelLibrary library;
  private final Products.Layer layer;
  private final Products products;

  /**
   * @param input what is read
   * @param outputs channels that are written, a multiple of 64
   * @param side of the filters: 1, 3, 5 or 7
   * @param pad zeros around the map: side / 2, or 0 for an output that is side - 1 smaller
   */
  public Convolution(
      KernelLibrary library, Precision precision, MapShape input, int outputs, int side, int pad) {
    this(library, precision, input, outputs, side, pad, Tiles.BY_SHAPE);
  }

  /**
   * The same with a choice of tiles, to compare them.
   *
   * @param tiles how the products are cut
   */
  public Convolution(
      KernelLibrary library,
      Precision precision,
      MapShape input,
      int outputs,
      int side,
      int pad,
      Tiles tiles) {
    if (outputs % 64 != 0) {
      throw new IllegalArgumentException(outputs + " outputs are not padded");
    }
    int shrink = side - 1 - 2 * pad;
    MapShape output =
        new MapShape(input.images(), input.height() - shrink, input.width() - shrink, outputs);
    this.library = library;
    this.layer = new Products.Layer(library, precision, input, output, side, pad);
    this.products = tiles.products(layer);
  }

  /** What is read. */
  public MapShape input() {
    return layer.input();
  }

  /** What is written, before a pool. */
  public MapShape output() {
    return layer.output();
  }

  /** Values of a row of weights. */
  public int rowLength() {
    return layer.rowLength();
  }

  /** Values of all weights. */
  public int weightsLength() {
    return Math.multiplyExact(layer.output().channels(), rowLength());
  }

  /** Multiply-adds of a pass, without padding that is not multiplied anyway. */
  public long multiplyAdds() {
    int taps = layer.side() * layer.side();
    return layer.output().values() * taps * layer.input().channels();
  }

  /** Bytes of the workspace of {@link #forward} and {@link #scores}; 0 if they need none. */
  public long forwardWorkspace(boolean pool) {
    return 4L * products.forwardSlices(pool) * layer.rows(pool) * layer.output().channels();
  }

  /** Bytes of the workspace of {@link #backward}; 0 if it needs none. */
  public long backwardWorkspace() {
    return 4L * products.backwardSlices() * layer.input().values();
  }

  /**
   * Computes {@code y = w * x + bias}.
   *
   * @param bias floats {@code [outputs]}
   * @param relu whether it is rectified
   * @param y overwritten
   * @param workspace see {@link #forwardWorkspace}
   */
  public void forward(
      CudaStream stream, Planes x, Planes w, long bias, boolean relu, Planes y, long workspace) {
    forward(stream, x, w, new Products.Forward(bias, relu, false, y, 0, 0), workspace);
  }

  /**
   * Computes {@code y = pool(relu(w * x + bias))} without the map between.
   *
   * @param y of the pooled shape, overwritten
   * @param argmax a byte for each of its values: which pixel it was; 0 if not wanted
   */
  public void forwardPooled(
      CudaStream stream, Planes x, Planes w, long bias, Planes y, long argmax, long workspace) {
    forward(stream, x, w, new Products.Forward(bias, true, true, y, 0, argmax), workspace);
  }

  /**
   * Computes {@code w * x + bias} as floats.
   *
   * @param scores floats, of the output's shape, overwritten
   */
  public void scores(
      CudaStream stream, Planes x, Planes w, long bias, long scores, long workspace) {
    Products.Forward to = new Products.Forward(bias, false, false, Planes.NONE, scores, 0);
    forward(stream, x, w, to, workspace);
  }

  private void forward(CudaStream stream, Planes x, Planes w, Products.Forward to, long workspace) {
    products.forward(stream, x, w, to, workspace);
    int slices = products.forwardSlices(to.pool());
    if (slices > 0) {
      finish(stream, workspace, slices, to, new Products.Backward(0, 1f, to.y()), layer.output());
    }
  }

  /**
   * Computes the gradient with respect to the input: zero where the input is, elsewhere multiplied.
   *
   * @param mask address of the high plane of what the layer read; 0 for no mask
   * @param maskScale factor of the dropout that made the input; 1 if there is none
   * @param dx of the input's shape, overwritten; not {@code dy}, but it may be where the mask is
   * @param workspace see {@link #backwardWorkspace}
   */
  public void backward(
      CudaStream stream,
      Planes dy,
      Planes w,
      long mask,
      float maskScale,
      Planes dx,
      long workspace) {
    Products.Backward to = new Products.Backward(mask, maskScale, dx);
    products.backward(stream, dy, w, to, workspace);
    int slices = products.backwardSlices();
    if (slices > 0) {
      Products.Forward plain = new Products.Forward(0, false, false, dx, 0, 0);
      finish(stream, workspace, slices, plain, to, layer.input());
    }
  }

  /** Adds slices in order. */
  private void finish(
      CudaStream stream,
      long workspace,
      int slices,
      Products.Forward sums,
      Products.Backward gradient,
      MapShape map) {
    MapShape written = sums.pool() ? map.pooled() : map;
    library.forEach(
        (long) written.pixels() * (map.channels() / CHUNK),
        stream,
        "slices",
        "finish_slices",
        workspace,
        slices,
        sums.bias(),
        gradient.mask(),
        gradient.scale(),
        sums.y().high(),
        sums.y().low(),
        sums.floats(),
        sums.argmax(),
        map.images(),
        map.height(),
        map.width(),
        map.channels(),
        sums.relu() ? 1 : 0,
        sums.pool() ? 1 : 0);
  }

  /** Slices of the gradient with respect to the weights. */
  public int weightSlices() {
    return products.weightSlices();
  }

  /**
   * Computes the gradient with respect to the weights. Only where {@code pad} is {@code side / 2}.
   *
   * @param x what the layer read
   * @param dy gradient with respect to its output, before the ReLU
   * @param slices floats {@code [weightSlices][outputs][rowLength]}, overwritten: their sum is it
   */
  public void weightGradient(CudaStream stream, Planes x, Planes dy, long slices) {
    if (layer.pad() != layer.side() / 2) {
      throw new IllegalStateException("no gradient with respect to the weights without padding");
    }
    products.weightGradient(stream, x, dy, slices);
  }
}
