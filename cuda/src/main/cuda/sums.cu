// Sums over the pixels of all images for each channel: the gradient with respect to a bias, and what a batch norm
// needs. Pixels are divided into slices, one for each block in y; a block sums 64 channels in an order that depends on
// shapes alone, and what comes after adds the slices in order.
#include "values.cuh"

constexpr int THREADS = 256;
constexpr int CHANNELS = 64;
constexpr int LANES = THREADS / (CHANNELS / 8);  // threads that share eight channels

// Calls add(pixel, channel, sums) for the pixels of this thread, adds up the block's sums, and writes [TERMS][channels].
template <int TERMS, class Add>
DEVICE void sum_pixels(int pixels, int channels, float* out, Add add) {
  int channel = block_x() * CHANNELS + thread_index() % (CHANNELS / 8) * 8;
  int lane = thread_index() / (CHANNELS / 8);
  int from = (int)((long long)pixels * block_y() / blocks_y());
  int to = (int)((long long)pixels * (block_y() + 1) / blocks_y());
  float sums[TERMS][8];
  UNROLL for (int t = 0; t < TERMS; t++) zero(sums[t]);
  for (int pixel = from + lane; pixel < to; pixel += LANES) add(pixel, channel, sums);

  float* shared = (float*)shared_memory();  // [LANES][CHANNELS]
  UNROLL for (int t = 0; t < TERMS; t++) {
    UNROLL for (int i = 0; i < 8; i++) {
      shared[lane * CHANNELS + thread_index() % (CHANNELS / 8) * 8 + i] = sums[t][i];
    }
    for (int half = LANES / 2; half > 0; half /= 2) {
      barrier();
      for (int i = thread_index(); i < half * CHANNELS; i += THREADS) shared[i] += shared[i + half * CHANNELS];
    }
    barrier();
    if (thread_index() < CHANNELS) {
      store(out + ((long long)block_y() * TERMS + t) * channels + block_x() * CHANNELS + thread_index(),
            shared[thread_index()]);
    }
    barrier();
  }
}

// The gradient with respect to a bias: [slices][channels].
KERNEL(THREADS, 1)
bias_gradient(const u16* dy, const u16* dy_low, float* slices, int pixels, int channels) {
  Source map{dy, dy_low};
  sum_pixels<1>(pixels, channels, slices, [&](int pixel, int channel, float(&sums)[1][8]) {
    float v[8];
    map.load8((long long)pixel * channels + channel, v);
    UNROLL for (int i = 0; i < 8; i++) sums[0][i] += v[i];
  });
}
EXPORT(bias_gradient)

// Sums of x and x^2, both less the first pixel's value, so that a large mean takes no digits: [slices][2][channels].
KERNEL(THREADS, 1)
moment_sums(const u16* x, const u16* x_low, float* slices, int pixels, int channels) {
  Source map{x, x_low};
  float first[8];
  map.load8(block_x() * CHANNELS + thread_index() % (CHANNELS / 8) * 8, first);
  sum_pixels<2>(pixels, channels, slices, [&](int pixel, int channel, float(&sums)[2][8]) {
    float v[8];
    map.load8((long long)pixel * channels + channel, v);
    UNROLL for (int i = 0; i < 8; i++) {
      float less = v[i] - first[i];
      sums[0][i] += less;
      sums[1][i] += less * less;
    }
  });
}
EXPORT(moment_sums)

// Sums of the gradient g and of g (x - mean): [slices][2][channels].
KERNEL(THREADS, 1)
norm_gradient_sums(const u16* x, const u16* x_low, const u16* g, const u16* g_low, const float* mean, float* slices,
                   int pixels, int channels) {
  Source map{x, x_low};
  Source gradient{g, g_low};
  float means[8];
  load_floats(mean + block_x() * CHANNELS + thread_index() % (CHANNELS / 8) * 8, means);
  sum_pixels<2>(pixels, channels, slices, [&](int pixel, int channel, float(&sums)[2][8]) {
    float v[8];
    float d[8];
    map.load8((long long)pixel * channels + channel, v);
    gradient.load8((long long)pixel * channels + channel, d);
    UNROLL for (int i = 0; i < 8; i++) {
      sums[0][i] += d[i];
      sums[1][i] += d[i] * (v[i] - means[i]);
    }
  });
}
EXPORT(norm_gradient_sums)
