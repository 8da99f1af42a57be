// The step of gradient descent, and sums of gradients. All counts are multiples of 8.
#include "pieces.cuh"
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

// What a step changes of one parameter. Addresses; 0 for no rounded values.
struct alignas(64) ParameterPiece {
  u64 weights, velocity;  // floats [count]
  u64 gradient;           // floats [slices][count]
  u64 rounded, rounded_low;
  int first;  // block
  int slices, count;
  int rate;  // which of the rates
  float momentum, decay;
};

// v = momentum * v - rate * (g + decay * w); w = w + v (Krizhevsky et al. 2012, section 5), g being the sum of its
// slices, for each of the pieces. What the products read, w rounded to bf16 (and what that leaves), is written in the
// same pass. Changes nothing if there is a loss, and it is not finite. g is multiplied by the factor, if there is one.
KERNEL(THREADS, 1)
sgd(const ParameterPiece* pieces, int number, const float* rates, const double* loss, const float* factor) {
  if (loss && (double_to_bits(load(loss)) >> 52 & 0x7ff) == 0x7ff) return;
  ParameterPiece piece = piece_of_block(pieces, number);
  int at = ((block_x() - piece.first) * THREADS + thread_index()) * 8;
  if (at >= piece.count) return;
  float* weights = global<float>(piece.weights) + at;
  float* velocity = global<float>(piece.velocity) + at;
  float rate = load(rates + piece.rate);
  float w[8];
  float v[8];
  float g[8];
  load_floats(weights, w);
  load_floats(velocity, v);
  sum_slices(global<float>(piece.gradient), piece.slices, piece.count, at, g);
  if (factor) {
    float scale = load(factor);
    UNROLL for (int i = 0; i < 8; i++) g[i] *= scale;
  }
  UNROLL for (int i = 0; i < 8; i++) {
    v[i] = piece.momentum * v[i] - rate * (g[i] + piece.decay * w[i]);
    w[i] += v[i];
  }
  store_floats(weights, w);
  store_floats(velocity, v);
  if (piece.rounded) Target{global<u16>(piece.rounded), global<u16>(piece.rounded_low)}.store8(at, w);
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

constexpr int WARP = 32;
constexpr int PART = 1 << 14;  // values whose squares a warp adds up

DEVICE double over_warp(double sum) {
  for (int mask = WARP / 2; mask > 0; mask /= 2) sum += shuffle_xor(sum, mask);
  return sum;
}

// Each warp writes the sum of the squares of PART values, of the last ones fewer, to parts[count / PART rounded up].
KERNEL(THREADS, 1)
square_sums(const float* values, int count, double* parts) {
  int warp = block_x() * (THREADS / WARP) + thread_index() / WARP;
  if ((long long)warp * PART >= count) return;
  int begin = warp * PART;
  int end = count - begin < PART ? count : begin + PART;
  double sum = 0;
  for (int at = begin + thread_index() % WARP * 8; at < end; at += WARP * 8) {
    float v[8];
    load_floats(values + at, v);
    UNROLL for (int i = 0; i < 8; i++) sum += (double)v[i] * v[i];
  }
  sum = over_warp(sum);
  if (thread_index() % WARP == 0) store(parts + warp, sum);
}
EXPORT(square_sums)

// One warp: what a gradient is multiplied by so that its norm, whose square is the sum of the parts, is at most `most`
// (Pascanu, Mikolov and Bengio 2013). A norm that is no number changes nothing.
KERNEL(WARP, 1)
clip_factor(const double* parts, int number, float most, float* factor) {
  double sum = 0;
  for (int i = thread_index(); i < number; i += WARP) sum += load(parts + i);
  double norm = square_root(over_warp(sum));
  bool clips = norm > most && norm < __builtin_inf();
  if (thread_index() == 0) store(factor, clips ? (float)(most / norm) : 1.f);
}
EXPORT(clip_factor)

// a = a + share * (w - a)
KERNEL(THREADS, 1)
average_weights(const float* weights, float* averages, int count, float share) {
  int at = (block_x() * THREADS + thread_index()) * 8;
  if (at >= count) return;
  float w[8];
  float a[8];
  load_floats(weights + at, w);
  load_floats(averages + at, a);
  UNROLL for (int i = 0; i < 8; i++) a[i] += share * (w[i] - a[i]);
  store_floats(averages + at, a);
}
EXPORT(average_weights)
