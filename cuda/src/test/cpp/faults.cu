// Kernels for the emulator's own tests: some right, each of the others with one fault that must be noticed.
#include "device.cuh"

KERNEL(1024, 1) test_scale(const float* x, float* y, float factor, int n) {
  int i = block_x() * block_threads() + thread_index();
  if (i < n) store(y + i, load(x + i) * factor);
}
EXPORT(test_scale)

// Reverses the 64 numbers of a block by way of shared memory.
template <bool WAIT>
DEVICE void reverse(const float* x, float* y) {
  float* tile = (float*)shared_memory();
  int at = block_x() * 64;
  tile[thread_index()] = load(x + at + thread_index());
  if (WAIT) barrier();
  store(y + at + thread_index(), tile[63 - thread_index()]);
}
KERNEL(64, 1) test_reverse(const float* x, float* y) { reverse<true>(x, y); }
EXPORT(test_reverse)
KERNEL(64, 1) test_reverse_without_barrier(const float* x, float* y) { reverse<false>(x, y); }
EXPORT(test_reverse_without_barrier)

// Adds up tiles of 64 numbers by way of shared memory, which the second barrier keeps until all have read it.
template <bool SECOND>
DEVICE void sum_tiles(const float* x, float* y, int tiles) {
  float* tile = (float*)shared_memory();
  float sum = 0.f;
  for (int i = 0; i < tiles; i++) {
    tile[thread_index()] = load(x + i * 64 + thread_index());
    barrier();
    sum += tile[63 - thread_index()];
    if (SECOND) barrier();
  }
  store(y + thread_index(), sum);
}
KERNEL(64, 1) test_sum_tiles(const float* x, float* y, int tiles) { sum_tiles<true>(x, y, tiles); }
EXPORT(test_sum_tiles)
KERNEL(64, 1) test_sum_tiles_one_barrier(const float* x, float* y, int tiles) { sum_tiles<false>(x, y, tiles); }
EXPORT(test_sum_tiles_one_barrier)

KERNEL(64, 1) test_divergent_barrier(float* y) {
  if (thread_index() < 32) {
    barrier();
  } else {
    store(y, 1.f);
    barrier();
  }
}
EXPORT(test_divergent_barrier)

KERNEL(64, 1) test_return_before_barrier(float* y) {
  if (thread_index() == 40) return;
  barrier();
  store(y + thread_index(), 1.f);
}
EXPORT(test_return_before_barrier)

KERNEL(64, 1) test_divergent_shuffle(float* y) {
  float value = 1.f;
  if (thread_index() % 2) value = shuffle_xor(value, 1);
  barrier();
  store(y + thread_index(), value);
}
EXPORT(test_divergent_shuffle)

KERNEL(64, 1) test_misaligned(const float* x, float* y) {
  Four four = load((const Four*)(x + 1));
  store(y + thread_index(), bits_to_float(four.x));
}
EXPORT(test_misaligned)

KERNEL(64, 1) test_shared_overrun(float* y) {
  float* tile = (float*)shared_memory();
  tile[thread_index() + 1] = 1.f;
  barrier();
  store(y + thread_index(), tile[0]);
}
EXPORT(test_shared_overrun)

// Copies 16 numbers of each of 64 rows asynchronously and adds up a row.
template <bool WAIT, bool BARRIER>
DEVICE void sum_rows(const float* x, float* y) {
  int t = thread_index();
  char* shared = shared_memory();
  for (int i = 0; i < 4; i++) {
    cp_async16(shared_address(shared + (i * 64 + t) * 16), x + (i * 64 + t) * 4, true);
  }
  cp_async_commit();
  if (WAIT) cp_async_wait<0>();
  if (BARRIER) barrier();
  float sum = 0.f;
  for (int i = 0; i < 16; i++) sum += ((float*)shared)[t * 16 + i];
  if (!WAIT) cp_async_wait<0>();
  store(y + t, sum);
}
KERNEL(64, 1) test_sum_rows(const float* x, float* y) { sum_rows<true, true>(x, y); }
EXPORT(test_sum_rows)
KERNEL(64, 1) test_sum_rows_without_wait(const float* x, float* y) { sum_rows<false, true>(x, y); }
EXPORT(test_sum_rows_without_wait)
KERNEL(64, 1) test_sum_rows_without_barrier(const float* x, float* y) { sum_rows<true, false>(x, y); }
EXPORT(test_sum_rows_without_barrier)

KERNEL(64, 1) test_copy_never_arrives(const float* x) {
  cp_async16(shared_address(shared_memory()) + thread_index() * 16, x, true);
  cp_async_commit();
}
EXPORT(test_copy_never_arrives)

// d = a b for a 16x16 and b 16x8, both bf16 by rows: by ldmatrix and the warp's product.
KERNEL(32, 1) test_product(const u16* a, const u16* b, float* d) {
  char* shared = shared_memory();
  int lane = thread_index();
  cp_async16(shared_address(shared + lane * 16), a + lane * 8, true);
  cp_async16(shared_address(shared + 512 + lane * 16), b + lane * 8, lane < 16);
  cp_async_commit();
  cp_async_wait<0>();
  barrier();
  u32 left[4], right[4];
  float sums[4] = {0.f, 0.f, 0.f, 0.f};
  ldmatrix_x4(left, shared_address(shared + (lane & 15) * 32 + (lane >> 4) * 16));
  ldmatrix_x4_trans(right, shared_address(shared + 512 + lane * 16));
  mma_bf16_16816(sums, left, right[0], right[1]);
  int row = lane / 4, column = lane % 4 * 2;
  store(d + row * 8 + column, sums[0]);
  store(d + row * 8 + column + 1, sums[1]);
  store(d + (row + 8) * 8 + column, sums[2]);
  store(d + (row + 8) * 8 + column + 1, sums[3]);
}
EXPORT(test_product)

KERNEL(32, 1) test_warp_sum(const double* x, double* y) {
  double sum = load(x + thread_index());
  for (int mask = 16; mask; mask >>= 1) sum += shuffle_xor(sum, mask);
  store(y + thread_index(), sum);
}
EXPORT(test_warp_sum)
