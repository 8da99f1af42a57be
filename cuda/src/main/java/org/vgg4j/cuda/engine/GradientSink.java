package org.vgg4j.cuda.engine;

import java.util.List;

/** Takes the gradients of a micro-batch. */
interface GradientSink {
  /**
   * A gradient on the GPU.
   *
   * @param address of floats {@code [slices][length]}, whose sum is the gradient
   */
  record Gradient(DeviceParameter parameter, long address, int slices) {}

  /**
   * Whether all that is done with gradients is enqueued on the stream that computes them, and
   * nobody minds when: then many come at a time, which takes fewer launches, and the backward pass
   * is enqueued as a graph before its loss is known. Otherwise they come as soon as they are there,
   * and not at all if the loss is not finite.
   */
  boolean isOneStream();

  /**
   * Enqueues what is to be done with gradients of parameters that are all different. The caller may
   * reuse the gradients' memory for later work on the same stream.
   */
  void take(List<Gradient> gradients);
}
