// Batch norm with ReLU (Ioffe and Szegedy 2015, arXiv:1502.03167), and the pool that follows it if there is one. The
// sums over pixels are made in sums.cu; here is what becomes of them for each channel, and what is done to each value.
#include "values.cuh"

constexpr int THREADS = 256;
constexpr double EPSILON = 1e-5;

DEVICE double sum_of_slices(const float* slices, int count, int term, int channel, int channels) {
  double sum = 0;
  for (int slice = 0; slice < count; slice++) sum += load(slices + ((long long)slice * 2 + term) * channels + channel);
  return sum;
}

// The forward pass is factor * x + summand.
DEVICE void write_line(const float* scale, const float* shift, double mean, double variance, int channel,
                       float* factor, float* summand) {
  double f = load(scale + channel) / square_root(variance + EPSILON);
  store(factor + channel, (float)f);
  store(summand + channel, (float)(load(shift + channel) - mean * f));
}

// With the statistics of the batch, from moment_sums. The running ones are to move by `share` of the way towards them,
// the variance being that of a sample: what they move by is written, or added, like a gradient (with a minus).
KERNEL(THREADS, 1)
norm_of_batch(const float* slices, int count, const u16* x, const u16* x_low, const float* scale, const float* shift,
              const float* running_mean, const float* running_variance, float share, int pixels, int channels,
              float* mean, float* variance, float* factor, float* summand, float* mean_step, float* variance_step,
              int add) {
  int c = block_x() * THREADS + thread_index();
  if (c >= channels) return;
  float first[8];
  Source{x, x_low}.load8(c / 8 * 8, first);
  float origin = 0.f;
  UNROLL for (int i = 0; i < 8; i++) origin = c % 8 == i ? first[i] : origin;
  double less = sum_of_slices(slices, count, 0, c, channels) / pixels;
  double m = origin + less;
  double v = sum_of_slices(slices, count, 1, c, channels) / pixels - less * less;
  if (v < 0) v = 0;
  store(mean + c, (float)m);
  store(variance + c, (float)v);
  write_line(scale, shift, m, v, c, factor, summand);
  double of_sample = (double)pixels / (pixels - 1);
  float step = (float)(share * (load(running_mean + c) - m));
  store(mean_step + c, add ? load(mean_step + c) + step : step);
  step = (float)(share * (load(running_variance + c) - v * of_sample));
  store(variance_step + c, add ? load(variance_step + c) + step : step);
}
EXPORT(norm_of_batch)

// With the running statistics.
KERNEL(THREADS, 1)
norm_of_running(const float* scale, const float* shift, const float* running_mean, const float* running_variance,
                int channels, float* factor, float* summand) {
  int c = block_x() * THREADS + thread_index();
  if (c >= channels) return;
  write_line(scale, shift, load(running_mean + c), load(running_variance + c), c, factor, summand);
}
EXPORT(norm_of_running)

// y = relu(factor * x + summand)
KERNEL(THREADS, 1)
norm_forward(const u16* x, const u16* x_low, const float* factor, const float* summand, u16* y, u16* y_low, int pixels,
             int channels) {
  int item = block_x() * THREADS + thread_index();
  int channel = item % (channels / 8) * 8;
  int pixel = item / (channels / 8);
  if (pixel >= pixels) return;
  float v[8];
  Source{x, x_low}.load8((long long)pixel * channels + channel, v);
  float f[8];
  float s[8];
  load_floats(factor + channel, f);
  load_floats(summand + channel, s);
  UNROLL for (int i = 0; i < 8; i++) v[i] = relu(fused(f[i], v[i], s[i]));
  Target{y, y_low}.store8((long long)pixel * channels + channel, v);
}
EXPORT(norm_forward)

// The same and the pool, of which y is the result and argmax as in pool.cu.
KERNEL(THREADS, 1)
norm_forward_pooled(const u16* x, const u16* x_low, const float* factor, const float* summand, u16* y, u16* y_low,
                    u8* argmax, int images, int height, int width, int channels) {
  int item = block_x() * THREADS + thread_index();
  int channel = item % (channels / 8) * 8;
  int window = item / (channels / 8);
  int column = window % (width / 2);
  int line = window / (width / 2);
  int image = line / (height / 2);
  if (image >= images) return;
  long long first = (((long long)image * height + line % (height / 2) * 2) * width + column * 2) * channels + channel;
  float f[8];
  float s[8];
  load_floats(factor + channel, f);
  load_floats(summand + channel, s);
  Window largest;
  UNROLL for (int i = 0; i < 4; i++) {
    float v[8];
    Source{x, x_low}.load8(first + ((long long)(i / 2) * width + i % 2) * channels, v);
    UNROLL for (int c = 0; c < 8; c++) v[c] = relu(fused(f[c], v[c], s[c]));
    largest.take(i, v);
  }
  largest.write({y, y_low}, argmax, (long long)window * channels + channel);
}
EXPORT(norm_forward_pooled)

// The gradients with respect to scale and shift, written or added, and the three factors of norm_backward:
// with d = 1 / sqrt(variance + epsilon), M values in a channel and sums over them,
//   dx = scale * d * (g - sum(g) / M - (x - mean) * d^2 * sum(g * (x - mean)) / M);
// running statistics are constants, so that dx = scale * d * g.
KERNEL(THREADS, 1)
norm_gradients(const float* slices, int count, const float* scale, const float* variance, int of_batch, int pixels,
               int channels, float* scale_gradient, float* shift_gradient, int add, float* of_gradient,
               float* of_input, float* constant) {
  int c = block_x() * THREADS + thread_index();
  if (c >= channels) return;
  double sum = sum_of_slices(slices, count, 0, c, channels);
  double product = sum_of_slices(slices, count, 1, c, channels);
  double inverse = 1 / square_root(load(variance + c) + EPSILON);
  double factor = load(scale + c) * inverse;
  store(of_gradient + c, (float)factor);
  store(of_input + c, of_batch ? (float)(-factor * inverse * inverse * product / pixels) : 0.f);
  store(constant + c, of_batch ? (float)(-factor * sum / pixels) : 0.f);
  float gradient = (float)(product * inverse);
  store(scale_gradient + c, add ? load(scale_gradient + c) + gradient : gradient);
  gradient = (float)sum;
  store(shift_gradient + c, add ? load(shift_gradient + c) + gradient : gradient);
}
EXPORT(norm_gradients)

// dx = of_gradient * g + of_input * (x - mean) + constant; dx may be g or x.
KERNEL(THREADS, 1)
norm_backward(const u16* x, const u16* x_low, const u16* g, const u16* g_low, const float* mean,
              const float* of_gradient, const float* of_input, const float* constant, u16* dx, u16* dx_low,
              int pixels, int channels) {
  int item = block_x() * THREADS + thread_index();
  int channel = item % (channels / 8) * 8;
  int pixel = item / (channels / 8);
  if (pixel >= pixels) return;
  long long at = (long long)pixel * channels + channel;
  float v[8];
  float d[8];
  float m[8];
  float fg[8];
  float fx[8];
  float k[8];
  Source{x, x_low}.load8(at, v);
  Source{g, g_low}.load8(at, d);
  load_floats(mean + channel, m);
  load_floats(of_gradient + channel, fg);
  load_floats(of_input + channel, fx);
  load_floats(constant + channel, k);
  UNROLL for (int i = 0; i < 8; i++) v[i] = fused(fg[i], d[i], fused(fx[i], v[i] - m[i], k[i]));
  Target{dx, dx_low}.store8(at, v);
}
EXPORT(norm_backward)
