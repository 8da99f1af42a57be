package org.vgg4j.cuda.check;

import java.util.List;

/** Faults in the kernels for Hopper. */
final class HopperFaults {
  private HopperFaults() {}

  static final List<PlantedFault> ALL =
      List.of(
          PlantedFault.of(
              "a stage is free before its products are done",
              "convolution_hopper.cuh",
              "read.template release_when_done<1>();",
              "read.template release_when_done<2>();",
              "convolution 3x3, 2 x 13 x 11 x 128 to 64 in wide tiles"),
          PlantedFault.of(
              "the last products are not waited for",
              "convolution_hopper.cuh",
              "read.template release_when_done<0>();",
              "read.template release_when_done<1>();",
              "convolution 3x3, 2 x 13 x 11 x 128 to 64 in wide tiles"),
          PlantedFault.of(
              "two warpgroups do not take turns",
              "convolution_hopper.cuh",
              "      if (IN_TURN) turns.take(warpgroup);\n",
              "",
              "convolution 3x3, 2 x 17 x 19 x 64 to 128 in long tiles"),
          PlantedFault.of(
              "a stage is filled again before it is free",
              "tile_hopper.cuh",
              "    mbarrier_wait(empty(), parity ^ 1);\n",
              "",
              "convolution 3x3, 2 x 13 x 11 x 128 to 64 in wide tiles"),
          PlantedFault.of(
              "the wait for an empty stage has the wrong parity",
              "tile_hopper.cuh",
              "mbarrier_wait(empty(), parity ^ 1);",
              "mbarrier_wait(empty(), parity);",
              "convolution 3x3, 2 x 13 x 11 x 128 to 64 in wide tiles"),
          PlantedFault.of(
              "a stage is free when one of two warpgroups has read it",
              "convolution_hopper.cuh",
              "stages.open(IN_TURN ? 1 : 2);",
              "stages.open(1);",
              "convolution 3x3, 2 x 13 x 11 x 128 to 64 in wide tiles"),
          PlantedFault.of(
              "the last boxes are missing",
              "tile_hopper.cuh",
              "return (length + (1 << bits) - 1) >> bits;",
              "return length < 1 << bits ? 1 : length >> bits;",
              "convolution 3x3, 1 x 18 x 20 x 64 to 192 in wide tiles",
              "weight gradient of 3x3, 2 x 13 x 11 x 128 to 64 in wide tiles"),
          PlantedFault.of(
              "a warpgroup does not pass over the other's stages",
              "convolution_hopper.cuh",
              "        stages.skip(end - begin);\n",
              "",
              "convolution 3x3, 2 x 17 x 19 x 64 to 128 in long tiles"),
          PlantedFault.of(
              "taps of the gradient are not turned",
              "convolution_hopper.cuh",
              "BACKWARD ? at.x - right : at.x + right",
              "at.x + right",
              "data gradient of 3x3, 2 x 17 x 19 x 64 to 128 in long tiles"),
          PlantedFault.of(
              "a low plane is read for the high one",
              "convolution_hopper.cuh",
              "at.image, pass == 0);",
              "at.image, pass == 1);",
              "convolution 3x3, 2 x 17 x 19 x 64 to 128 in long tiles, FP32"),
          PlantedFault.of(
              "blocks of pixels and channels are not transposed",
              "epilogue_hopper.cuh",
              "      words[i] = transpose_matrix(words[i]);\n",
              "",
              "convolution 3x3, 2 x 17 x 19 x 64 to 128 in long tiles"),
          PlantedFault.of(
              "the ReLU's mask is that of another pixel",
              "epilogue_hopper.cuh",
              "words[2] = masked_pair(words[2], mask.z);",
              "words[2] = masked_pair(words[2], mask.y);",
              "data gradient of 3x3, 2 x 17 x 19 x 64 to 128 in long tiles"),
          PlantedFault.of(
              "a window has three pixels",
              "epilogue_hopper.cuh",
              "        take(best, half, d[(at + 5) % HALF] + b[half], 3);\n",
              "",
              "convolution and pool 3x3, 2 x 17 x 19 x 64 to 128 in long tiles"),
          PlantedFault.of(
              "the other line of a narrow window is forgotten",
              "epilogue_hopper.cuh",
              "take(best, half, shuffle_xor(best.value[half], other_line), others >> 8 * half &"
                  + " 0xff);",
              "others = 0;",
              "convolution and pool 3x3, 60 x 2 x 2 x 64 to 64 in long tiles",
              "convolution and pool 3x3, 15 x 4 x 4 x 64 to 64 in long tiles"),
          PlantedFault.of(
              "slices overwrite each other",
              "convolution_hopper.cuh",
              "of_item.floats += (long long)(item / tiles)",
              "of_item.floats += (long long)(item / tiles * 0)",
              "convolution 1x1, 5 x 1 x 1 x 1088 to 128"),
          PlantedFault.of(
              "the taps of a weight gradient are upside down",
              "weight_gradient_hopper.cu",
              "down[i] = tap / shape.side - shape.side / 2;",
              "down[i] = shape.side / 2 - tap / shape.side;",
              "weight gradient of 3x3, 1 x 18 x 20 x 64 to 192 in wide tiles"),
          PlantedFault.of(
              "the second block of columns is the first again",
              "weight_gradient_hopper.cu",
              "TileB::descriptor(b + pixel * CHANNELS * 2, B_BOX)",
              "TileB::descriptor(b + pixel * CHANNELS * 2, 0)",
              "weight gradient of 3x3, 1 x 18 x 20 x 64 to 192 in wide tiles"));
}
