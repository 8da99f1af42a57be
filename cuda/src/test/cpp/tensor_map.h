// What a tensor map says: an array of bf16 in global memory, and the boxes of it that are copied.
#pragma once
#include "emulator_hopper.h"

namespace emulator {

constexpr int MOST_DIMENSIONS = 5;

// In the 128 bytes of a TensorMap; dimensions innermost first.
struct Boxes {
  u64 magic;
  u64 address;
  u64 strides[MOST_DIMENSIONS - 1];  // bytes; of all dimensions but the innermost
  u32 sizes[MOST_DIMENSIONS];        // minus 1, since 2^32 is allowed
  u16 box[MOST_DIMENSIONS];
  u8 dimensions;
  u8 swizzle;  // 0 none, 1, 2, 3: within 32, 64, 128 bytes
};
static_assert(sizeof(Boxes) <= sizeof(TensorMap));

constexpr u64 BOXES_MAGIC = 0x76676734'6d617073;

// Where a byte of shared memory is moved so that chunks of 16 bytes below each other lie in different banks: bits 4 to
// 6 (or fewer) of its address change with bits 7 to 9.
inline u32 swizzled(u32 address, int swizzle) { return address ^ (address >> 7 & ((1u << swizzle) - 1)) << 4; }

}  // namespace emulator
