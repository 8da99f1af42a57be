// Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3) with the exponent 0.75:
//
//   y[c] = x[c] s[c]^-0.75,   s[c] = k + alpha * sum over |j - c| <= 2 of x[j]^2
//
// What a thread's eight channels need lies in three chunks of eight.
#include "values.cuh"

constexpr int THREADS = 256;
constexpr int RADIUS = 2;

// Eight channels and the eight on either side; zeros where there are none.
DEVICE void load_neighbours(Source map, long long pixel, int channel, int channels, float (&v)[24]) {
  UNROLL for (int part = 0; part < 3; part++) {
    int first = channel + 8 * (part - 1);
    float eight[8];
    zero(eight);
    if (first >= 0 && first < channels) map.load8(pixel * channels + first, eight);
    UNROLL for (int i = 0; i < 8; i++) v[8 * part + i] = eight[i];
  }
}

// s of the channel at index i of the neighbours.
DEVICE float denominator(const float (&x)[24], int i, float k, float alpha) {
  float sum = 0.f;
  UNROLL for (int d = -RADIUS; d <= RADIUS; d++) sum = fused(x[i + d], x[i + d], sum);
  return fused(alpha, sum, k);
}

// r^1.5, which for r = s^-0.5 is s^-0.75.
DEVICE float power(float r) { return r * r * inverse_square_root(r); }

KERNEL(THREADS, 1)
local_response_norm(const u16* x, const u16* x_low, u16* y, u16* y_low, int pixels, int channels, float k, float alpha) {
  int item = block_x() * THREADS + thread_index();
  int channel = item % (channels / 8) * 8;
  int pixel = item / (channels / 8);
  if (pixel >= pixels) return;
  float a[24];
  load_neighbours({x, x_low}, pixel, channel, channels, a);
  float v[8];
  UNROLL for (int i = 0; i < 8; i++) v[i] = a[8 + i] * power(inverse_square_root(denominator(a, 8 + i, k, alpha)));
  Target{y, y_low}.store8((long long)pixel * channels + channel, v);
}
EXPORT(local_response_norm)

// dx[c] = dy[c] s[c]^-0.75 - 1.5 alpha x[c] * sum over the neighbours of dy[j] x[j] s[j]^-1.75, and zero where x is:
// its ReLU was off. Where x is zero, dy may be anything.
KERNEL(THREADS, 1)
local_response_norm_backward(const u16* x, const u16* x_low, const u16* dy, const u16* dy_low, u16* dx, u16* dx_low,
                             int pixels, int channels, float k, float alpha) {
  int item = block_x() * THREADS + thread_index();
  int channel = item % (channels / 8) * 8;
  int pixel = item / (channels / 8);
  if (pixel >= pixels) return;
  float a[24];
  float b[24];
  load_neighbours({x, x_low}, pixel, channel, channels, a);
  load_neighbours({dy, dy_low}, pixel, channel, channels, b);
  float scaled[24];
  float terms[24];
  UNROLL for (int i = 8 - RADIUS; i < 16 + RADIUS; i++) {
    float r = inverse_square_root(denominator(a, i, k, alpha));
    scaled[i] = a[i] > 0.f ? b[i] * power(r) : 0.f;
    terms[i] = a[i] > 0.f ? scaled[i] * a[i] * (r * r) : 0.f;
  }
  float factor = 1.5f * alpha;
  float v[8];
  UNROLL for (int i = 0; i < 8; i++) {
    float sum = 0.f;
    UNROLL for (int d = -RADIUS; d <= RADIUS; d++) sum += terms[8 + i + d];
    v[i] = a[8 + i] > 0.f ? scaled[8 + i] - factor * a[8 + i] * sum : 0.f;
  }
  Target{dx, dx_low}.store8((long long)pixel * channels + channel, v);
}
EXPORT(local_response_norm_backward)
