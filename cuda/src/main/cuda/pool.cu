// 2x2 max pooling of stride 2; an odd last row or column is dropped. The convolution's epilogue does the same. And means over
// whole maps, or windows of them.
#include "sums.cuh"

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

// Hands each gradient to the pixel that its value came from. dx [images][height][width][channels] is written whole. Also
// sums the gradients for each channel, which is the gradient with respect to the convolution's bias: [slices][channels],
// a block in y for each slice; null if not wanted.
KERNEL(THREADS, 1)
max_pool_backward(const u16* dy, const u16* dy_low, const u8* argmax, u16* dx, u16* dx_low, float* slices, int images,
                  int height, int width, int channels) {
  int windows = images * (height / 2) * (width / 2);
  Slice slice{block_y(), blocks_y(), block_x()};
  sum_pixels<1>(slice, windows, channels, slices, [&](int window, int channel, float(&sums)[1][8]) {
    int column = window % (width / 2) * 2;
    int line = window / (width / 2);
    int row = line % (height / 2) * 2;
    int image = line / (height / 2);
    float v[8];
    Source{dy, dy_low}.load8((long long)window * channels + channel, v);
    Two bytes = load((const Two*)(argmax + (long long)window * channels + channel));
    UNROLL for (int i = 0; i < 8; i++) sums[0][i] += v[i];
    // the last window writes the zeros of an odd last row or column, too
    int rows = row + 3 == height ? 3 : 2;
    int columns = column + 3 == width ? 3 : 2;
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++) {
        float part[8];
        UNROLL for (int i = 0; i < 8; i++) {
          int which = ((i < 4 ? bytes.x : bytes.y) >> 8 * (i % 4)) & 0xff;
          part[i] = y < 2 && x < 2 && which == y * 2 + x ? v[i] : 0.f;
        }
        long long pixel = ((long long)image * height + row + y) * width + column + x;
        Target{dx, dx_low}.store8(pixel * channels + channel, part);
      }
    }
  });
}
EXPORT(max_pool_backward)

// The mean of each channel over every window of side x side pixels, which are added row by row; y is
// [images][height - side + 1][width - side + 1][channels].
KERNEL(THREADS, 1)
window_mean(const u16* x, const u16* x_low, u16* y, u16* y_low, int images, int height, int width, int channels,
            int side) {
  int item = block_x() * THREADS + thread_index();
  int chunks = channels / 8;
  int channel = item % chunks * 8;
  int window = item / chunks;
  int rows = height - side + 1;
  int columns = width - side + 1;
  int line = window / columns;
  int image = line / rows;
  if (image >= images) return;
  long long first = ((long long)image * height + line % rows) * width + window % columns;
  float sums[8];
  zero(sums);
  for (int pixel = 0; pixel < side * side; pixel++) {
    float v[8];
    Source{x, x_low}.load8((first + (long long)(pixel / side) * width + pixel % side) * channels + channel, v);
    UNROLL for (int i = 0; i < 8; i++) sums[i] += v[i];
  }
  float share = 1.f / (float)(side * side);
  UNROLL for (int i = 0; i < 8; i++) sums[i] *= share;
  Target{y, y_low}.store8((long long)window * channels + channel, sums);
}
EXPORT(window_mean)

// Writes over each value of a map its share of the gradient of its channel's mean, dy [images][channels]; none over
// what is not above zero, since its ReLU was off.
KERNEL(THREADS, 1)
map_mean_backward(const u16* dy, const u16* dy_low, u16* x, u16* x_low, int images, int pixels, int channels) {
  int item = block_x() * THREADS + thread_index();
  int chunks = channels / 8;
  int channel = item % chunks * 8;
  int pixel = item / chunks;
  int image = pixel / pixels;
  if (image >= images) return;
  long long at = (long long)pixel * channels + channel;
  float v[8], g[8];
  Source{x, x_low}.load8(at, v);
  Source{dy, dy_low}.load8((long long)image * channels + channel, g);
  float share = 1.f / (float)pixels;
  UNROLL for (int i = 0; i < 8; i++) v[i] = v[i] > 0.f ? g[i] * share : 0.f;
  Target{x, x_low}.store8(at, v);
}
EXPORT(map_mean_backward)
