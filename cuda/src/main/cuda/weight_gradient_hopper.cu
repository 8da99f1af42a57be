// The gradient with respect to the weights on Hopper: the product of weight_gradient.cu.
//
// The sum goes over pixels, a box of 64 a step. Both operands lie pixel by pixel, the gradients of 64 outputs side by
// side, and for a tap 64 channels (or the 32 of an image's patches) of the pixels that it reads: the box shifted by it. The
// tensor cores transpose them. A block makes one tile for a slice of the boxes.
#include "tile_hopper.cuh"

constexpr int BOX_BITS = 6;
constexpr int BOX_PIXELS = 1 << BOX_BITS;

// The map that is read has `channels`, the one that the gradients belong to `outputs`. In the precision fp32 there are
// three passes over the sum, as in weight_gradient.cu.
struct GradientShape {
  int images, height, width, channels, outputs, side, passes, slices;

  // Of a row of weights.
  DEVICE_MEMBER int length() const { return side * side * channels; }
};

// A tile has 64 outputs for each of its WARPGROUPS, and COLUMNS times the CHANNELS that one tap reads.
template <int WARPGROUPS, int CHANNELS, int COLUMNS, int STAGES>
struct HopperGradient {
  static constexpr int A_BOX = BOX_PIXELS * 128;
  static constexpr int B_BOX = BOX_PIXELS * CHANNELS * 2;
  static constexpr int A_BYTES = WARPGROUPS * A_BOX;
  static constexpr int N = COLUMNS * CHANNELS;
  using TileA = SharedTile<128>;
  using TileB = SharedTile<CHANNELS * 2>;
  using Stages = Pipeline<STAGES, A_BYTES + COLUMNS * B_BOX>;

  const GradientShape shape;
  const Boxes boxes;
  int output, column, from, to, blocks;

  DEVICE_MEMBER HopperGradient(const GradientShape& shape, int lines, int columns)
      : shape(shape), boxes(shape.images, shape.height, shape.width, BOX_BITS, lines, columns) {
    blocks = shape.channels / CHANNELS;
    int across = (shape.side * shape.side * blocks + COLUMNS - 1) / COLUMNS;
    output = block_x() / across * WARPGROUPS * 64;
    column = block_x() % across * COLUMNS;
    long long all = (long long)shape.passes * boxes.count();
    from = (int)(all * block_y() / shape.slices);
    to = (int)(all * (block_y() + 1) / shape.slices);
  }

  // By one thread.
  DEVICE_MEMBER void copy(const TensorMap* x, const TensorMap* dy) const {
    int channel[COLUMNS], down[COLUMNS], right[COLUMNS];
    UNROLL for (int i = 0; i < COLUMNS; i++) {
      int tap = (column + i) / blocks;
      bool exists = tap < shape.side * shape.side;  // else it comes as zeros, and nobody uses the result
      channel[i] = exists ? (column + i) % blocks * CHANNELS : shape.channels;
      down[i] = tap / shape.side - shape.side / 2;
      right[i] = tap % shape.side - shape.side / 2;
    }
    Stages stages;
    for (int step = from; step < to; step++) {
      int pass = 3 - shape.passes + step / boxes.count();
      Boxes::Origin at = boxes.origin(step % boxes.count());
      u32 buffer = stages.fill();
      UNROLL for (int i = 0; i < WARPGROUPS; i++) {
        copy_box(buffer + i * A_BOX, dy, stages.full(), output + 64 * i, at.x, at.y, at.image, pass == 0);
      }
      UNROLL for (int i = 0; i < COLUMNS; i++) {
        copy_box(buffer + A_BYTES + i * B_BOX, x, stages.full(), channel[i], at.x + right[i], at.y + down[i], at.image,
                 pass == 1);
      }
      stages.advance();
    }
  }

  // By each of the other warpgroups.
  DEVICE_MEMBER void multiply(int warpgroup, float* dw) const {
    Stages stages;
    float d[N / 2];
    UNROLL for (int i = 0; i < N / 2; i++) d[i] = 0.f;
    for (int step = from; step < to; step++) {
      u32 a = stages.await() + warpgroup * A_BOX;
      u32 b = stages.buffer() + A_BYTES;
      warpgroup_begin();
      UNROLL for (int pixel = 0; pixel < BOX_PIXELS; pixel += 16) {
        warpgroup_product<true, true>(d, TileA::descriptor(a + pixel * 128, A_BOX),
                                      TileB::descriptor(b + pixel * CHANNELS * 2, B_BOX), step > from || pixel > 0);
      }
      warpgroup_commit();
      stages.template release_when_done<0>();  // at once: copies ahead are worth more than products ahead
    }
    write(d, dw, output + warpgroup * 64);
  }

  DEVICE_MEMBER void write(const float (&d)[N / 2], float* dw, int first) const {
    int length = shape.length();
    int lane = thread_index() & 31;
    UNROLL for (int half = 0; half < 2; half++) {
      int row = first + thread_index() % WARPGROUP / 32 * 16 + (lane >> 2) + 8 * half;
      if (row >= shape.outputs) continue;
      float* to = dw + ((long long)block_y() * shape.outputs + row) * length;
      UNROLL for (int j = 0; j < N / 8; j++) {
        int at = column * CHANNELS + 8 * j + (lane & 3) * 2;
        if (at < length) {
          store((Two*)(to + at), Two{float_to_bits(d[4 * j + 2 * half]), float_to_bits(d[4 * j + 2 * half + 1])});
        }
      }
    }
  }

  template <int OF_COPIER, int OF_OTHERS>
  DEVICE_MEMBER void run(const TensorMap* x, const TensorMap* dy, float* dw) const {
    Stages stages;
    stages.open(WARPGROUPS);
    if (thread_index() < WARPGROUP) {
      give_registers<OF_COPIER>();
      if (thread_index() == 0) copy(x, dy);
    } else {
      take_registers<OF_OTHERS>();
      multiply(thread_index() / WARPGROUP - 1, dw);
    }
  }
};

// x is the map [images][height][width][channels], dy [images][height][width][outputs], both in boxes of 2^lines lines
// and 2^columns columns; dw is as for weight_gradient_128.
#define WEIGHT_GRADIENT(name, BLOCKS, WARPGROUPS, CHANNELS, COLUMNS, STAGES, OF_COPIER, OF_OTHERS)                  \
  KERNEL((WARPGROUPS + 1) * WARPGROUP, BLOCKS)                                                                      \
  name(TensorMap x, TensorMap dy, float* dw, int images, int height, int width, int channels, int outputs,         \
       int side, int passes, int lines, int columns, int slices) {                                                  \
    GradientShape shape{images, height, width, channels, outputs, side, passes, slices};                           \
    HopperGradient<WARPGROUPS, CHANNELS, COLUMNS, STAGES> gradient(shape, lines, columns);                          \
    gradient.template run<OF_COPIER, OF_OTHERS>(TENSOR_MAP(name, 0, x), TENSOR_MAP(name, 1, dy), dw);              \
  }                                                                                                                 \
  EXPORT(name)

WEIGHT_GRADIENT(hopper_weight_gradient_128, 1, 2, 64, 3, 5, 40, 232)
WEIGHT_GRADIENT(hopper_weight_gradient_64, 2, 1, 64, 3, 3, 40, 208)
WEIGHT_GRADIENT(hopper_weight_gradient_image, 2, 1, 32, 1, 8, 40, 208)
