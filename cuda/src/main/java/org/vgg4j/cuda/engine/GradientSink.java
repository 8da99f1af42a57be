package org.vgg4j.cuda.engine;

/** Takes the gradients of a micro-batch, one parameter after another. */
interface GradientSink {
  /**
   * Enqueues what is to be done with a gradient. The caller may reuse the gradient's memory for
   * later work on the same stream.
   *
   * @param gradient address of floats {@code [slices][length]}, whose sum is the gradient
   */
  void take(DeviceParameter parameter, long gradient, int slices);
}
