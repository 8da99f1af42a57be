// What a GPU can do at best, to compare with what networks get of it. The results are written so that no compiler
// leaves the work out.
#include "values.cuh"

constexpr int THREADS = 256;

// Products of bf16 matrices in registers, eight that do not wait for each other in each warp.
KERNEL(THREADS, 1)
probe_products(float* results, int rounds) {
  float sums[8][4];
  UNROLL for (int i = 0; i < 8; i++) {
    UNROLL for (int j = 0; j < 4; j++) sums[i][j] = 0.f;
  }
  u32 one = bf16_pair(1.f, 1.f);
  u32 a[4] = {one, one, one, one};
  u32 b = bf16_pair((float)(thread_index() % 2), 0.f);
  for (int round = 0; round < rounds; round++) {
    UNROLL for (int i = 0; i < 8; i++) mma_bf16_16816(sums[i], a, b, b);
  }
  float sum = 0.f;
  UNROLL for (int i = 0; i < 8; i++) {
    UNROLL for (int j = 0; j < 4; j++) sum += sums[i][j];
  }
  store(results + block_x() * THREADS + thread_index(), sum);
}
EXPORT(probe_products)

// Reads 16 bytes at a time, neighbouring threads side by side.
KERNEL(THREADS, 1)
probe_read(const Four* memory, int chunks, float* results) {
  u32 sum = 0;
  int stride = blocks_x() * THREADS;
  for (int at = block_x() * THREADS + thread_index(); at < chunks; at += stride) {
    Four four = load(memory + at);
    sum ^= four.x ^ four.y ^ four.z ^ four.w;
  }
  store(results + block_x() * THREADS + thread_index(), (float)sum);
}
EXPORT(probe_read)
