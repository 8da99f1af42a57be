package org.vgg4j.cuda.kernels;

/**
 * Where a map, or weights, lie on the device.
 *
 * @param high address of the values rounded to bf16, a multiple of 16
 * @param low address of what that leaves, rounded to bf16; 0 in the precision bf16
 */
public record Planes(long high, long low) {
  /** No map. */
  public static final Planes NONE = new Planes(0, 0);
}
