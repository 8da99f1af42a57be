// Dropout with the very masks of the CPU: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011), keyed by (seed, epoch,
// sample, purpose).
#include "values.cuh"

constexpr int THREADS = 256;

// Replaces the counter, least significant word first, by 128 random bits.
DEVICE void philox(u32 (&words)[4], u32 key0, u32 key1) {
  UNROLL for (int round = 0; round < 10; round++) {
    u32 high0 = multiply_high(0xD2511F53u, words[0]);
    u32 low0 = 0xD2511F53u * words[0];
    u32 high1 = multiply_high(0xCD9E8D57u, words[2]);
    u32 low1 = 0xCD9E8D57u * words[2];
    words[0] = high1 ^ words[1] ^ key0;
    words[1] = low1;
    words[2] = high0 ^ words[3] ^ key1;
    words[3] = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

// In place: value i of a sample is zero if the i-th draw of its stream is below the threshold, and is multiplied by
// the scale if not. `samples` has the index of each image's sample, and behind them the lower half of the seed, its upper
// half, and the epoch.
KERNEL(THREADS, 1)
dropout(u16* values, u16* values_low, const int* samples, int images, int features, int purpose, int threshold,
        float scale) {
  int item = block_x() * THREADS + thread_index();
  int first = item % (features / 8) * 8;
  int image = item / (features / 8);
  if (image >= images) return;
  long long at = (long long)image * features + first;
  u32 seed_low = (u32)load(samples + images);
  u32 seed_high = (u32)load(samples + images + 1);
  u32 epoch = (u32)load(samples + images + 2);
  float v[8];
  Source{values, values_low}.load8(at, v);
  UNROLL for (int half = 0; half < 2; half++) {
    u32 words[4] = {(u32)(first / 4 + half), (u32)purpose, (u32)load(samples + image), epoch};
    philox(words, seed_low, seed_high);
    UNROLL for (int i = 0; i < 4; i++) v[4 * half + i] = words[i] < (u32)threshold ? 0.f : v[4 * half + i] * scale;
  }
  Target{values, values_low}.store8(at, v);
}
EXPORT(dropout)
