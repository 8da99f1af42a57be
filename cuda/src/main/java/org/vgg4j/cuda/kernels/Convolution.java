package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/**
 * A convolution of stride 1 and its gradients, for one shape; a fully connected layer is one of
 * side 1 over maps of one pixel. See {@code convolution.cu} and {@code weight_gradient.cu}.
 *
 * <p>Weights lie as {@code [outputs][rowLength]}, a row being {@code [side * side][channels]} and
 * zeros. Sums are made in an order that depends on the shape alone. Thread-safe.
 */
public final class Convolution {
  private static final int STEP = 32;
  private static final int CHUNK = 8;

  private final KernelLibrary library;
  private final Precision precision;
  private final MapShape input;
  private final MapShape output;
  private final int side;
  private final int pad;
  private final Tiles tiles;

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
    this.tiles = tiles;
    this.library = library;
    this.precision = precision;
    this.input = input;
    this.side = side;
    this.pad = pad;
    int shrink = side - 1 - 2 * pad;
    this.output =
        new MapShape(input.images(), input.height() - shrink, input.width() - shrink, outputs);
    if (outputs % 64 != 0) {
      throw new IllegalArgumentException(outputs + " outputs are not padded");
    }
  }

  /** What is read. */
  public MapShape input() {
    return input;
  }

  /** What is written, before a pool. */
  public MapShape output() {
    return output;
  }

  /** Values of a row of weights. */
  public int rowLength() {
    return (side * side * input.channels() + STEP - 1) / STEP * STEP;
  }

  /** Values of all weights. */
  public int weightsLength() {
    return Math.multiplyExact(output.channels(), rowLength());
  }

  /** Multiply-adds of a pass, without padding that is not multiplied anyway. */
  public long multiplyAdds() {
    return (long) output.pixels() * output.channels() * side * side * input.channels();
  }

  private int rows(boolean pool) {
    return pool ? output.pooled().pixels() * 4 : output.pixels();
  }

  private Product forwardProduct(boolean pool) {
    return tiles.maps(rows(pool), output.channels(), rowLength(), precision);
  }

  private Product backwardProduct() {
    int length = side * side * output.channels();
    return tiles.maps(input.pixels(), input.channels(), length, precision);
  }

  private Product weightProduct() {
    return Tiles.weights(output.channels(), rowLength(), input.pixels(), precision);
  }

  /** Bytes of the workspace of {@link #forward} and {@link #scores}; 0 if they need none. */
  public long forwardWorkspace(boolean pool) {
    int slices = forwardProduct(pool).slices();
    return slices == 1 ? 0 : 4L * slices * rows(pool) * output.channels();
  }

  /** Bytes of the workspace of {@link #backward}; 0 if it needs none. */
  public long backwardWorkspace() {
    int slices = backwardProduct().slices();
    return slices == 1 ? 0 : 4L * slices * input.values();
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
    forward(stream, x, w, bias, relu, false, y, 0, 0, workspace);
  }

  /**
   * Computes {@code y = pool(relu(w * x + bias))} without the map between.
   *
   * @param y of the pooled shape, overwritten
   * @param argmax a byte for each of its values: which pixel it was; 0 if not wanted
   */
  public void forwardPooled(
      CudaStream stream, Planes x, Planes w, long bias, Planes y, long argmax, long workspace) {
    forward(stream, x, w, bias, true, true, y, 0, argmax, workspace);
  }

  /**
   * Computes {@code w * x + bias} as floats.
   *
   * @param scores floats, of the output's shape, overwritten
   */
  public void scores(
      CudaStream stream, Planes x, Planes w, long bias, long scores, long workspace) {
    forward(stream, x, w, bias, false, false, Planes.NONE, scores, 0, workspace);
  }

  private void forward(
      CudaStream stream,
      Planes x,
      Planes w,
      long bias,
      boolean relu,
      boolean pool,
      Planes y,
      long floats,
      long argmax,
      long workspace) {
    Product product = forwardProduct(pool);
    int slices = product.slices();
    library
        .kernel("convolution", "convolution_forward_" + product.tile())
        .launch(
            stream,
            product.tiles(),
            slices,
            1,
            KernelLibrary.THREADS,
            product.sharedBytes(),
            x.high(),
            x.low(),
            w.high(),
            w.low(),
            bias,
            y.high(),
            y.low(),
            floats,
            argmax,
            slices == 1 ? 0L : workspace,
            input.images(),
            input.height(),
            input.width(),
            input.channels(),
            output.channels(),
            side,
            pad,
            relu ? 1 : 0,
            pool ? 1 : 0,
            slices);
    if (slices > 1) {
      finish(stream, workspace, slices, bias, 0, 1f, y, floats, argmax, output, relu ? 1 : 0, pool);
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
    Product product = backwardProduct();
    int slices = product.slices();
    library
        .kernel("convolution", "convolution_backward_" + product.tile())
        .launch(
            stream,
            product.tiles(),
            slices,
            1,
            KernelLibrary.THREADS,
            product.sharedBytes(),
            dy.high(),
            dy.low(),
            w.high(),
            w.low(),
            mask,
            maskScale,
            dx.high(),
            dx.low(),
            slices == 1 ? 0L : workspace,
            output.images(),
            output.height(),
            output.width(),
            output.channels(),
            input.channels(),
            side,
            pad,
            slices);
    if (slices > 1) {
      finish(stream, workspace, slices, 0, mask, maskScale, dx, 0, 0, input, 0, false);
    }
  }

  private void finish(
      CudaStream stream,
      long workspace,
      int slices,
      long bias,
      long mask,
      float maskScale,
      Planes to,
      long floats,
      long argmax,
      MapShape map,
      int relu,
      boolean pool) {
    long items = (long) (pool ? map.pooled() : map).pixels() * (map.channels() / CHUNK);
    library.forEach(
        items,
        stream,
        "convolution",
        "finish_slices",
        workspace,
        slices,
        bias,
        mask,
        maskScale,
        to.high(),
        to.low(),
        floats,
        argmax,
        map.images(),
        map.height(),
        map.width(),
        map.channels(),
        relu,
        pool ? 1 : 0);
  }

  /** Slices of the gradient with respect to the weights. */
  public int weightSlices() {
    return weightProduct().slices();
  }

  /**
   * Computes the gradient with respect to the weights. Only where {@code pad} is {@code side / 2}.
   *
   * @param x what the layer read
   * @param dy gradient with respect to its output, before the ReLU
   * @param slices floats {@code [weightSlices][outputs][rowLength]}, overwritten: their sum is it
   */
  public void weightGradient(CudaStream stream, Planes x, Planes dy, long slices) {
    if (pad != side / 2) {
      throw new IllegalStateException("no gradient with respect to the weights without padding");
    }
    Product product = weightProduct();
    library
        .kernel("weight_gradient", "weight_gradient_" + product.tile().rows())
        .launch(
            stream,
            product.tiles(),
            product.slices(),
            1,
            KernelLibrary.THREADS,
            product.sharedBytes(),
            x.high(),
            x.low(),
            dy.high(),
            dy.low(),
            slices,
            input.images(),
            input.height(),
            input.width(),
            input.channels(),
            output.channels(),
            side,
            product.slices());
  }
}
