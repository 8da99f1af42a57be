// The gradient of a convolution with respect to its weights, as a matrix product:
//
//   dw[k][tap][c] = sum over pixels of dy[pixel][k] x[pixel + tap][c]
//
// A has a row for each output, B a column for each tap and channel, and the sum goes over the pixels of all images, 32
// a step. Both operands lie the other way round, pixel by pixel, and ldmatrix transposes them. The sum is divided into
// slices of pixels, which are added in order later (by the step of SGD, or by add_slices), so that the result depends
// on shapes alone. In the precision fp32 the sum goes three times over the pixels, as in convolution.cu.
#include "tile.cuh"

// The rows of A: the gradients of the outputs, for each pixel side by side.
template <int COLUMNS>
struct GradientLines {
  static constexpr int CHUNKS = COLUMNS / CHUNK;
  static constexpr int LINES = THREADS / CHUNKS;
  static constexpr int OWN = STEP / LINES;
  const Source map;
  const int outputs, pixels;
  const long long column;
  const bool exists;

  DEVICE_MEMBER GradientLines(Source map, int outputs, int pixels, int first)
      : map(map),
        outputs(outputs),
        pixels(pixels),
        column(first + thread_index() % CHUNKS * CHUNK),
        exists(column < outputs) {}

  DEVICE_MEMBER void load(u32 tile, int pass, int pixel) {
    const u16* plane = (pass == 0 ? map.low : map.high) + column;
    UNROLL for (int i = 0; i < OWN; i++) {
      int line = thread_index() / CHUNKS + i * LINES;
      bool valid = exists && pixel + line < pixels;
      cp_async16(ColumnTile<COLUMNS>::chunk(tile, line, thread_index() % CHUNKS),
                 valid ? plane + (long long)(pixel + line) * outputs : map.high, valid);
    }
  }
};

// The columns of B: for each pixel what a tap of it reads, channels side by side, taps one after the other.
template <int COLUMNS>
struct PatchLines {
  static constexpr int CHUNKS = COLUMNS / CHUNK;
  static constexpr int LINES = THREADS / CHUNKS;
  static constexpr int OWN = STEP / LINES;
  const Source map;
  const int pixels, height, width, channels;
  int down, right;  // the shift of this thread's tap
  long long shift;  // in values, with its channel
  bool exists;
  int y[OWN], x[OWN];
  int step_down, step_right;

  DEVICE_MEMBER PatchLines(Source map, int pixels, int height, int width, int channels, int side, int first)
      : map(map), pixels(pixels), height(height), width(width), channels(channels) {
    int column = first + thread_index() % CHUNKS * CHUNK;
    int tap = column / channels;
    exists = tap < side * side;
    down = tap / side - side / 2;
    right = tap % side - side / 2;
    shift = ((long long)down * width + right) * channels + column % channels;
    step_down = STEP / width % height;
    step_right = STEP % width;
  }

  DEVICE_MEMBER void seek(int pixel) {
    UNROLL for (int i = 0; i < OWN; i++) {
      int own = pixel + thread_index() / CHUNKS + i * LINES;
      y[i] = own / width % height;
      x[i] = own % width;
    }
  }

  DEVICE_MEMBER void load(u32 tile, int pass, int pixel) {
    const u16* plane = (pass == 1 ? map.low : map.high) + shift;
    UNROLL for (int i = 0; i < OWN; i++) {
      int line = thread_index() / CHUNKS + i * LINES;
      int row = y[i] + down;
      int column = x[i] + right;
      bool valid =
          exists && pixel + line < pixels && row >= 0 && row < height && column >= 0 && column < width;
      cp_async16(ColumnTile<COLUMNS>::chunk(tile, line, thread_index() % CHUNKS),
                 valid ? plane + (long long)(pixel + line) * channels : map.high, valid);
      x[i] += step_right;
      y[i] += step_down;
      if (x[i] >= width) {
        x[i] -= width;
        y[i]++;
      }
      if (y[i] >= height) y[i] -= height;
    }
  }
};

// A tile of the product for a slice of the pixels: BM outputs, 128 columns of (tap, channel); a warp makes WM by WN.
template <int BM, int WM, int WN>
DEVICE void weight_gradient(Source x, Source dy, float* slices_out, int images, int height, int width, int channels,
                            int outputs, int side, int slices) {
  constexpr int BN = 128;
  using TileA = ColumnTile<BM>;
  using TileB = ColumnTile<BN>;
  int length = side * side * channels;  // of a row of weights
  int tiles = (length + BN - 1) / BN;
  int m = block_x() / tiles * BM;
  int n = block_x() % tiles * BN;

  int pixels = images * height * width;
  int steps = (pixels + STEP - 1) / STEP;
  int all = x.low ? 3 * steps : steps;
  int from = (int)((long long)all * block_y() / slices);
  int to = (int)((long long)all * (block_y() + 1) / slices);
  int pass = (x.low ? 0 : 2) + from / steps;
  int step = from % steps;
  GradientLines<BM> gradients(dy, outputs, pixels, m);
  PatchLines<BN> patches(x, pixels, height, width, channels, side, n);
  patches.seek(step * STEP);
  int warp = thread_index() / 32;
  WarpProduct<TileA, TileB, WM, WN> product(warp / (BN / WN) * WM, warp % (BN / WN) * WN);
  multiply<false>(
      to - from,
      [&](u32 buffer) {
        gradients.load(buffer, pass, step * STEP);
        patches.load(buffer + TileA::BYTES, pass, step * STEP);
        if (++step == steps) {
          step = 0;
          pass++;
          patches.seek(0);
        }
      },
      product);

  float* out = slices_out + (long long)block_y() * outputs * length;
  product.for_each_pair([&](int row, int column, float first, float second) {
    int k = m + row;
    int at = n + column;
    if (k < outputs && at < length) {
      store((Two*)(out + (long long)k * length + at), Two{float_to_bits(first), float_to_bits(second)});
    }
  });
}

// x is [images][height][width][channels], dy [images][height][width][outputs], dw
// [slices][outputs][side * side][channels]. The low planes are null in the precision bf16.
#define WEIGHT_GRADIENT(name, BM, WM, WN)                                                                         \
  KERNEL(THREADS, 2)                                                                                              \
  name(const u16* x, const u16* x_low, const u16* dy, const u16* dy_low, float* dw, int images, int height,       \
       int width, int channels, int outputs, int side, int slices) {                                              \
    weight_gradient<BM, WM, WN>({x, x_low}, {dy, dy_low}, dw, images, height, width, channels, outputs, side,     \
                                slices);                                                                          \
  }                                                                                                               \
  EXPORT(name)

WEIGHT_GRADIENT(weight_gradient_128, 128, 64, 32)
WEIGHT_GRADIENT(weight_gradient_64, 64, 32, 32)
