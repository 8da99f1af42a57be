package org.vgg4j.network.cpu;

/**
 * What a forward kernel has to do, maps not counted.
 *
 * @param multiplyAdds in products, as the kernel makes them
 * @param weightBytes of the weights as the kernel reads them
 */
record StageCost(long multiplyAdds, long weightBytes) {
  static final StageCost NONE = new StageCost(0, 0);
}
