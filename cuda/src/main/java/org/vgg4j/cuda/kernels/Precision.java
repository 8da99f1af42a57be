package org.vgg4j.cuda.kernels;

/** How exactly maps and weights are multiplied; sums are always of 32-bit floats. */
public enum Precision {
  /** Rounded to bf16: 8 bits of significand, one product. */
  BF16(1, 1),
  /** As the sum of two bf16 numbers: 16 bits of significand, three products. */
  FP32(2, 3);

  private final int planes;
  private final int products;

  Precision(int planes, int products) {
    this.planes = planes;
    this.products = products;
  }

  /** bf16 planes that hold a map. */
  public int planes() {
    return planes;
  }

  /** bf16 products that make one of ours. */
  int products() {
    return products;
  }

  /** Bytes of a map or of weights with that many values. */
  public long bytes(long values) {
    return 2L * planes * values;
  }

  /** The planes that begin at that address, one after the other, each of that many values. */
  public Planes at(long address, long values) {
    return new Planes(address, this == FP32 ? address + 2 * values : 0);
  }
}
