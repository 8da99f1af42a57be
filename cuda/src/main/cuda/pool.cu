// 2x2 max pooling of stride 2; an odd last row or column is dropped. The convolution's epilogue does the same.
#include "values.cuh"

constexpr int THREADS = 256;

// y is [images][height / 2][width / 2][channels]; argmax, if wanted, has a byte for each of its values: which pixel of
// the window was the largest, 2 * row + column, the first if several are equal.
KERNEL(THREADS, 1)
max_pool(const u16* x, const u16* x_low, u16* y, u16* y_low, u8* argmax, int images, int height, int width,
         int channels) {
  int item = block_x() * THREADS + thread_index();
  int chunks = channels / 8;
  int channel = item % chunks * 8;
  int window = item / chunks;
  int column = window % (width / 2);
  int line = window / (width / 2);
  int image = line / (height / 2);
  if (image >= images) return;
  long long first = (((long long)image * height + line % (height / 2) * 2) * width + column * 2) * channels + channel;
  Window largest;
  UNROLL for (int i = 0; i < 4; i++) {
    float v[8];
    Source{x, x_low}.load8(first + ((long long)(i / 2) * width + i % 2) * channels, v);
    largest.take(i, v);
  }
  largest.write({y, y_low}, argmax, (long long)window * channels + channel);
}
EXPORT(max_pool)

// Hands each gradient to the pixel that its value came from. dx [images][height][width][channels] is written whole.
KERNEL(THREADS, 1)
max_pool_backward(const u16* dy, const u16* dy_low, const u8* argmax, u16* dx, u16* dx_low, int images, int height,
                  int width, int channels) {
  int item = block_x() * THREADS + thread_index();
  int chunks = channels / 8;
  int channel = item % chunks * 8;
  int pixel = item / chunks;
  int x = pixel % width;
  int line = pixel / width;
  int y = line % height;
  int image = line / height;
  if (image >= images) return;
  float v[8];
  zero(v);
  if (y / 2 < height / 2 && x / 2 < width / 2) {
    long long window = ((long long)image * (height / 2) + y / 2) * (width / 2) + x / 2;
    Two bytes = load((const Two*)(argmax + window * channels + channel));
    Source{dy, dy_low}.load8(window * channels + channel, v);
    UNROLL for (int c = 0; c < 8; c++) {
      int which = ((c < 4 ? bytes.x : bytes.y) >> 8 * (c % 4)) & 0xff;
      v[c] = which == y % 2 * 2 + x % 2 ? v[c] : 0.f;
    }
  }
  Target{dx, dx_low}.store8((long long)pixel * channels + channel, v);
}
EXPORT(max_pool_backward)
