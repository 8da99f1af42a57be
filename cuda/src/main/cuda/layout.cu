// From the layouts of the CPU and of files to those of the GPU, and back.
#include "values.cuh"

constexpr int THREADS = 256;

// Images as floats [N][3][H][W] become the map that the first convolution reads as one of side 1: its channels are what
// the filters of a pixel cover, [3][SIDE][SIDE], padded with zeros; the last is 1, so that the gradient with respect to
// its weight, which is 0, is the one with respect to the bias.
template <int SIDE>
DEVICE void to_patches(const float* images, Target map, int count, int height, int width) {
  constexpr int TAPS = SIDE * SIDE;
  constexpr int CHUNKS = (3 * TAPS + 31) / 32 * 4;
  int item = block_x() * THREADS + thread_index();
  int chunk = item % CHUNKS;  // neighbouring threads write neighbouring channels
  int pixel = item / CHUNKS;
  int line = pixel / width;
  int image = line / height;
  if (image >= count) return;
  int y = line % height - SIDE / 2;
  int x = pixel % width - SIDE / 2;
  const float* own = images + (long long)image * 3 * height * width;
  float v[8];
  UNROLL for (int i = 0; i < 8; i++) {
    int at = 8 * chunk + i;
    int row = y + at % TAPS / SIDE;
    int column = x + at % SIDE;
    bool inside = at < 3 * TAPS && row >= 0 && row < height && column >= 0 && column < width;
    v[i] = inside ? load(own + (at / TAPS * height + row) * width + column) : at == 8 * CHUNKS - 1 ? 1.f : 0.f;
  }
  map.store8((long long)item * 8, v);
}

#define TO_PATCHES(name, SIDE)                                                                                       \
  KERNEL(THREADS, 1) name(const float* images, u16* map, u16* map_low, int count, int height, int width) {           \
    to_patches<SIDE>(images, {map, map_low}, count, height, width);                                                  \
  }                                                                                                                  \
  EXPORT(name)

TO_PATCHES(images_to_patches_3, 3)
TO_PATCHES(images_to_patches_5, 5)

// A map becomes floats [N][channels][H][W], without the channels that fill up.
KERNEL(THREADS, 1)
map_to_planes(const u16* map, const u16* map_low, float* planes, int images, int channels, int height, int width,
              int padded) {
  int item = block_x() * THREADS + thread_index();
  int area = height * width;
  int pixel = item % area;
  int chunk = item / area % (padded / 8);
  int image = item / area / (padded / 8);
  if (image >= images) return;
  float v[8];
  Source{map, map_low}.load8(((long long)image * area + pixel) * padded + 8 * chunk, v);
  UNROLL for (int i = 0; i < 8; i++) {
    int channel = 8 * chunk + i;
    if (channel < channels) store(planes + ((long long)image * channels + channel) * area + pixel, v[i]);
  }
}
EXPORT(map_to_planes)

// Weights as files have them, [K][C][taps], become [K padded][taps][C padded], filled up with zeros. Also what the maps are that a fully connected layer reads: taps are then the pixels.
KERNEL(THREADS, 1)
weights_to_rows(const float* weights, float* rows, int outputs, int channels, int taps, int padded,
                int padded_outputs) {
  int length = taps * padded;
  long long item = (long long)block_x() * THREADS + thread_index();
  if (item >= (long long)padded_outputs * length) return;
  int k = (int)(item / length);
  int at = (int)(item % length);
  int tap = at / padded;
  int channel = at % padded;
  bool exists = k < outputs && channel < channels;
  store(rows + item, exists ? load(weights + ((long long)k * channels + channel) * taps + tap) : 0.f);
}
EXPORT(weights_to_rows)

// The reverse.
KERNEL(THREADS, 1)
rows_to_weights(const float* rows, float* weights, int outputs, int channels, int taps, int padded) {
  long long item = (long long)block_x() * THREADS + thread_index();
  if (item >= (long long)outputs * channels * taps) return;
  int tap = (int)(item % taps);
  int channel = (int)(item / taps % channels);
  int k = (int)(item / taps / channels);
  store(weights + item, load(rows + ((long long)k * taps + tap) * padded + channel));
}
EXPORT(rows_to_weights)

// Moves the last value of each row to the biases, and leaves 0.
KERNEL(THREADS, 1)
take_biases(float* rows, float* biases, int number, int length) {
  int row = block_x() * THREADS + thread_index();
  if (row >= number) return;
  float* last = rows + (long long)row * length + length - 1;
  store(biases + row, load(last));
  store(last, 0.f);
}
EXPORT(take_biases)

// Rounds floats, a multiple of 8, to bf16 (and what that leaves).
KERNEL(THREADS, 1)
round_values(const float* values, u16* rounded, u16* rounded_low, int count) {
  int at = (block_x() * THREADS + thread_index()) * 8;
  if (at >= count) return;
  float v[8];
  load_floats(values + at, v);
  Target{rounded, rounded_low}.store8(at, v);
}
EXPORT(round_values)
