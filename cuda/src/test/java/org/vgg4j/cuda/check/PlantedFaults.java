package org.vgg4j.cuda.check;

import java.util.List;
import java.util.stream.Stream;

/** Typical faults, at least one for each file of kernels. */
final class PlantedFaults {
  private PlantedFaults() {}

  /** One of each kind. */
  private static final List<PlantedFault> FEW =
      List.of(
          PlantedFault.of(
              "the barrier between the steps of a product is missing",
              "tile.cuh",
              "    barrier();  // the next step is there for all, and what is filled then nobody"
                  + " reads any more\n",
              "",
              "convolution 3x3, 2 x 5 x 7",
              "weight gradient of 3x3, 2 x 5 x 7"),
          PlantedFault.of(
              "the wait for cp.async leaves one group too many on its way",
              "tile.cuh",
              "cp_async_wait<STAGES - 2>();",
              "cp_async_wait<STAGES - 1>();",
              "convolution 3x3, 2 x 5 x 7"),
          PlantedFault.of(
              "taps are mirrored",
              "convolution.cu",
              "int s = tap % shape.side;",
              "int s = shape.side - 1 - tap % shape.side;",
              "convolution 3x3, 2 x 5 x 7",
              "data gradient of 3x3, 2 x 5 x 7"),
          PlantedFault.of(
              "the box that a tap reads is one column too wide",
              "convolution.cu",
              "column < shape.width;",
              "column <= shape.width;",
              "convolution 3x3, 2 x 5 x 7",
              "convolution 5x5, 1 x 6 x 7"),
          PlantedFault.of(
              "the ReLU's mask is forgotten",
              "epilogue.cuh",
              "v[i] = m[i] > 0.f ? v[i] * mask_scale : 0.f;",
              "v[i] *= mask_scale;",
              "data gradient of 3x3, 2 x 5 x 7"),
          PlantedFault.of(
              "the barrier in a block's sum is missing",
              "loss.cu",
              "    barrier();\n    if (thread_index() < half) {",
              "    if (thread_index() < half) {",
              "soft-max",
              "cross-entropy, correct",
              "cross-entropy's gradient"),
          PlantedFault.of(
              "the odd last row of an image is not skipped",
              "pool.cu",
              "((long long)image * height + line % (height / 2) * 2)",
              "((long long)image * (height / 2 * 2) + line % (height / 2) * 2)",
              "pool, "),
          PlantedFault.of(
              "the last pixel of a mean's window is left out",
              "pool.cu",
              "pixel < side * side; pixel++",
              "pixel < side * side - 1; pixel++",
              "means of windows, "),
          PlantedFault.of(
              "a mean's gradient passes a ReLU that was off",
              "pool.cu",
              "v[i] = v[i] > 0.f ? g[i] * share : 0.f;",
              "v[i] = g[i] * share;",
              "gradient of means, "),
          PlantedFault.of(
              "the window is one channel short",
              "local_response_norm.cu",
              "d <= RADIUS; d++) sum = fused(",
              "d < RADIUS; d++) sum = fused(",
              "LRN, ",
              "gradient of LRN, "),
          PlantedFault.of(
              "the first slice is added twice",
              "sgd.cu",
              "for (int slice = 1; slice < number",
              "for (int slice = 0; slice < number",
              "SGD",
              "sums of slices"),
          PlantedFault.of(
              "the words of the key are swapped",
              "dropout.cu",
              "philox(words, seed_low, seed_high);",
              "philox(words, seed_high, seed_low);",
              "dropout"));

  private static final List<PlantedFault> PRODUCTS =
      List.of(
          PlantedFault.of(
              "nobody waits for cp.async",
              "tile.cuh",
              "    cp_async_wait<STAGES - 2>();\n",
              "",
              "convolution 3x3, 2 x 5 x 7"),
          PlantedFault.of(
              "the epilogue does not wait until the buffers are free",
              "tile.cuh",
              "  barrier();  // the buffers are free\n",
              "",
              "convolution 3x3, 2 x 5 x 7"),
          PlantedFault.of(
              "a buffer is filled that is still in use",
              "tile.cuh",
              "int filled = STAGES - 1;",
              "int filled = 0;",
              "convolution 3x3"),
          PlantedFault.of(
              "a fragment is not transposed",
              "tile.cuh",
              "ldmatrix_x4_trans(a,",
              "ldmatrix_x4(a,",
              "weight gradient of 3x3"),
          PlantedFault.of(
              "the halves of a fragment are swapped",
              "tile.cuh",
              "k / CHUNK + (lane >> 3 & 1)",
              "k / CHUNK + (~lane >> 3 & 1)",
              "convolution 3x3"),
          PlantedFault.of(
              "the second half of a large tile does not wait for the first",
              "convolution.cu",
              "    if (part > 0) barrier();\n",
              "",
              "convolution .* in large tiles"),
          PlantedFault.of(
              "the box that a tap reads is one row too high",
              "convolution.cu",
              "row >= 0 && row < shape.height",
              "row >= -1 && row < shape.height",
              "convolution 3x3, 2 x 5 x 7"),
          PlantedFault.of(
              "the gradient's padding is that of the filter, not the layer's",
              "convolution.cu",
              "y[i] + shape.pad - r",
              "y[i] + shape.side / 2 - r",
              "data gradient of 7x7"),
          PlantedFault.of(
              "the gradient reads the same tap's weights for all taps",
              "convolution.cu",
              "      origin += shape.outputs;\n",
              "",
              "data gradient of 3x3"),
          PlantedFault.of(
              "rows behind the last pixel are read",
              "convolution.cu",
              "y[i] = pixel.exists ? pixel.y : -1 << 20;",
              "y[i] = pixel.y;",
              "convolution 3x3"),
          PlantedFault.of(
              "weights of one output too many are read",
              "convolution.cu",
              "row + i * (THREADS / 4) < shape.outputs",
              "row + i * (THREADS / 4) <= shape.outputs",
              "convolution 1x1, 130 x"),
          PlantedFault.of(
              "the product of a low and a high plane is missing",
              "convolution.cu",
              "column < shape.width;",
              "column < shape.width && !place.low_a();",
              "convolution 3x3.*FP32",
              "data gradient of 3x3.*FP32"),
          PlantedFault.of(
              "a slice starts where the sum does",
              "convolution.cu",
              "step / steps, step % steps};",
              "step / steps, 0};",
              "convolution 3x3"),
          PlantedFault.of(
              "the last step of each slice is omitted",
              "convolution.cu",
              "(block_y() + 1) / slices);\n  Place",
              "(block_y() + 1) / slices) - 1;\n  Place",
              "convolution 3x3"),
          PlantedFault.of(
              "the first slice is omitted",
              "slices.cu",
              "for (int slice = 0; slice < slices",
              "for (int slice = 1; slice < slices",
              "convolution 3x3",
              "data gradient of 3x3"),
          PlantedFault.of(
              "the bias is omitted where sums are in slices",
              "slices.cu",
              "output.load_bias(column, b);",
              "zero(b);",
              "convolution 3x3",
              "scores of convolution"),
          PlantedFault.of(
              "the bias is omitted where sums are in one piece",
              "convolution.cu",
              "  if (exists) output.load_bias(channel, bias);\n",
              "",
              "convolution 3x3",
              "convolution and pool"),
          PlantedFault.of(
              "which pixel of a window was the largest has row and column swapped",
              "epilogue.cuh",
              "row / 2 % 2, window % (width / 2) * 2 + row % 2",
              "row % 2, window % (width / 2) * 2 + row / 2 % 2",
              "convolution and pool"),
          PlantedFault.of(
              "an odd last row makes windows",
              "epilogue.cuh",
              "images * (height / 2) * (width / 2) * 4",
              "images * ((height + 1) / 2) * (width / 2) * 4",
              "convolution and pool 3x3"),
          PlantedFault.of(
              "taps are upside down",
              "weight_gradient.cu",
              "down = tap / side - side / 2;",
              "down = side / 2 - tap / side;",
              "weight gradient of 3x3"),
          PlantedFault.of(
              "pixels behind the last one are read",
              "weight_gradient.cu",
              "bool valid = exists && pixel + line < pixels;",
              "bool valid = exists;",
              "weight gradient of 3x3",
              "weight gradient of 1x1"),
          PlantedFault.of(
              "a step over several images counts their rows on",
              "weight_gradient.cu",
              "step_down = STEP / width % height;",
              "step_down = STEP / width;",
              "weight gradient of 1x1, 130 x"),
          PlantedFault.of(
              "the product of a low and a high plane is missing",
              "weight_gradient.cu",
              "bool valid = exists && pixel + line < pixels;",
              "bool valid = exists && pixel + line < pixels && pass != 0;",
              "weight gradient of 3x3.*FP32"));

  private static final List<PlantedFault> MAPS =
      List.of(
          PlantedFault.of(
              "of equal pixels the last is the largest",
              "values.cuh",
              "v[i] > best[i] ||",
              "v[i] >= best[i] ||",
              "pool, ",
              "convolution and pool",
              "batch norm, pool"),
          PlantedFault.of("a pool drops NaN", "values.cuh", " || v[i] != v[i];", ";", "pool, "),
          PlantedFault.of(
              "a ReLU drops NaN",
              "values.cuh",
              "value <= 0.f ? 0.f : value",
              "value > 0.f ? value : 0.f",
              "NaN through convolution and pool"),
          PlantedFault.of(
              "which pixel was the largest is written where nobody wants it",
              "values.cuh",
              "    if (argmax) {\n",
              "    {\n",
              "pool, "),
          PlantedFault.of(
              "values are cut off instead of rounded",
              "values.cuh",
              "  return {bf16_pair(values[0], values[1]), bf16_pair(values[2], values[3]),"
                  + " bf16_pair(values[4], values[5]),\n"
                  + "          bf16_pair(values[6], values[7])};",
              """
                u32 bits[8];
                UNROLL for (int i = 0; i < 8; i++) bits[i] = float_to_bits(values[i]) >> 16;
                return {bits[0] | bits[1] << 16, bits[2] | bits[3] << 16, bits[4] | bits[5] << 16, bits[6] | bits[7] << 16};
              """,
              "images to patches, BF16",
              "weights to rows, rounded, BF16",
              "SGD, rounded weights, BF16"),
          PlantedFault.of(
              "the low plane is lost",
              "values.cuh",
              "rest[i] = remainder_of_bf16(values[i], rest[i]);",
              "rest[i] = 0.f;",
              "images to patches, FP32",
              "LRN, FP32",
              "SGD, rounded weights, FP32"),
          PlantedFault.of(
              "windows behind the last one are read",
              "pool.cu",
              "  if (image >= images) return;\n  long long first = (((long long)",
              "  long long first = (((long long)",
              "pool, "),
          PlantedFault.of(
              "row and column of the largest are swapped",
              "pool.cu",
              "which == y * 2 + x",
              "which == x * 2 + y",
              "un-pool, "),
          PlantedFault.of(
              "an odd last row is not written",
              "pool.cu",
              "int rows = row + 3 == height ? 3 : 2;",
              "int rows = 2;",
              "un-pool, "),
          PlantedFault.of(
              "an odd last row receives gradients",
              "pool.cu",
              "y < 2 && x < 2 && which == y * 2 + x",
              "x < 2 && which == y % 2 * 2 + x",
              "un-pool, "),
          PlantedFault.of(
              "a bias' gradient behind a pool is that of one pixel",
              "pool.cu",
              "sums[0][i] += v[i];",
              "sums[0][i] = v[i];",
              "sums of un-pool, "),
          PlantedFault.of(
              "sums are written where nobody wants them",
              "sums.cuh",
              "  if (!out) return;\n",
              "",
              "un-pool, "),
          PlantedFault.of(
              "the gradient's window is one channel short",
              "local_response_norm.cu",
              "d <= RADIUS; d++) sum += terms",
              "d < RADIUS; d++) sum += terms",
              "gradient of LRN, "),
          PlantedFault.of(
              "the last channels see the next pixel's",
              "local_response_norm.cu",
              "first >= 0 && first < channels",
              "first >= 0 && first <= channels",
              "LRN, ",
              "gradient of LRN, "),
          PlantedFault.of(
              "images' channels are read beyond their number",
              "layout.cu",
              "column < width;\n    v[i] = inside",
              "column <= width;\n    v[i] = inside",
              "images to patches"),
          PlantedFault.of(
              "no channel of patches is one",
              "layout.cu",
              "at == 8 * CHUNKS - 1 ? 1.f : 0.f",
              "0.f",
              "images to patches"),
          PlantedFault.of(
              "biases' gradients stay among the weights'",
              "layout.cu",
              "  store(last, 0.f);\n",
              "",
              "biases of rows"),
          PlantedFault.of(
              "taps and channels are swapped",
              "layout.cu",
              "((long long)k * channels + channel) * taps + tap",
              "((long long)k * taps + tap) * channels + channel",
              "weights to rows"),
          PlantedFault.of(
              "a row is taken to have no padding",
              "layout.cu",
              "+ tap) * padded + channel));",
              "+ tap) * channels + channel));",
              "rows to weights"));

  private static final List<PlantedFault> BATCH_NORM =
      List.of(
          PlantedFault.of(
              "the running variance is not that of a sample",
              "batch_norm.cu",
              "(double)pixels / (pixels - 1)",
              "1",
              "moments of batch norm"),
          PlantedFault.of(
              "the variance has no epsilon",
              "batch_norm.cu",
              "square_root(variance + EPSILON)",
              "square_root(variance)",
              "batch norm of running statistics"),
          PlantedFault.of(
              "slices overlap",
              "batch_norm.cu",
              "((long long)slice * 2 + term) * channels",
              "((long long)slice + term) * channels",
              "moments of batch norm",
              "scale's gradient of batch norm"),
          PlantedFault.of(
              "a micro-batch's step of the running variance replaces the others'",
              "batch_norm.cu",
              "add ? load(variance_step + c) + step : step",
              "step",
              "moments of batch norm"),
          PlantedFault.of(
              "a micro-batch's gradient of the scale replaces the others'",
              "batch_norm.cu",
              "add ? load(scale_gradient + c) + gradient : gradient",
              "gradient",
              "scale's gradient of batch norm"),
          PlantedFault.of(
              "the gradient misses a factor of the deviation",
              "batch_norm.cu",
              "-factor * inverse * inverse * product",
              "-factor * inverse * product",
              "gradient of batch norm of the batch"),
          PlantedFault.of(
              "the squares are not of the differences",
              "sums.cu",
              "sums[1][i] += less * less;",
              "sums[1][i] += less * v[i];",
              "moments of batch norm"),
          PlantedFault.of(
              "the barrier in a block's sum is missing",
              "sums.cuh",
              "half > 0; half /= 2) {\n      barrier();",
              "half > 0; half /= 2) {",
              "bias gradient of 3x3",
              "moments of batch norm"),
          PlantedFault.of(
              "the last pixel of a slice is in the next one, too",
              "sums.cuh",
              "pixel < to; pixel += LANES",
              "pixel <= to; pixel += LANES",
              "bias gradient of 3x3",
              "moments of batch norm"));

  /** Those that every run of the tests plants. */
  static List<PlantedFault> few() {
    return Stream.concat(FEW.stream(), HopperFaults.ALL.stream().limit(2)).toList();
  }

  static List<PlantedFault> all() {
    return Stream.of(
            FEW, PRODUCTS, HopperFaults.ALL, MAPS, BATCH_NORM, StepFaults.ALL, BoxFaults.ALL)
        .flatMap(List::stream)
        .toList();
  }
}
