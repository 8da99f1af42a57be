// Soft-max and sigmoids, and their cross-entropies with the labels, in doubles: a few thousand numbers, of which all others depend.
#include "values.cuh"

constexpr int THREADS = 256;

// e^x for x <= 0, to about 1e-15: 2^n e^r with |r| <= ln 2 / 2.
DEVICE double exponential(double x) {
  if (x < -700) return 0;
  int n = (int)(x * 1.4426950408889634 - 0.5);
  double r = x - n * 0.6931471803691238 - n * 1.9082149292705877e-10;
  double sum = 1;
  UNROLL for (int i = 14; i > 0; i--) sum = 1 + sum * r / i;
  return sum * bits_to_double((u64)(n + 1023) << 52);
}

// ln x for a finite x >= 1, to about 1e-15: n ln 2 + ln m, and ln m = 2 artanh((m - 1) / (m + 1)).
DEVICE double logarithm(double x) {
  u64 bits = double_to_bits(x);
  int n = (int)(bits >> 52) - 1023;
  double m = bits_to_double((bits & 0xfffffffffffffull) | 1023ull << 52);
  if (m > 1.4142135623730951) {
    m /= 2;
    n++;
  }
  double s = (m - 1) / (m + 1);
  double sum = 0;
  UNROLL for (int i = 23; i > 0; i -= 2) sum = sum * s * s + 1.0 / i;
  return n * 0.6931471805599453 + 2 * s * sum;
}

// Combines the values of all threads of the block, which all receive the result: of sums, in an order that is fixed.
template <class Combine>
DEVICE double over_block(double value, Combine combine) {
  double* shared = (double*)shared_memory();
  shared[thread_index()] = value;
  for (int half = THREADS / 2; half > 0; half /= 2) {
    barrier();
    if (thread_index() < half) {
      shared[thread_index()] = combine(shared[thread_index()], shared[thread_index() + half]);
    }
  }
  barrier();
  double result = shared[0];
  barrier();
  return result;
}

DEVICE double larger(double a, double b) { return a > b || a != a ? a : b; }  // NaN comes through
DEVICE double sum(double a, double b) { return a + b; }

// The largest score of a row and the sum of e^(score - largest).
struct Row {
  double largest, sum_of_powers;

  DEVICE_MEMBER static Row of(const float* scores, int classes) {
    double most = -__builtin_inf();
    for (int k = thread_index(); k < classes; k += THREADS) most = larger(most, load(scores + k));
    most = over_block(most, [](double a, double b) { return larger(a, b); });
    double powers = 0;
    for (int k = thread_index(); k < classes; k += THREADS) powers += exponential(load(scores + k) - most);
    return {most, over_block(powers, [](double a, double b) { return sum(a, b); })};
  }
};

// A block for each row: posteriors [images][classes] of scores [images][padded].
KERNEL(THREADS, 1)
softmax(const float* scores, float* posteriors, int classes, int padded) {
  const float* own = scores + (long long)block_x() * padded;
  Row row = Row::of(own, classes);
  for (int k = thread_index(); k < classes; k += THREADS) {
    double posterior = exponential(load(own + k) - row.largest) / row.sum_of_powers;
    store(posteriors + (long long)block_x() * classes + k, (float)posterior);
  }
}
EXPORT(softmax)

// A class's part of a loss; none of one that is no target, however small its posterior.
DEVICE double part(double target, double log_of_all, float score) {
  return target == 0 ? 0 : target * (log_of_all - score);
}

// A block for each row: its loss in nats, whether its first label's score is the largest (of equal ones the first), and
// the gradient with respect to the scores, times gradient_scale, as a map with `padded` channels. The target of a class
// is what all rows have in common, `common` [classes] with the sum behind it, or null; plus the share of each of the
// row's two labels that is this class: labels [images][2], and shares, doubles [images][2] at a multiple of 4 bytes.
KERNEL(THREADS, 1)
softmax_cross_entropy(const float* scores, const int* labels, const int* shares, const double* common,
                      float gradient_scale, u16* gradient, u16* gradient_low, double* losses, double* correct,
                      int classes, int padded) {
  const float* own = scores + (long long)block_x() * padded;
  Row row = Row::of(own, classes);
  int label = load(labels + 2 * block_x());
  int other_label = load(labels + 2 * block_x() + 1);
  double share = load_double(shares + 4 * block_x());
  double other_share = load_double(shares + 4 * block_x() + 2);
  double total = (common ? load(common + classes) : 0) + share + other_share;
  float score = load(own + label);
  double better = 0;
  for (int k = thread_index(); k < classes; k += THREADS) {
    float other = load(own + k);
    if (k != label && !(other < score || (other == score && k > label))) better++;
  }
  better = over_block(better, [](double a, double b) { return sum(a, b); });
  bool finite = row.sum_of_powers >= 1;  // else it is NaN
  double log_of_all = finite ? logarithm(row.sum_of_powers) + row.largest : row.sum_of_powers;
  double of_common = 0;
  if (common) {
    for (int k = thread_index(); k < classes; k += THREADS) of_common += part(load(common + k), log_of_all, load(own + k));
    of_common = over_block(of_common, [](double a, double b) { return sum(a, b); });
  }
  if (thread_index() == 0) {
    double of_labels = part(share, log_of_all, score) + part(other_share, log_of_all, load(own + other_label));
    store(losses + block_x(), of_labels + of_common);
    store(correct + block_x(), better == 0 ? 1. : 0.);
  }
  for (int first = thread_index() * 8; first < padded; first += THREADS * 8) {
    float v[8];
    UNROLL for (int i = 0; i < 8; i++) {
      int k = first + i;
      v[i] = 0.f;
      if (k < classes) {
        double posterior = exponential(load(own + k) - row.largest) / row.sum_of_powers;
        double target = common ? load(common + k) : 0;
        target += (k == label ? share : 0) + (k == other_label ? other_share : 0);
        v[i] = (float)((posterior * total - target) * gradient_scale);
      }
    }
    Target{gradient, gradient_low}.store8((long long)block_x() * padded + first, v);
  }
}
EXPORT(softmax_cross_entropy)

// A block for each row, whose image may show several classes: the mean, over the classes for which that is known, of the
// binary cross-entropies of the scores' sigmoids with the targets, floats [images][classes] in [0, 1], NaN where nothing is
// known; whether score and target are on the same side for all of these; and the gradient as above. The term of a class
// that is shown counts `weights` [classes] times; null: once.
KERNEL(THREADS, 1)
label_cross_entropy(const float* scores, const float* targets, const double* weights, float gradient_scale,
                    u16* gradient, u16* gradient_low, double* losses, double* correct, int classes, int padded) {
  const float* own = scores + (long long)block_x() * padded;
  const float* wanted = targets + (long long)block_x() * classes;
  double known = 0;
  double wrong = 0;
  double loss = 0;
  for (int k = thread_index(); k < classes; k += THREADS) {
    float target = load(wanted + k);
    if (target != target) continue;
    double score = load(own + k);
    double small = exponential(score < 0 ? score : -score);  // e^-|score|
    double of_shown = (small == small ? logarithm(1 + small) : small) + (score < 0 ? -score : 0);
    double weight = weights ? load(weights + k) : 1;
    loss += (1 - (double)target) * score + (1 + (weight - 1) * target) * of_shown;
    wrong += (score >= 0) != (target >= 0.5f);
    known++;
  }
  known = over_block(known, [](double a, double b) { return sum(a, b); });
  wrong = over_block(wrong, [](double a, double b) { return sum(a, b); });
  loss = over_block(loss, [](double a, double b) { return sum(a, b); });
  double share = known > 0 ? 1 / known : 1;
  if (thread_index() == 0) {
    store(losses + block_x(), loss * share);
    store(correct + block_x(), wrong == 0 ? 1. : 0.);
  }
  for (int first = thread_index() * 8; first < padded; first += THREADS * 8) {
    float v[8];
    UNROLL for (int i = 0; i < 8; i++) {
      int k = first + i;
      v[i] = 0.f;
      if (k >= classes) continue;
      float target = load(wanted + k);
      if (target != target) continue;
      double score = load(own + k);
      double small = exponential(score < 0 ? score : -score);
      double not_shown = (score < 0 ? 1 : small) / (1 + small);  // the sigmoid of -score
      double weight = weights ? load(weights + k) : 1;
      double slope = 1 - (double)target - (1 + (weight - 1) * target) * not_shown;
      v[i] = (float)(slope * share * gradient_scale);
    }
    Target{gradient, gradient_low}.store8((long long)block_x() * padded + first, v);
  }
}
EXPORT(label_cross_entropy)

// One block: writes, or adds, the sum of the losses and the number of correct ones to totals[0] and totals[1].
KERNEL(THREADS, 1)
sum_losses(const double* losses, const double* correct, int images, double* totals, int add) {
  double loss = 0;
  double right = 0;
  for (int i = thread_index(); i < images; i += THREADS) {
    loss += load(losses + i);
    right += load(correct + i);
  }
  loss = over_block(loss, [](double a, double b) { return sum(a, b); });
  right = over_block(right, [](double a, double b) { return sum(a, b); });
  if (thread_index() == 0) {
    store(totals, add ? load(totals) + loss : loss);
    store(totals + 1, add ? load(totals + 1) + right : right);
  }
}
EXPORT(sum_losses)
