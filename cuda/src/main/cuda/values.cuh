// Maps in memory, and the numbers in them.
//
// A map lies as bf16 [N][H][W][C], the channels padded with zeros to a multiple of 64 (of 32 for an image's patches). In the
// precision fp32 it is the sum of two such planes: `high` is the value rounded to bf16, `low` what that leaves,
// rounded too, so that 16 bits of the significand are kept. In the precision bf16 there is no low plane: it is null.
#pragma once
#include "device.cuh"

// What rounding to bf16 leaves; nothing of what is not finite, since infinity minus infinity would be NaN.
DEVICE float remainder_of_bf16(float value, float rounded) {
  return (float_to_bits(rounded) & 0x7f800000) == 0x7f800000 ? 0.f : value - rounded;
}

// Rectifies; lets NaN through, so that it is noticed.
DEVICE float relu(float value) { return value <= 0.f ? 0.f : value; }

DEVICE void unpack(Four bits, float (&values)[8]) {
  u32 pairs[4] = {bits.x, bits.y, bits.z, bits.w};
  UNROLL for (int i = 0; i < 4; i++) {
    values[2 * i] = bits_to_float(pairs[i] << 16);
    values[2 * i + 1] = bits_to_float(pairs[i] & 0xffff0000);
  }
}

DEVICE Four pack(const float (&values)[8]) {
  return {bf16_pair(values[0], values[1]), bf16_pair(values[2], values[3]), bf16_pair(values[4], values[5]),
          bf16_pair(values[6], values[7])};
}

DEVICE void zero(float (&values)[8]) {
  UNROLL for (int i = 0; i < 8; i++) values[i] = 0.f;
}

// A double as the host has it, in two halves at any multiple of 4 bytes.
DEVICE double load_double(const int* halves) {
  u64 high = (u32)load(halves + 1);
  return bits_to_double(high << 32 | (u32)load(halves));
}

DEVICE void load_floats(const float* from, float (&values)[8]) {
  UNROLL for (int half = 0; half < 2; half++) {
    Four four = load((const Four*)(from + 4 * half));
    values[4 * half] = bits_to_float(four.x);
    values[4 * half + 1] = bits_to_float(four.y);
    values[4 * half + 2] = bits_to_float(four.z);
    values[4 * half + 3] = bits_to_float(four.w);
  }
}

DEVICE void store_floats(float* to, const float (&values)[8]) {
  UNROLL for (int half = 0; half < 2; half++) {
    const float* v = values + 4 * half;
    store((Four*)(to + 4 * half),
          Four{float_to_bits(v[0]), float_to_bits(v[1]), float_to_bits(v[2]), float_to_bits(v[3])});
  }
}

// A map that is read, eight neighbouring channels at a time.
struct Source {
  const u16* high;
  const u16* low;

  DEVICE_MEMBER void load8(long long at, float (&values)[8]) const {
    unpack(load((const Four*)(high + at)), values);
    if (low) {
      float rest[8];
      unpack(load((const Four*)(low + at)), rest);
      UNROLL for (int i = 0; i < 8; i++) values[i] += rest[i];
    }
  }
};

// A map that is written, eight neighbouring channels at a time.
struct Target {
  u16* high;
  u16* low;

  DEVICE_MEMBER void store8(long long at, const float (&values)[8]) const {
    Four rounded = pack(values);
    store((Four*)(high + at), rounded);
    if (low) {
      float rest[8];
      unpack(rounded, rest);
      UNROLL for (int i = 0; i < 8; i++) rest[i] = remainder_of_bf16(values[i], rest[i]);
      store((Four*)(low + at), pack(rest));
    }
  }
};

// The largest of the four pixels of a 2x2 window, for eight channels, and which it was: 2 * row + column, the first if
// several are equal. NaN comes through, to be noticed.
struct Window {
  float best[8];
  u32 which[8];

  DEVICE_MEMBER void take(u32 pixel, const float (&v)[8]) {
    UNROLL for (int i = 0; i < 8; i++) {
      bool larger = pixel == 0 || v[i] > best[i] || v[i] != v[i];
      best[i] = larger ? v[i] : best[i];
      which[i] = larger ? pixel : which[i];
    }
  }

  // Writes both; argmax is null if it is not wanted.
  DEVICE_MEMBER void write(Target map, u8* argmax, long long at) const {
    map.store8(at, best);
    if (argmax) {
      store((Two*)(argmax + at), Two{which[0] | which[1] << 8 | which[2] << 16 | which[3] << 24,
                                     which[4] | which[5] << 8 | which[6] << 16 | which[7] << 24});
    }
  }
};
