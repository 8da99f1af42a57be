// The step of gradient descent, and sums of gradients. All counts are multiples of 8.
#include "values.cuh"

constexpr int THREADS = 256;

// The sum of eight values' slices, [slices][count], in order.
DEVICE void sum_slices(const float* slices, int number, int count, int at, float (&sum)[8]) {
  load_floats(slices + at, sum);
  for (int slice = 1; slice < number; slice++) {
    float part[8];
    load_floats(slices + (long long)slice * count + at, part);
    UNROLL for (int i = 0; i < 8; i++) sum[i] += part[i];
  }
}

// v = momentum * v - rate * (g + decay * w); w = w + v (Krizhevsky et al. 2012, section 5), g being the sum of its
// slices. What the products read, w rounded to bf16 (and what that leaves), is written in the same pass; null for none.
KERNEL(THREADS, 1)
sgd(float* weights, float* velocity, const float* gradient, int slices, u16* rounded, u16* rounded_low, int count,
    float rate, float momentum, float decay) {
  int at = (block_x() * THREADS + thread_index()) * 8;
  if (at >= count) return;
  float w[8];
  float v[8];
  float g[8];
  load_floats(weights + at, w);
  load_floats(velocity + at, v);
  sum_slices(gradient, slices, count, at, g);
  UNROLL for (int i = 0; i < 8; i++) {
    v[i] = momentum * v[i] - rate * (g[i] + decay * w[i]);
    w[i] += v[i];
  }
  store_floats(weights + at, w);
  store_floats(velocity + at, v);
  if (rounded) Target{rounded, rounded_low}.store8(at, w);
}
EXPORT(sgd)

// Writes the sum of slices, or adds it: a batch in micro-batches.
KERNEL(THREADS, 1)
add_slices(const float* slices, int number, float* gradient, int count, int add) {
  int at = (block_x() * THREADS + thread_index()) * 8;
  if (at >= count) return;
  float sum[8];
  sum_slices(slices, number, count, at, sum);
  if (add) {
    float before[8];
    load_floats(gradient + at, before);
    UNROLL for (int i = 0; i < 8; i++) sum[i] += before[i];
  }
  store_floats(gradient + at, sum);
}
EXPORT(add_slices)
