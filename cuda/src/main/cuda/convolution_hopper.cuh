// The products of convolution.cu on Hopper, whose tensor cores read both operands from shared memory.
//
// A tile of the product has a row for each of 128 or 64 outputs and a column for each pixel of a box: some columns,
// lines and images of the map that is written. A tap shifts the box over the map that is read; what then lies outside
// comes as zeros. Blocks stay, and take one tile after another. One thread starts the copies, a few steps ahead. Two
// warpgroups multiply: each 64 outputs of a tile; or, where there are no more, each every second tile, so that one
// multiplies while the other writes its sums.
#pragma once
#include "epilogue_hopper.cuh"

constexpr int HOPPER_THREADS = 3 * WARPGROUP;
constexpr int BLOCK = 64;  // channels of a box of weights

// What is multiplied: a map of `channels` that is read, one of `outputs` channels that is written. In the precision
// fp32 there are three passes over the sum, as in convolution.cu.
struct HopperShape {
  int channels, outputs, side, pad, passes, slices;
};

// The sum goes on by CHANNELS of one tap a step; a warpgroup has 64 outputs and PIXELS, a power of two.
template <int OUTPUTS, int PIXELS, int CHANNELS, int STAGES, bool BACKWARD, class Epilogue>
struct HopperProduct {
  static constexpr bool IN_TURN = OUTPUTS == 64;
  static constexpr int A_BYTES = OUTPUTS * CHANNELS * 2;
  static constexpr int B_BYTES = PIXELS * CHANNELS * 2;
  static constexpr int BOX_BITS = __builtin_ctz(PIXELS);
  using Tile = SharedTile<CHANNELS * 2>;
  using Stages = Pipeline<STAGES, A_BYTES + B_BYTES>;

  const HopperShape& shape;
  const Output& output;
  const Boxes boxes;
  int rows, tiles, blocks, steps, all;

  DEVICE_MEMBER HopperProduct(const HopperShape& shape, const Output& output, int lines, int columns)
      : shape(shape),
        output(output),
        boxes(output.images, output.pooled ? output.height & ~1 : output.height,
              output.pooled ? output.width & ~1 : output.width, BOX_BITS, lines, columns) {
    rows = (shape.outputs + OUTPUTS - 1) / OUTPUTS;
    tiles = boxes.count() * rows;
    blocks = shape.channels / CHANNELS;
    steps = shape.side * shape.side * blocks;
    all = shape.passes * steps;
  }

  DEVICE_MEMBER int items() const { return tiles * shape.slices; }
  DEVICE_MEMBER int from(int item) const { return (int)((long long)all * (item / tiles) / shape.slices); }
  DEVICE_MEMBER int to(int item) const { return (int)((long long)all * (item / tiles + 1) / shape.slices); }
  DEVICE_MEMBER int first_output(int item) const { return item % tiles % rows * OUTPUTS; }
  DEVICE_MEMBER Boxes::Origin origin(int item) const { return boxes.origin(item % tiles / rows); }

  // By one thread: copies all that the others multiply.
  DEVICE_MEMBER void copy(const TensorMap* x, const TensorMap* w) const {
    Stages stages;
    for (int item = block_x(); item < items(); item += blocks_x()) {
      Boxes::Origin at = origin(item);
      int output = first_output(item);
      int step = from(item);
      int end = to(item);
      int pass = 3 - shape.passes + step / steps;  // only the last of the three in the precision bf16
      int channel = step % steps % blocks * CHANNELS;
      int tap = step % steps / blocks;
      int down = tap / shape.side - shape.pad;
      int right = tap % shape.side - shape.pad;
      for (; step < end; step++) {
        u32 buffer = stages.fill();
        if (BACKWARD) {
          UNROLL for (int i = 0; i < OUTPUTS / BLOCK; i++) {
            copy_box(buffer + i * (BLOCK * CHANNELS * 2), w, stages.full(), tap * shape.outputs + output + i * BLOCK,
                     channel, pass == 1);
          }
        } else {
          copy_box(buffer, w, stages.full(), tap * shape.channels + channel, output, pass == 1);
        }
        copy_box(buffer + A_BYTES, x, stages.full(), channel, BACKWARD ? at.x - right : at.x + right,
                 BACKWARD ? at.y - down : at.y + down, at.image, pass == 0);
        stages.advance();
        channel += CHANNELS;
        if (channel < shape.channels) continue;
        channel = 0;
        tap++;
        right++;
        if (right < shape.side - shape.pad) continue;
        right = -shape.pad;
        down++;
        if (down < shape.side - shape.pad) continue;
        down = -shape.pad;
        tap = 0;
        pass++;
      }
    }
  }

  // By two warpgroups, 0 and 1.
  DEVICE_MEMBER void multiply(int warpgroup) const {
    Stages stages;
    Stages read;  // the last one that is
    Turns turns(stages.behind());
    int own_outputs = IN_TURN ? 0 : warpgroup;
    float d[PIXELS / 2];
    int number = 0;
    for (int item = block_x(); item < items(); item += blocks_x()) {
      int begin = from(item);
      int end = to(item);
      if (IN_TURN && number++ % 2 != warpgroup) {
        stages.skip(end - begin);
        read.skip(end - begin);
        continue;
      }
      if (IN_TURN) turns.take(warpgroup);
      for (int step = begin; step < end; step++) {
        u32 a = stages.await() + own_outputs * (64 * CHANNELS * 2);
        u32 b = stages.buffer() + A_BYTES;
        warpgroup_begin();
        UNROLL for (int k = 0; k < CHANNELS; k += 16) {
          u64 of_a = Tile::descriptor(a + (BACKWARD ? k * (BLOCK * 2) : k * 2), 16);
          warpgroup_product<BACKWARD, false>(d, of_a, Tile::descriptor(b + k * 2, 16), step > begin || k > 0);
        }
        warpgroup_commit();
        if (step > begin) read.template release_when_done<1>();
        stages.advance();
      }
      if (IN_TURN) turns.pass_on(warpgroup);
      read.template release_when_done<0>();
      Output of_item = output;
      if (output.floats) of_item.floats += (long long)(item / tiles) * output.rows() * output.channels;
      Part part = {of_item, boxes, origin(item), first_output(item) + own_outputs * 64};
      if (part.first_output < shape.outputs) Epilogue::write(part, d);
    }
  }

  // By all threads of the block.
  DEVICE_MEMBER void run(const TensorMap* x, const TensorMap* w) const {
    Stages stages;
    if (IN_TURN && thread_index() == 0) Turns(stages.behind()).open();
    stages.open(IN_TURN ? 1 : 2);
    if (thread_index() < WARPGROUP) {
      give_registers<40>();
      if (thread_index() == 0) copy(x, w);
    } else {
      take_registers<232>();
      multiply(thread_index() / WARPGROUP - 1);
    }
  }
};

// x is the map [images][.][.][channels] in boxes of 2^lines lines and 2^columns columns, w the weights in boxes of
// CHANNELS by OUTPUTS. height and width are those of what is written, before a pool. y, or floats in the kernels of
// sums: [slices][rows][outputs]; the rest is as for convolution_forward_128x128.
#define FORWARD(name, OUTPUTS, PIXELS, CHANNELS, STAGES, EPILOGUE)                                                   \
  KERNEL(HOPPER_THREADS, 1)                                                                                          \
  name(TensorMap x, TensorMap w, const float* bias, u16* y, u16* y_low, float* floats, u8* argmax, int images,       \
       int height, int width, int channels, int outputs, int side, int pad, int passes, int lines, int columns,     \
       int rectified, int pooled, int slices) {                                                                      \
    HopperShape shape{channels, outputs, side, pad, passes, slices};                                                 \
    Output output{{y, y_low}, floats, bias, nullptr, 1.f, argmax, images, height, width, outputs, rectified != 0,    \
                  pooled != 0};                                                                                      \
    HopperProduct<OUTPUTS, PIXELS, CHANNELS, STAGES, false, EPILOGUE> product(shape, output, lines, columns);        \
    product.run(TENSOR_MAP(name, 0, x), TENSOR_MAP(name, 1, w));                                                     \
  }                                                                                                                  \
  EXPORT(name)

// As convolution_backward_128x128; w comes in boxes of 64 by 64.
#define BACKWARD(name, OUTPUTS, PIXELS, STAGES, EPILOGUE)                                                            \
  KERNEL(HOPPER_THREADS, 1)                                                                                          \
  name(TensorMap dy, TensorMap w, const u16* mask, float mask_scale, u16* dx, u16* dx_low, float* floats,            \
       int images, int height, int width, int channels, int outputs, int side, int pad, int passes, int lines,      \
       int columns, int slices) {                                                                                    \
    HopperShape shape{channels, outputs, side, pad, passes, slices};                                                 \
    Output output{{dx, dx_low}, floats, nullptr, mask, mask_scale, nullptr, images, height, width, outputs, false,   \
                  false};                                                                                            \
    HopperProduct<OUTPUTS, PIXELS, 64, STAGES, true, EPILOGUE> product(shape, output, lines, columns);               \
    product.run(TENSOR_MAP(name, 0, dy), TENSOR_MAP(name, 1, w));                                                    \
  }                                                                                                                  \
  EXPORT(name)

// The kernels that write maps and pools, in one plane or, if SPLIT, in two.
#define FORWARD_MAPS(suffix, SPLIT)                                                                        \
  FORWARD(hopper_forward_map_##suffix##128x256, 128, 256, 64, 4, MapEpilogue<SPLIT>)                       \
  FORWARD(hopper_forward_pool_##suffix##128x256, 128, 256, 64, 4, PoolEpilogue<SPLIT>)                     \
  FORWARD(hopper_forward_map_##suffix##64x256, 64, 256, 64, 5, MapEpilogue<SPLIT>)                         \
  FORWARD(hopper_forward_pool_##suffix##64x256, 64, 256, 64, 5, PoolEpilogue<SPLIT>)                       \
  FORWARD(hopper_forward_map_##suffix##image, 64, 256, 32, 10, MapEpilogue<SPLIT>)                         \
  FORWARD(hopper_forward_pool_##suffix##image, 64, 256, 32, 10, PoolEpilogue<SPLIT>)

#define BACKWARD_MAPS(suffix, SPLIT)                                                                       \
  BACKWARD(hopper_backward_map_##suffix##128x256, 128, 256, 4, MaskEpilogue<SPLIT>)                        \
  BACKWARD(hopper_backward_map_##suffix##64x256, 64, 256, 5, MaskEpilogue<SPLIT>)
