// What becomes of the sums of a product: bias, ReLU, mask, pool, rounding.
#pragma once
#include "values.cuh"

struct Pixel {
  int image, y, x;
  bool exists;
};

// The map that a product writes, and what is done with each sum first. Rows of the product are its pixels, in order;
// or, if it is pooled, the four of each 2x2 window together, so that one thread finds the largest. An odd last row or
// column is in no window, and is not computed.
struct Output {
  Target map;
  float* floats;      // where the map goes as plain floats instead, if map.high is null
  const float* bias;  // null for none
  const u16* mask;    // what follows it in the forward pass: gradients are zero where this is; null for none
  float mask_scale;   // and elsewhere times this
  u8* argmax;         // of a pool, which pixel was the largest, 2 * row + column; null if not wanted
  int images, height, width, channels;
  bool rectified, pooled;

  DEVICE_MEMBER int rows() const {
    return pooled ? images * (height / 2) * (width / 2) * 4 : images * height * width;
  }

  DEVICE_MEMBER Pixel pixel(int row) const {
    if (!pooled) {
      int line = row / width;
      return {line / height, line % height, row % width, row < rows()};
    }
    int window = row / 4;
    int line = window / (width / 2);
    return {line / (height / 2), line % (height / 2) * 2 + row / 2 % 2, window % (width / 2) * 2 + row % 2,
            row < rows()};
  }

  // The row of a pixel.
  DEVICE_MEMBER int row(const Pixel& p) const {
    if (!pooled) return (p.image * height + p.y) * width + p.x;
    int window = (p.image * (height / 2) + p.y / 2) * (width / 2) + p.x / 2;
    return window * 4 + p.y % 2 * 2 + p.x % 2;
  }

  // The bias of eight channels, or zeros: loaded ahead, as the mask is, so that no store waits for it.
  DEVICE_MEMBER void load_bias(int channel, float (&b)[8]) const {
    zero(b);
    if (bias) load_floats(bias + channel, b);
  }

  // The mask of eight channels of a row that exists.
  DEVICE_MEMBER Four load_mask(int row, int channel) const {
    return mask ? load((const Four*)(mask + (long long)row * channels + channel)) : Four{0, 0, 0, 0};
  }

  DEVICE_MEMBER void activate(const float (&b)[8], float (&v)[8]) const {
    UNROLL for (int i = 0; i < 8; i++) v[i] += b[i];
    if (rectified) {
      UNROLL for (int i = 0; i < 8; i++) v[i] = relu(v[i]);
    }
  }

  // Writes the sums of eight channels of a row that exists.
  DEVICE_MEMBER void write(int row, int channel, const float (&b)[8], Four masked, float (&v)[8]) const {
    long long at = (long long)row * channels + channel;
    activate(b, v);
    if (mask) {
      float m[8];
      unpack(masked, m);
      UNROLL for (int i = 0; i < 8; i++) v[i] = m[i] > 0.f ? v[i] * mask_scale : 0.f;
    }
    if (map.high) {
      map.store8(at, v);
    } else {
      store_floats(floats + at, v);
    }
  }

  // Writes the largest of the sums of eight channels of the four rows of a window.
  template <class Rows>
  DEVICE_MEMBER void write_window(int window, int channel, const float (&b)[8], Rows rows) const {
    Window largest;
    UNROLL for (int row = 0; row < 4; row++) {
      float v[8];
      rows(row, v);
      activate(b, v);
      largest.take(row, v);
    }
    largest.write(map, argmax, (long long)window * channels + channel);
  }
};
