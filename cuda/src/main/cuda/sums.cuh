// Sums over the pixels of all images for each channel. Pixels are divided into slices; a block sums 64 channels of a
// slice in an order that depends on shapes alone, and what comes after adds the slices in order.
#pragma once
#include "values.cuh"

constexpr int THREADS = 256;
constexpr int CHANNELS = 64;
constexpr int LANES = THREADS / (CHANNELS / 8);  // threads that share eight channels

// Which of the slices a block sums, and which 64 channels.
struct Slice {
  int index, number, group;
};

// Calls add(pixel, channel, sums) for the pixels of this thread, adds up the block's sums, and writes [TERMS][channels]
// of the slice, unless there is nowhere to.
template <int TERMS, class Add>
DEVICE void sum_pixels(Slice slice, int pixels, int channels, float* out, Add add) {
  int channel = slice.group * CHANNELS + thread_index() % (CHANNELS / 8) * 8;
  int lane = thread_index() / (CHANNELS / 8);
  int from = (int)((long long)pixels * slice.index / slice.number);
  int to = (int)((long long)pixels * (slice.index + 1) / slice.number);
  float sums[TERMS][8];
  UNROLL for (int t = 0; t < TERMS; t++) zero(sums[t]);
  for (int pixel = from + lane; pixel < to; pixel += LANES) add(pixel, channel, sums);
  if (!out) return;

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
      store(out + ((long long)slice.index * TERMS + t) * channels + slice.group * CHANNELS + thread_index(),
            shared[thread_index()]);
    }
    barrier();
  }
}
