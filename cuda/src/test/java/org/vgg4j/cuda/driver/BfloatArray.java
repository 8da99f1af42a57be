package org.vgg4j.cuda.driver;

import java.util.Random;
import org.vgg4j.cuda.driver.TensorMap.Swizzle;

/** An array of small whole numbers as bf16, innermost dimension first, without gaps. */
record BfloatArray(short[] content, long[] dims) {
  static BfloatArray random(long... dims) {
    long count = 1;
    for (long dim : dims) {
      count *= dim;
    }
    Random random = new Random(count);
    short[] content = new short[(int) count];
    for (int i = 0; i < count; i++) {
      content[i] = (short) (Float.floatToIntBits(random.nextInt(15) - 7) >>> 16);
    }
    return new BfloatArray(content, dims);
  }

  DeviceMemory upload(Context context) {
    DeviceMemory memory = DeviceMemory.allocate(context, 2L * content.length);
    memory.upload(content);
    return memory;
  }

  long[] strides() {
    long[] strides = new long[dims.length - 1];
    long bytes = 2;
    for (int i = 0; i < strides.length; i++) {
      bytes *= dims[i];
      strides[i] = bytes;
    }
    return strides;
  }

  /** The value at coordinates, or zero outside. */
  short at(int... at) {
    long index = 0;
    long step = 1;
    for (int i = 0; i < at.length; i++) {
      if (at[i] < 0 || at[i] >= dims[i]) {
        return 0;
      }
      index += at[i] * step;
      step *= dims[i];
    }
    return content[(int) index];
  }

  double number(int... at) {
    return Float.intBitsToFloat(at(at) << 16);
  }

  TensorMap map(Context context, long address, Swizzle swizzle, int... box) {
    return TensorMap.of(context, address, dims, strides(), box, swizzle);
  }
}
