package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/** The means of channels over maps, or windows of them, see {@code pool.cu}. */
public final class Averaging {
  private final KernelLibrary library;

  public Averaging(KernelLibrary library) {
    this.library = library;
  }

  /**
   * Shape of the means over windows of a map.
   *
   * @param side of a window, at most that of the map
   */
  public static MapShape means(MapShape map, int side) {
    return new MapShape(
        map.images(), map.height() - side + 1, map.width() - side + 1, map.channels());
  }

  /**
   * @param shape of x
   * @param side of a window
   * @param y of the shape of {@link #means}, overwritten
   */
  public void forward(CudaStream stream, MapShape shape, int side, Planes x, Planes y) {
    library.forEach(
        means(shape, side).chunks(),
        stream,
        "pool",
        "window_mean",
        x.high(),
        x.low(),
        y.high(),
        y.low(),
        shape.images(),
        shape.height(),
        shape.width(),
        shape.channels(),
        side);
  }

  /**
   * Turns a map into the gradient with respect to it, where its mean over the whole map was taken.
   *
   * @param shape of x
   * @param dy gradient with respect to the means, of one pixel for each image
   * @param x what the forward pass read, rectified; overwritten
   */
  public void backward(CudaStream stream, MapShape shape, Planes dy, Planes x) {
    library.forEach(
        shape.chunks(),
        stream,
        "pool",
        "map_mean_backward",
        dy.high(),
        dy.low(),
        x.high(),
        x.low(),
        shape.images(),
        shape.height() * shape.width(),
        shape.channels());
  }
}
