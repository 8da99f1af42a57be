package org.vgg4j.network.cpu;

/**
 * The work of a forward kernel, not counting its maps.
 *
 * @param multiplyAdds multiply-adds of its products, as the kernel computes them
 * @param weightBytes bytes of the weights, as the kernel reads them
 */
record StageCost(long multiplyAdds, long weightBytes) {
  static final StageCost NONE = new StageCost(0, 0);
}
