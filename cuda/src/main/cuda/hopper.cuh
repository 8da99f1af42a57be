// What the kernels ask of a GPU of the Hopper generation (sm_90a) beside what device.cuh gives: copies of whole boxes
// of an array, barriers in shared memory that count what has arrived, and products of 64 rows that a warpgroup (four
// warps, 128 threads) starts and waits for. As there, the emulator has its own version.
#pragma once
#include "device.cuh"

#ifdef VGG_EMULATOR
#include "emulator_hopper.h"
#else

// How boxes of an array are copied, as cuTensorMapEncodeTiled writes it. A kernel takes it by value.
struct alignas(64) TensorMap {
  u64 opaque[16];
};

// The address of a kernel's parameter, given its number from 0 on: copies want it where the driver put it.
#define TENSOR_MAP(kernel, number, parameter)                                                                   \
  ({                                                                                                            \
    u64 address;                                                                                                \
    asm("{ .reg .b64 t; mov.b64 t, " #kernel "_param_" #number "; cvta.param.u64 %0, t; }" : "=l"(address));    \
    (const TensorMap*)address;                                                                                  \
  })

// A barrier of 8 bytes in shared memory. A phase ends when `arrivals` threads have arrived and all bytes that were
// announced are there; phases have the parities 0, 1, 0, ... Others see it behind mbarriers_ready and a barrier().
DEVICE void mbarrier_init(u32 mbarrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(mbarrier), "r"(arrivals) : "memory");
}
DEVICE void mbarriers_ready() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
// Arrives, and announces bytes that copies will bring.
DEVICE void mbarrier_expect(u32 mbarrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(mbarrier), "r"(bytes) : "memory");
}
DEVICE void mbarrier_arrive(u32 mbarrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(mbarrier) : "memory");
}
// Waits until the phase of that parity has ended; the one before the first counts as ended, with parity 1.
DEVICE void mbarrier_wait(u32 mbarrier, u32 parity) {
  u32 done;
  do {
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
                 : "=r"(done)
                 : "r"(mbarrier), "r"(parity)
                 : "memory");
  } while (!done);
}

// Starts to copy a box of an array of 3 or 5 dimensions to shared memory, a multiple of 128 bytes there, and lets all
// its bytes arrive at the mbarrier. Coordinates count values, the innermost dimension first; what lies outside of the
// array comes as zeros.
DEVICE void copy_box(u32 shared, const TensorMap* map, u32 mbarrier, int a, int b, int c) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3,%4,%5}], [%2];" ::"r"(
          shared),
      "l"(map), "r"(mbarrier), "r"(a), "r"(b), "r"(c)
      : "memory");
}
DEVICE void copy_box(u32 shared, const TensorMap* map, u32 mbarrier, int a, int b, int c, int d, int e) {
  asm volatile(
      "cp.async.bulk.tensor.5d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, "
      "{%3,%4,%5,%6,%7}], [%2];" ::"r"(shared),
      "l"(map), "r"(mbarrier), "r"(a), "r"(b), "r"(c), "r"(d), "r"(e)
      : "memory");
}

// The transpose of a warp's 8x8 matrix of 16-bit values, of which lane l holds the values 2(l%4) and 2(l%4)+1 of row l/4.
DEVICE u32 transpose_matrix(u32 pair) {
  u32 transposed;
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(transposed) : "r"(pair));
  return transposed;
}

// bf16_pair of what is rectified; NaN comes through.
DEVICE u32 bf16_pair_rectified(float first, float second) {
  u32 pair;
  asm("cvt.rn.relu.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  return pair;
}

// Keeps the compiler from computing far ahead what depends on a value, since results that wait take registers.
DEVICE void hide(int& value) { asm volatile("" : "+r"(value)); }

// Gives registers to the threads of a warpgroup, or takes them: each has that many from here on.
template <int REGISTERS>
DEVICE void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}
template <int REGISTERS>
DEVICE void give_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}

// Before the first of some products, between their commit and their use: see warpgroup_product.
DEVICE void warpgroup_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void warpgroup_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
// Waits until all but the last N commits are done.
template <int N>
DEVICE void warpgroup_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(N) : "memory");
}

#define LIST8(a, b, c, d, e, f, g, h) "%" #a ",%" #b ",%" #c ",%" #d ",%" #e ",%" #f ",%" #g ",%" #h
#define LIST_4 "%0,%1,%2,%3"
#define LIST_16 LIST8(0, 1, 2, 3, 4, 5, 6, 7) "," LIST8(8, 9, 10, 11, 12, 13, 14, 15)
#define LIST_32                                                                                            \
  LIST8(0, 1, 2, 3, 4, 5, 6, 7)                                                                            \
  "," LIST8(8, 9, 10, 11, 12, 13, 14, 15) "," LIST8(16, 17, 18, 19, 20, 21, 22, 23) "," LIST8(24, 25, 26, \
                                                                                             27, 28, 29, 30, 31)
#define LIST_64                                                                                                     \
  LIST_32 "," LIST8(32, 33, 34, 35, 36, 37, 38, 39) "," LIST8(40, 41, 42, 43, 44, 45, 46, 47) "," LIST8(            \
      48, 49, 50, 51, 52, 53, 54, 55) "," LIST8(56, 57, 58, 59, 60, 61, 62, 63)
#define LIST_96 \
  LIST_64 "," LIST8(64, 65, 66, 67, 68, 69, 70, 71) "," LIST8(72, 73, 74, 75, 76, 77, 78, 79) "," LIST8(80, 81, 82, 83, 84, 85, 86, 87) "," LIST8(88, 89, 90, 91, 92, 93, 94, 95)
#define LIST_128                                                                                                  \
  LIST_96 "," LIST8(96, 97, 98, 99, 100, 101, 102, 103) "," LIST8(104, 105, 106, 107, 108, 109, 110, 111) "," LIST8( \
      112, 113, 114, 115, 116, 117, 118, 119) "," LIST8(120, 121, 122, 123, 124, 125, 126, 127)
#define SUMS_4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SUMS_8(i) \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])
#define SUMS_16(i) SUMS_8(i), SUMS_8(i + 8)
#define SUMS_32(i) SUMS_8(i), SUMS_8(i + 8), SUMS_8(i + 16), SUMS_8(i + 24)
#define SUMS_64(i) SUMS_32(i), SUMS_32(i + 32)
#define SUMS_96(i) SUMS_64(i), SUMS_32(i + 64)
#define SUMS_128(i) SUMS_64(i), SUMS_64(i + 64)

// Starts a warpgroup's product d = a b, or d += a b if it accumulates, of bf16 values with sums in fp32: a 64x16, b
// 16xN, d 64xN. a and b lie in shared memory as their descriptors say (see SharedTile), the sum's index innermost; or
// outermost, if they are transposed. With g = lane/4 and q = 2(lane%4), a thread of warp w (0 to 3) holds in d[4j] and
// d[4j+1] the columns 8j+q and 8j+q+1 of row 16w+g, in d[4j+2] and d[4j+3] those of row 16w+g+8.
template <int N, bool TRANSPOSED_A, bool TRANSPOSED_B>
struct WarpgroupProduct;
#define WARPGROUP_PRODUCT(N, HALF)                                                                                  \
  template <bool TRANSPOSED_A, bool TRANSPOSED_B>                                                                   \
  struct WarpgroupProduct<N, TRANSPOSED_A, TRANSPOSED_B> {                                                          \
    DEVICE_MEMBER static void add(float (&d)[HALF], u64 a, u64 b, bool accumulate) {                                \
      asm volatile(                                                                                                 \
          "{ .reg .pred p; setp.ne.b32 p, %[p], 0; wgmma.mma_async.sync.aligned.m64n" #N                            \
          "k16.f32.bf16.bf16 {" LIST_##HALF "}, %[a], %[b], p, 1, 1, %[ta], %[tb]; }"                               \
          : SUMS_##HALF(0)                                                                                          \
          : [a] "l"(a), [b] "l"(b), [p] "r"((int)accumulate), [ta] "n"((int)TRANSPOSED_A), [tb] "n"((int)TRANSPOSED_B)); \
    }                                                                                                               \
  };
WARPGROUP_PRODUCT(8, 4)
WARPGROUP_PRODUCT(32, 16)
WARPGROUP_PRODUCT(128, 64)
WARPGROUP_PRODUCT(192, 96)
WARPGROUP_PRODUCT(256, 128)

template <bool TRANSPOSED_A, bool TRANSPOSED_B, int HALF>
DEVICE void warpgroup_product(float (&d)[HALF], u64 a, u64 b, bool accumulate) {
  WarpgroupProduct<2 * HALF, TRANSPOSED_A, TRANSPOSED_B>::add(d, a, b, accumulate);
}

#endif

// A tile in shared memory as copy_box leaves it and warpgroup_product reads it: rows of 128 bytes (or 64), in which
// chunks of 16 bytes are permuted within groups of eight rows, so that a column of chunks lies in different banks.
template <int ROW_BYTES>
struct SharedTile {
  static_assert(ROW_BYTES == 128 || ROW_BYTES == 64);
  static constexpr u64 SWIZZLE = (u64)(ROW_BYTES == 128 ? 1 : 2) << 62;

  // Its descriptor: eight rows further is always 8 * ROW_BYTES; `next` is the distance of the tile that goes on where
  // a row ends, for tiles that are transposed. Tiles begin at multiples of 8 * ROW_BYTES.
  DEVICE_MEMBER static u64 descriptor(u32 address, u32 next) {
    return SWIZZLE | (u64)(8 * ROW_BYTES >> 4) << 32 | (u64)(next >> 4) << 16 | (address & 0x3ffff) >> 4;
  }
};
