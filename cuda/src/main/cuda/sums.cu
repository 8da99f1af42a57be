// Sums over the pixels of all images for each channel: the gradient with respect to a bias, and what a batch norm
// needs.
#include "pieces.cuh"
#include "sums.cuh"

// The gradient with respect to a bias, of one layer.
struct alignas(64) GradientPiece {
  u64 gradient, gradient_low;  // with respect to its output
  u64 slices;                  // floats [number][channels]
  int first;                   // block
  int number, pixels, channels;
};

// The gradients with respect to biases: [slices][channels] for each of the pieces.
KERNEL(THREADS, 1)
bias_gradient(const GradientPiece* pieces, int number) {
  GradientPiece piece = piece_of_block(pieces, number);
  Source map{global<u16>(piece.gradient), global<u16>(piece.gradient_low)};
  int groups = piece.channels / CHANNELS;
  int block = block_x() - piece.first;
  Slice slice{block / groups, piece.number, block % groups};
  sum_pixels<1>(slice, piece.pixels, piece.channels, global<float>(piece.slices),
                [&](int pixel, int channel, float(&sums)[1][8]) {
                  float v[8];
                  map.load8((long long)pixel * piece.channels + channel, v);
                  UNROLL for (int i = 0; i < 8; i++) sums[0][i] += v[i];
                });
}
EXPORT(bias_gradient)

// Sums of x and x^2, both less the first pixel's value, so that a large mean takes no digits: [slices][2][channels].
KERNEL(THREADS, 1)
moment_sums(const u16* x, const u16* x_low, float* slices, int pixels, int channels) {
  Source map{x, x_low};
  Slice slice{block_y(), blocks_y(), block_x()};
  float first[8];
  map.load8(slice.group * CHANNELS + thread_index() % (CHANNELS / 8) * 8, first);
  sum_pixels<2>(slice, pixels, channels, slices, [&](int pixel, int channel, float(&sums)[2][8]) {
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
  Slice slice{block_y(), blocks_y(), block_x()};
  float means[8];
  load_floats(mean + slice.group * CHANNELS + thread_index() % (CHANNELS / 8) * 8, means);
  sum_pixels<2>(slice, pixels, channels, slices, [&](int pixel, int channel, float(&sums)[2][8]) {
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
