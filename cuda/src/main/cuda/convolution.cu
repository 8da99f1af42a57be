// Convolutions of stride 1 and their gradients with respect to their input, as one matrix product:
//
//   y[pixel][k] = sum over taps and channels of x[pixel + tap][c] w[k][tap][c]
//
// A has a row for each output pixel and B a column for each output; the sum goes over taps and channels. The rows of
// A are copied straight from the map, tap by tap: a tap is a shift, and what lies outside of the map is filled with
// zeros on the way. The gradient is the same product the other way round, dx[pixel][c] = sum of dy[pixel - tap][k]
// w[k][tap][c]: it reads the same weights, line by line instead of row by row. A fully connected layer is a
// convolution with one tap over maps of one pixel.
//
// In the precision fp32 the sum goes three times over both operands: low x high, high x low, high x high.
// Few tiles with long sums (fully connected layers, small maps) are divided into slices of the sum, which
// slices.cu adds in order.
#include "epilogue.cuh"
#include "tile.cuh"

// What is multiplied: a map [images][height][width][channels] that is read, one of `outputs` channels that is written.
struct Shape {
  int images, height, width, channels, outputs, side, pad;
};

// Which part of the sum comes next: a third of it (only the last one in the precision bf16), and how far that is done.
struct Place {
  int pass, step;

  DEVICE_MEMBER static Place of(int step, int steps, bool split) {
    return {(split ? 0 : 2) + step / steps, step % steps};
  }
  DEVICE_MEMBER bool low_a() const { return pass == 0; }
  DEVICE_MEMBER bool low_b() const { return pass == 1; }
  // Returns whether a pass begins.
  DEVICE_MEMBER bool advance(int steps) {
    step++;
    if (step < steps) return false;
    step = 0;
    pass++;
    return true;
  }
};

// The rows of A: for each output pixel the channels of one tap, 32 a step; four threads copy a row.
template <int ROWS, bool BACKWARD>
struct Patches {
  static constexpr int OWN = ROWS * 4 / THREADS;
  const Source map;
  const Shape shape;
  int image[OWN];  // its first pixel
  int y[OWN], x[OWN];
  int tap, channel;  // of this thread's chunk
  const u16* next[OWN];
  bool inside[OWN];

  DEVICE_MEMBER Patches(Source map, const Shape& shape, const Output& output, int first_row) : map(map), shape(shape) {
    UNROLL for (int i = 0; i < OWN; i++) {
      Pixel pixel = output.pixel(first_row + thread_index() / 4 + i * (THREADS / 4));
      image[i] = pixel.image * shape.height * shape.width;
      y[i] = pixel.exists ? pixel.y : -1 << 20;  // far outside
      x[i] = pixel.x;
    }
  }

  DEVICE_MEMBER void seek(const Place& place) {
    int at = place.step * STEP + thread_index() % 4 * CHUNK;
    tap = at / shape.channels;
    channel = at % shape.channels;
    point(place);
  }

  DEVICE_MEMBER void point(const Place& place) {
    const u16* plane = place.low_a() ? map.low : map.high;
    int r = tap / shape.side;
    int s = tap % shape.side;
    UNROLL for (int i = 0; i < OWN; i++) {
      int row = BACKWARD ? y[i] + shape.pad - r : y[i] - shape.pad + r;
      int column = BACKWARD ? x[i] + shape.pad - s : x[i] - shape.pad + s;
      inside[i] = row >= 0 && row < shape.height && column >= 0 && column < shape.width;
      long long pixel = image[i] + row * shape.width + column;
      next[i] = inside[i] ? plane + pixel * shape.channels + channel : map.high;
    }
  }

  // Starts to copy a step.
  DEVICE_MEMBER void load(u32 tile) {
    UNROLL for (int i = 0; i < OWN; i++) {
      int row = thread_index() / 4 + i * (THREADS / 4);
      cp_async16(RowTile<ROWS>::chunk(tile, row, thread_index() % 4), next[i], inside[i]);
      next[i] += STEP;
    }
  }

  // Goes on to the next step of a pass.
  DEVICE_MEMBER void advance(const Place& place) {
    channel += STEP;
    if (channel >= shape.channels) {
      do {  // once: as a loop, it takes fewer registers
        channel -= shape.channels;
        tap++;
      } while (channel >= shape.channels);
      point(place);
    }
  }
};

// The columns of B in the forward pass: the weights of an output lie side by side in the order of the sum.
template <int ROWS>
struct OutputWeights {
  using Tile = RowTile<ROWS>;
  static constexpr int OWN = ROWS * 4 / THREADS;
  const Source weights;
  const int length;
  const int row;  // the first of this thread
  const u16* next;
  bool exists[OWN];

  DEVICE_MEMBER OutputWeights(Source weights, const Shape& shape, int steps, int first)
      : weights(weights), length(steps * STEP), row(first + thread_index() / 4) {
    UNROLL for (int i = 0; i < OWN; i++) exists[i] = row + i * (THREADS / 4) < shape.outputs;
  }

  DEVICE_MEMBER void seek(const Place& place) {
    const u16* plane = place.low_b() ? weights.low : weights.high;
    next = plane + (long long)row * length + place.step * STEP + thread_index() % 4 * CHUNK;
  }

  DEVICE_MEMBER void load(u32 tile) {
    UNROLL for (int i = 0; i < OWN; i++) {
      int own = thread_index() / 4 + i * (THREADS / 4);
      const u16* from = exists[i] ? next + (long long)i * (THREADS / 4) * length : weights.high;
      cp_async16(Tile::chunk(tile, own, thread_index() % 4), from, exists[i]);
    }
  }

  DEVICE_MEMBER void advance(const Place&) { next += STEP; }
};

// The columns of B in the backward pass: for each of the map's channels the weights of one tap that read it.
template <int COLUMNS>
struct InputWeights {
  using Tile = ColumnTile<COLUMNS>;
  static constexpr int CHUNKS = COLUMNS / CHUNK;
  static constexpr int LINES = THREADS / CHUNKS;
  static constexpr int OWN = STEP / LINES;
  const Source weights;
  const Shape shape;
  const int length;
  const int column;
  const u16* origin;  // of the column in line 0 of the tap
  int line;

  DEVICE_MEMBER InputWeights(Source weights, const Shape& shape, int, int first)
      : weights(weights),
        shape(shape),
        length(shape.side * shape.side * shape.outputs),
        column(first + thread_index() % CHUNKS * CHUNK) {}

  DEVICE_MEMBER void seek(const Place& place) {
    const u16* plane = place.low_b() ? weights.low : weights.high;
    origin = plane + (long long)(place.step * STEP / shape.channels) * shape.outputs + column;
    line = place.step * STEP % shape.channels;
  }

  DEVICE_MEMBER void load(u32 tile) {
    bool exists = column < shape.outputs;
    UNROLL for (int i = 0; i < OWN; i++) {
      int own = thread_index() / CHUNKS + i * LINES;
      cp_async16(Tile::chunk(tile, own, thread_index() % CHUNKS),
                 exists ? origin + (long long)(line + own) * length : weights.high, exists);
    }
  }

  DEVICE_MEMBER void advance(const Place&) {
    line += STEP;
    if (line == shape.channels) {
      line = 0;
      origin += shape.outputs;
    }
  }
};

// A tile of the product, BM rows and BN columns, of which each warp makes WM by WN.
template <bool ALONE, int BM, int BN, int WM, int WN, bool BACKWARD, class Weights>
DEVICE void convolve(Source x, Source w, const Output& output, const Shape& shape, float* partial, int slices) {
  using TileA = RowTile<BM>;
  using TileB = typename Weights::Tile;
  int tiles = (shape.outputs + BN - 1) / BN;  // of a row of tiles: neighbours read the same pixels
  int m = block_x() / tiles * BM;
  int n = block_x() % tiles * BN;

  int steps = shape.side * shape.side * shape.channels / STEP;
  int all = x.low ? 3 * steps : steps;
  int from = (int)((long long)all * block_y() / slices);
  int to = (int)((long long)all * (block_y() + 1) / slices);
  Place place = Place::of(from, steps, x.low != nullptr);
  Patches<BM, BACKWARD> patches(x, shape, output, m);
  Weights weights(w, shape, steps, n);
  patches.seek(place);
  weights.seek(place);
  int warp = thread_index() / 32;
  WarpProduct<TileA, TileB, WM, WN> product(warp / (BN / WN) * WM, warp % (BN / WN) * WN);
  multiply<ALONE>(
      to - from,
      [&](u32 buffer) {
        patches.load(buffer);
        weights.load(buffer + TileA::BYTES);
        if (place.advance(steps)) {
          patches.seek(place);
          weights.seek(place);
        } else {
          patches.advance(place);
          weights.advance(place);
        }
      },
      product);

  // Through shared memory, 128 rows at a time, so that a thread has eight channels of a pixel, or of a whole window.
  constexpr int PART = 128;
  constexpr int LINES = THREADS / (BN / CHUNK);  // rows, or windows, that the block writes at once
  FloatTile<BN> tile{(float*)shared_memory()};
  int column = thread_index() % (BN / CHUNK) * CHUNK;
  int line = thread_index() / (BN / CHUNK);
  int channel = n + column;
  bool exists = channel < shape.outputs;
  bool windows = output.pooled && slices == 1;
  float bias[8];
  zero(bias);
  if (exists) output.load_bias(channel, bias);
  if (slices > 1) partial += (long long)block_y() * output.rows() * shape.outputs;
  for (int part = 0; part < BM; part += PART) {
    Four masks[PART / LINES];
    UNROLL for (int i = 0; i < PART / LINES; i++) {
      int row = m + part + line + i * LINES;
      if (slices == 1 && exists && row < output.rows()) masks[i] = output.load_mask(row, channel);
    }
    if (part > 0) barrier();
    if (product.m / PART == part / PART) {
      product.for_each_pair([&](int row, int to, float first, float second) {
        tile.put(row - part, to, first, second);
      });
    }
    barrier();
    if (windows) {
      for (int local = line * 4; local < PART; local += LINES * 4) {
        int row = m + part + local;
        if (!exists || row >= output.rows()) continue;
        output.write_window(row / 4, channel, bias, [&](int r, float(&v)[8]) { tile.get8(local + r, column, v); });
      }
      continue;
    }
    UNROLL for (int i = 0; i < PART / LINES; i++) {
      int local = line + i * LINES;
      int row = m + part + local;
      if (!exists || row >= output.rows()) continue;
      float v[8];
      tile.get8(local, column, v);
      if (slices > 1) {
        store_floats(partial + (long long)row * shape.outputs + channel, v);
      } else {
        output.write(row, channel, bias, masks[i], v);
      }
    }
  }
}

// Maps and weights: the low plane is null in the precision bf16. Weights are [K][side * side][C]. `floats`
// takes the result as floats if y is null. With several slices, `partial` takes [slices][rows][outputs] instead. `pad` is side / 2, or 0 for a result that is side - 1 smaller.
#define FORWARD(name, BLOCKS, BM, BN, WM, WN)                                                                            \
  KERNEL(THREADS, BLOCKS)                                                                                          \
  name(const u16* x, const u16* x_low, const u16* w, const u16* w_low, const float* bias, u16* y, u16* y_low,      \
       float* floats, u8* argmax, float* partial, int images, int height, int width, int channels, int outputs,    \
       int side, int pad, int rectified, int pooled, int slices) {                                                 \
    Shape shape{images, height, width, channels, outputs, side, pad};                                              \
    Output output{{y, y_low}, floats, bias, nullptr, 1.f, argmax, images, height + 2 * pad - side + 1,             \
                  width + 2 * pad - side + 1, outputs, rectified != 0, pooled != 0};                               \
    convolve<BLOCKS == 1, BM, BN, WM, WN, false, OutputWeights<BN>>({x, x_low}, {w, w_low}, output, shape, partial, slices);    \
  }                                                                                                                \
  EXPORT(name)

FORWARD(convolution_forward_256x128, 1, 256, 128, 64, 64)
FORWARD(convolution_forward_128x128, 2, 128, 128, 64, 32)
FORWARD(convolution_forward_128x64, 2, 128, 64, 32, 32)

// dy is the map [images][height][width][channels] that is read, dx has `outputs` channels. dx is zero where the
// mask, the map that the layer read in the forward pass, is; elsewhere it is multiplied by mask_scale.
#define BACKWARD(name, BLOCKS, BM, BN, WM, WN)                                                                           \
  KERNEL(THREADS, BLOCKS)                                                                                          \
  name(const u16* dy, const u16* dy_low, const u16* w, const u16* w_low, const u16* mask, float mask_scale,        \
       u16* dx, u16* dx_low, float* partial, int images, int height, int width, int channels, int outputs,         \
       int side, int pad, int slices) {                                                                            \
    Shape shape{images, height, width, channels, outputs, side, pad};                                              \
    Output output{{dx, dx_low}, nullptr, nullptr, mask, mask_scale, nullptr, images,                               \
                  height - 2 * pad + side - 1, width - 2 * pad + side - 1, outputs, false, false};                 \
    convolve<BLOCKS == 1, BM, BN, WM, WN, true, InputWeights<BN>>({dy, dy_low}, {w, w_low}, output, shape, partial, slices);    \
  }                                                                                                                \
  EXPORT(name)

BACKWARD(convolution_backward_256x128, 1, 256, 128, 64, 64)
BACKWARD(convolution_backward_128x128, 2, 128, 128, 64, 32)
BACKWARD(convolution_backward_128x64, 2, 128, 64, 32, 32)
