// What becomes of the sums of a product on Hopper, straight from the registers of a warpgroup.
//
// A warpgroup has the sums of 64 outputs (rows) and some pixels (columns), and a thread those that warpgroup_product
// says: of two outputs, each second pair of eight pixels. Maps want the channels of a pixel side by side, so blocks of
// 8x8 are transposed on the way.
#pragma once
#include "epilogue.cuh"
#include "tile_hopper.cuh"

// Among the four lanes that hold a row: each has a word of four blocks, and gets all four words of one of them.
DEVICE void transpose_quad(u32 (&w)[4]) {
  bool odd = thread_index() & 1;
  UNROLL for (int b = 0; b < 4; b += 2) {
    u32 first = w[b], second = w[b + 1];
    u32 got = shuffle_xor(odd ? first : second, 1);
    w[b] = odd ? got : first;
    w[b + 1] = odd ? second : got;
  }
  bool high = thread_index() & 2;
  UNROLL for (int b = 0; b < 2; b++) {
    u32 first = w[b], second = w[b + 2];
    u32 got = shuffle_xor(high ? first : second, 2);
    w[b] = high ? got : first;
    w[b + 2] = high ? second : got;
  }
}

// Two bf16 values where the mask's are greater than zero, elsewhere zeros.
DEVICE u32 masked_pair(u32 values, u32 mask) {
  u32 first = (mask & 0xffff) - 1 < 0x7f80 ? 0xffff : 0;
  u32 second = (mask >> 16) - 1 < 0x7f80 ? 0xffff0000 : 0;
  return values & (first | second);
}

// Where the sums of a warpgroup belong.
struct Part {
  const Output& output;
  const Boxes& boxes;
  Boxes::Origin origin;
  int first_output;

  DEVICE_MEMBER Pixel pixel(int column) const {
    Pixel p = {origin.image + (column >> (boxes.lines + boxes.columns)),
               origin.y + ((column >> boxes.columns) & ((1 << boxes.lines) - 1)),
               origin.x + (column & ((1 << boxes.columns) - 1)), true};
    p.exists = p.image < output.images && p.y < boxes.height && p.x < boxes.width;
    return p;
  }

  // The first of the thread's two outputs; the other is eight further.
  DEVICE_MEMBER int own_output() const {
    return first_output + thread_index() % WARPGROUP / 32 * 16 + (thread_index() >> 2 & 7);
  }

  // After both transpositions a lane has eight channels of one pixel.
  DEVICE_MEMBER int written_channel() const {
    return first_output + thread_index() % WARPGROUP / 32 * 16 + (thread_index() & 1) * 8;
  }

  DEVICE_MEMBER float bias(int half) const {
    return output.bias ? load(output.bias + own_output() + 8 * half) : 0.f;
  }
};

// Writes two rows of four 8x8 blocks as bf16, eight channels by each lane; in two planes if SPLIT.
template <bool SPLIT>
DEVICE void store_blocks(const Output& output, float (&v)[4][2], bool rectified, long long at, bool exists, bool masked,
                         Four mask) {
  UNROLL for (int plane = 0; plane < 1 + SPLIT; plane++) {
    u32 words[4];
    UNROLL for (int i = 0; i < 4; i++) {
      words[i] = rectified && !SPLIT ? bf16_pair_rectified(v[i][0], v[i][1]) : bf16_pair(v[i][0], v[i][1]);
      if (SPLIT && plane == 0) {
        v[i][0] = remainder_of_bf16(v[i][0], bits_to_float(words[i] << 16));
        v[i][1] = remainder_of_bf16(v[i][1], bits_to_float(words[i] & 0xffff0000));
      }
      words[i] = transpose_matrix(words[i]);
    }
    transpose_quad(words);
    if (masked) {
      words[0] = masked_pair(words[0], mask.x);
      words[1] = masked_pair(words[1], mask.y);
      words[2] = masked_pair(words[2], mask.z);
      words[3] = masked_pair(words[3], mask.w);
    }
    if (exists) store((Four*)((plane ? output.map.low : output.map.high) + at), Four{words[0], words[1], words[2], words[3]});
  }
}

// Where a lane writes in a pair of blocks, sixteen pixels.
struct Place {
  long long at;
  bool exists;

  DEVICE_MEMBER static Place of(const Part& part, int pair) {
    int first = (thread_index() & 31) / 4 + (thread_index() & 2) * 4;
    Pixel p = part.pixel(16 * pair + first);
    return {(long long)part.output.row(p) * part.output.channels + part.written_channel(), p.exists};
  }
};

// The map with bias and ReLU.
template <bool SPLIT>
struct MapEpilogue {
  template <int HALF>
  DEVICE_MEMBER static void write(const Part& part, const float (&d)[HALF]) {
    const Output& output = part.output;
    float b[2] = {part.bias(0), part.bias(1)};
    UNROLL for (int pair = 0; pair < HALF / 8; pair++) {
      int number = pair;
      hide(number);
      Place to = Place::of(part, number);
      float v[4][2];
      UNROLL for (int i = 0; i < 8; i++) {
        float sum = d[8 * pair + i] + b[i / 2 % 2];
        v[i / 2][i % 2] = SPLIT && output.rectified ? relu(sum) : sum;
      }
      store_blocks<SPLIT>(output, v, output.rectified, to.at, to.exists, false, Four{0, 0, 0, 0});
    }
  }
};

// A gradient: zero where the mask is, elsewhere scaled.
template <bool SPLIT>
struct MaskEpilogue {
  static constexpr int AHEAD = SPLIT ? 4 : 8;  // pairs whose masks are loaded at once

  template <int HALF>
  DEVICE_MEMBER static void write(const Part& part, const float (&d)[HALF]) {
    const Output& output = part.output;
    UNROLL for (int begin = 0; begin < HALF / 8; begin += AHEAD) {
      Place to[AHEAD];
      Four mask[AHEAD];
      UNROLL for (int i = 0; i < AHEAD; i++) {
        int number = begin + i;
        hide(number);
        to[i] = Place::of(part, number);
        bool wanted = output.mask && to[i].exists;
        mask[i] = wanted ? load((const Four*)(output.mask + to[i].at)) : Four{0, 0, 0, 0};
      }
      UNROLL for (int i = 0; i < AHEAD; i++) {
        float v[4][2];
        UNROLL for (int e = 0; e < 8; e++) v[e / 2][e % 2] = d[8 * (begin + i) + e] * output.mask_scale;
        store_blocks<SPLIT>(output, v, false, to[i].at, to[i].exists, output.mask != nullptr, mask[i]);
      }
    }
  }
};

// The largest of each 2x2 window of what MapEpilogue would write, rectified, and where it was.
//
// A thread has both columns of a window. Boxes are eight columns wide, so that it also has both lines, in neighbouring
// blocks of eight pixels; or two or four, so that another lane has the other line.
template <bool SPLIT>
struct PoolEpilogue {
  // A window of two outputs.
  struct Best {
    float value[2];
    u32 which[2];
  };

  // Takes what another pixel of the window has, if that is larger, or equal and earlier, or not a number.
  DEVICE_MEMBER static void take(Best& best, int half, float other, u32 of) {
    float own = best.value[half];
    bool larger = other > own || (other == own && of < best.which[half]) || other != other;
    best.value[half] = larger ? other : own;
    best.which[half] = larger ? of : best.which[half];
  }

  // WIDE: a unit is the sixteen pixels of two lines, else the eight of a block.
  template <bool WIDE, int HALF>
  DEVICE_MEMBER static Best unit(const Part& part, const float (&d)[HALF], int number, const float (&b)[2]) {
    Best best;
    int other_line = 1 << (part.boxes.columns - 1);  // the bit of a lane that says which line it has, if not both
    u32 line = !WIDE && thread_index() & other_line ? 2 : 0;
    UNROLL for (int half = 0; half < 2; half++) {
      const int at = (WIDE ? 8 : 4) * number + 2 * half;
      best.value[half] = d[at] + b[half];
      best.which[half] = line;
      take(best, half, d[at + 1] + b[half], line + 1);
      if (WIDE) {
        take(best, half, d[(at + 4) % HALF] + b[half], 2);
        take(best, half, d[(at + 5) % HALF] + b[half], 3);
      }
    }
    if (!WIDE) {
      u32 others = shuffle_xor(best.which[0] | best.which[1] << 8, other_line);
      UNROLL for (int half = 0; half < 2; half++) {
        take(best, half, shuffle_xor(best.value[half], other_line), others >> 8 * half & 0xff);
      }
    }
    UNROLL for (int half = 0; half < 2; half++) {
      if (best.value[half] <= 0.f) {  // rectified, all four are equal, and the first is the largest
        best.value[half] = 0.f;
        best.which[half] = 0;
      }
    }
    return best;
  }

  template <bool WIDE, int HALF>
  DEVICE_MEMBER static void write_windows(const Part& part, const float (&d)[HALF]) {
    const Output& output = part.output;
    float b[2] = {part.bias(0), part.bias(1)};
    int lane = thread_index() & 31;
    int pair = lane >> 3;  // of the pixels that this lane writes the window of
    bool first_line = WIDE || !(pair & 1 << (part.boxes.columns - 1));
    constexpr int UNITS = HALF / (WIDE ? 8 : 4);
    UNROLL for (int begin = 0; begin < UNITS; begin += 4) {
      float v[4][2];
      u32 which[4];
      UNROLL for (int two = 0; two < 2; two++) {
        Best left = unit<WIDE>(part, d, begin + 2 * two, b);
        Best right = unit<WIDE>(part, d, begin + 2 * two + 1, b);
        UNROLL for (int half = 0; half < 2; half++) {
          v[2 * two + half][0] = left.value[half];
          v[2 * two + half][1] = right.value[half];
          which[2 * two + half] = left.which[half] | right.which[half] << 16;
        }
      }
      int number = begin + (thread_index() & 2) + (lane >> 2 & 1);
      Pixel p = part.pixel((WIDE ? 16 : 8) * number + 2 * pair);
      bool exists = p.exists && first_line;
      long long at = (long long)(output.row(p) / 4) * output.channels + part.written_channel();
      store_blocks<SPLIT>(output, v, false, at, exists, false, Four{0, 0, 0, 0});
      if (output.argmax) {
        UNROLL for (int i = 0; i < 4; i++) {
          u32 word = transpose_matrix(which[i]);
          which[i] = (word | word >> 8) & 0xffff;
        }
        transpose_quad(which);
        if (exists) store((Two*)(output.argmax + at), Two{which[0] | which[1] << 16, which[2] | which[3] << 16});
      }
    }
  }

  template <int HALF>
  DEVICE_MEMBER static void write(const Part& part, const float (&d)[HALF]) {
    if (part.boxes.columns == 3) {
      write_windows<true>(part, d);
    } else {
      write_windows<false>(part, d);
    }
  }
};

// Floats, with the bias if there is one: class scores, or a slice of the sums for finish_slices.
struct SumsEpilogue {
  template <int HALF>
  DEVICE_MEMBER static void write(const Part& part, const float (&d)[HALF]) {
    const Output& output = part.output;
    float b[2] = {part.bias(0), part.bias(1)};
    int first = (thread_index() & 3) * 2;
    UNROLL for (int j = 0; j < HALF / 4; j++) {
      hide(first);
      UNROLL for (int e = 0; e < 2; e++) {
        Pixel p = part.pixel(8 * j + first + e);
        if (!p.exists) continue;
        float* to = output.floats + (long long)output.row(p) * output.channels + part.own_output();
        UNROLL for (int half = 0; half < 2; half++) store(to + 8 * half, d[4 * j + 2 * half + e] + b[half]);
      }
    }
  }
};
