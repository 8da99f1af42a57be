package org.vgg4j.weights.tensor;

import java.nio.ByteBuffer;

/** How a number is stored; all are little-endian. */
public enum NumberType {
  /** 64-bit floating point. */
  F64(8, true),
  /** 32-bit floating point. */
  F32(4, true),
  /** IEEE 754 half precision. */
  F16(2, true),
  /** The upper half of a 32-bit float. */
  BF16(2, true),
  /** 64-bit integer, signed or unsigned. */
  I64(8, false),
  /** 32-bit integer, signed or unsigned. */
  I32(4, false),
  /** 16-bit integer, signed or unsigned. */
  I16(2, false),
  /** 8-bit integer, or a Boolean. */
  I8(1, false),
  /** Complex number of two 32-bit floats. */
  C64(8, false),
  /** Complex number of two 64-bit floats. */
  C128(16, false);

  private final int bytes;
  private final boolean real;

  NumberType(int bytes, boolean real) {
    this.bytes = bytes;
    this.real = real;
  }

  /** Size of one number. */
  public int bytes() {
    return bytes;
  }

  /**
   * Whether numbers of this type can be weights: integers, such as counters, and complex numbers
   * cannot.
   */
  public boolean isReal() {
    return real;
  }

  /**
   * Converts numbers to floats; those of 64 bits are rounded.
   *
   * @param from little-endian, read from its start
   * @param count how many
   * @throws IllegalStateException if the type is not real
   */
  void toFloats(ByteBuffer from, float[] to, int offset, int count) {
    switch (this) {
      case F32 -> from.asFloatBuffer().get(to, offset, count);
      case F64 -> {
        for (int i = 0; i < count; i++) {
          to[offset + i] = (float) from.getDouble(i * Double.BYTES);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          to[offset + i] = halfToFloat(from.getShort(i * Short.BYTES));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          to[offset + i] = Float.intBitsToFloat(from.getShort(i * Short.BYTES) << 16);
        }
      }
      default -> throw new IllegalStateException(this + " is not a type of weights");
    }
  }

  /** Converts a half precision number, as Float.float16ToFloat of Java 20 does. */
  public static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half >> 10 & 0x1F;
    int fraction = half & 0x3FF;
    if (exponent == 0) { // zero, or a subnormal number: a multiple of 2^-24
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    int wide = exponent == 0x1F ? 0xFF : exponent + (127 - 15);
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }
}
