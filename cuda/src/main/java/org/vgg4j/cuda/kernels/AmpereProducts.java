package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/** Products as every GPU since Ampere makes them, see {@code convolution.cu}. */
final class AmpereProducts implements Products {
  private final Layer layer;
  private final Tiles tiles;

  AmpereProducts(Layer layer, Tiles tiles) {
    this.layer = layer;
    this.tiles = tiles;
  }

  private Product forwardProduct(boolean pool) {
    return tiles.maps(
        layer.rows(pool), layer.output().channels(), layer.rowLength(), layer.precision());
  }

  private Product backwardProduct() {
    int length = layer.side() * layer.side() * layer.output().channels();
    return tiles.maps(layer.input().pixels(), layer.input().channels(), length, layer.precision());
  }

  private Product weightProduct() {
    return Tiles.weights(
        layer.output().channels(), layer.rowLength(), layer.input().pixels(), layer.precision());
  }

  private static int partial(Product product) {
    return product.slices() == 1 ? 0 : product.slices();
  }

  @Override
  public int forwardSlices(boolean pool) {
    return partial(forwardProduct(pool));
  }

  @Override
  public int backwardSlices() {
    return partial(backwardProduct());
  }

  @Override
  public int weightSlices() {
    return weightProduct().slices();
  }

  @Override
  public void forward(CudaStream stream, Planes x, Planes w, Forward to, long partial) {
    Product product = forwardProduct(to.pool());
    layer
        .library()
        .kernel("convolution", "convolution_forward_" + product.tile())
        .launch(
            stream,
            product.tiles(),
            product.slices(),
            1,
            KernelLibrary.THREADS,
            product.sharedBytes(),
            x.high(),
            x.low(),
            w.high(),
            w.low(),
            to.bias(),
            to.y().high(),
            to.y().low(),
            to.floats(),
            to.argmax(),
            product.slices() == 1 ? 0L : partial,
            layer.input().images(),
            layer.input().height(),
            layer.input().width(),
            layer.input().channels(),
            layer.output().channels(),
            layer.side(),
            layer.pad(),
            to.relu() ? 1 : 0,
            to.pool() ? 1 : 0,
            product.slices());
  }

  @Override
  public void backward(CudaStream stream, Planes dy, Planes w, Backward to, long partial) {
    Product product = backwardProduct();
    layer
        .library()
        .kernel("convolution", "convolution_backward_" + product.tile())
        .launch(
            stream,
            product.tiles(),
            product.slices(),
            1,
            KernelLibrary.THREADS,
            product.sharedBytes(),
            dy.high(),
            dy.low(),
            w.high(),
            w.low(),
            to.mask(),
            to.scale(),
            to.dx().high(),
            to.dx().low(),
            product.slices() == 1 ? 0L : partial,
            layer.output().images(),
            layer.output().height(),
            layer.output().width(),
            layer.output().channels(),
            layer.input().channels(),
            layer.side(),
            layer.pad(),
            product.slices());
  }

  @Override
  public void weightGradient(CudaStream stream, Planes x, Planes dy, long slices) {
    Product product = weightProduct();
    layer
        .library()
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
            layer.input().images(),
            layer.input().height(),
            layer.input().width(),
            layer.input().channels(),
            layer.output().channels(),
            layer.side(),
            product.slices());
  }
}
