// All that the kernels ask of a GPU, and the only file that says how: everything else here is plain C++ over
// these functions. The emulator's own version lets the same kernels run on a CPU.
#pragma once

#ifdef VGG_EMULATOR
#include "emulator_device.h"
#else

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define DEVICE static inline __attribute__((device)) __attribute__((always_inline))
#define DEVICE_MEMBER __attribute__((device)) __attribute__((always_inline))  // of a struct
#define KERNEL(threads, blocks) \
  extern "C" __attribute__((global)) __attribute__((launch_bounds(threads, blocks))) void
#define EXPORT(name)  // the emulator needs to know its kernels; a module does
#define UNROLL _Pragma("unroll")

// Where a thread is: blocks and the threads of a block are numbered from 0, threads along one axis only.
DEVICE int thread_index() { return __nvvm_read_ptx_sreg_tid_x(); }
DEVICE int block_threads() { return __nvvm_read_ptx_sreg_ntid_x(); }
DEVICE int block_x() { return __nvvm_read_ptx_sreg_ctaid_x(); }
DEVICE int block_y() { return __nvvm_read_ptx_sreg_ctaid_y(); }
DEVICE int block_z() { return __nvvm_read_ptx_sreg_ctaid_z(); }
DEVICE int blocks_x() { return __nvvm_read_ptx_sreg_nctaid_x(); }
DEVICE int blocks_y() { return __nvvm_read_ptx_sreg_nctaid_y(); }
DEVICE int blocks_z() { return __nvvm_read_ptx_sreg_nctaid_z(); }

// The block's dynamic shared memory. What it holds at first is undefined.
DEVICE char* shared_memory() {
  extern __attribute__((shared)) __attribute__((aligned(128))) char memory[];
  return memory;
}

// The address of shared memory as the functions below take it.
DEVICE u32 shared_address(const void* pointer) {
  return (u32)(u64)(const __attribute__((address_space(3))) void*)pointer;
}

// Waits until all threads of the block have come here; what they wrote to memory before is then seen by all.
DEVICE void barrier() { __syncthreads(); }

// The value that the lane whose number differs in the bits of the mask holds. All lanes of the warp take part.
DEVICE u32 shuffle_xor(u32 value, int mask) {
  return __nvvm_shfl_sync_bfly_i32(0xffffffff, value, mask, 31);
}
DEVICE float shuffle_xor(float value, int mask) {
  return __nvvm_shfl_sync_bfly_f32(0xffffffff, value, mask, 31);
}
DEVICE double shuffle_xor(double value, int mask) {
  u64 bits = __builtin_bit_cast(u64, value);
  u64 other = (u64)shuffle_xor((u32)(bits >> 32), mask) << 32 | shuffle_xor((u32)bits, mask);
  return __builtin_bit_cast(double, other);
}

// Starts to copy 16 bytes to shared memory, or to fill them with zeros; both addresses are multiples of 16.
DEVICE void cp_async16(u32 shared, const void* global, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared), "l"(global), "r"(valid ? 16 : 0)
               : "memory");
}

// Makes one group of the copies that this thread has started since the last group.
DEVICE void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until all but the last N groups of this thread have arrived.
template <int N>
DEVICE void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

// Four 8x8 matrices of 16-bit values: lanes 8i to 8i+7 give the addresses of the rows of matrix i (16 bytes each),
// and lane l receives of each the values 2(l%4) and 2(l%4)+1 of row l/4; transposed: of column l/4.
DEVICE void ldmatrix_x4(u32 (&r)[4], u32 row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(row)
               : "memory");
}
DEVICE void ldmatrix_x4_trans(u32 (&r)[4], u32 row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(row)
               : "memory");
}

// The warp's matrix product d += a b of bf16 values with sums in fp32: a 16x16, b 16x8, d 16x8. With g = lane/4 and
// q = 2(lane%4), a lane holds of d (g, q), (g, q+1), (g+8, q), (g+8, q+1); of a, in pairs, (g, q), (g+8, q),
// (g, q+8), (g+8, q+8); of b, in pairs, (q, g), (q+8, g).
DEVICE void mma_bf16_16816(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

struct alignas(8) Two {
  u32 x, y;
};
struct alignas(16) Four {
  u32 x, y, z, w;
};

// Global memory is read and written by these alone (and by cp_async16), so that the emulator can check each access.
template <class T>
DEVICE T load(const T* global) {
  return *global;
}
DEVICE Four load(const Four* global) {
  typedef u32 Vector __attribute__((ext_vector_type(4)));
  Vector v = *(const Vector*)global;
  return {v.x, v.y, v.z, v.w};
}
DEVICE Two load(const Two* global) {
  typedef u32 Vector __attribute__((ext_vector_type(2)));
  Vector v = *(const Vector*)global;
  return {v.x, v.y};
}
template <class T>
DEVICE void store(T* global, T value) {
  *global = value;
}
DEVICE void store(Four* global, Four value) {
  typedef u32 Vector __attribute__((ext_vector_type(4)));
  *(Vector*)global = Vector{value.x, value.y, value.z, value.w};
}
DEVICE void store(Two* global, Two value) {
  typedef u32 Vector __attribute__((ext_vector_type(2)));
  *(Vector*)global = Vector{value.x, value.y};
}

// A pointer to global memory of an address that was itself read from memory.
template <class T>
DEVICE T* global(u64 address) {
  return (T*)(T __attribute__((address_space(1)))*)address;
}

DEVICE float square_root(float value) { return __nvvm_sqrt_rn_f(value); }
DEVICE double square_root(double value) { return __nvvm_sqrt_rn_d(value); }
// 1 / sqrt(value), to two units of the last place.
DEVICE float inverse_square_root(float value) { return __nvvm_rsqrt_approx_f(value); }
// a b + c, rounded once.
DEVICE float fused(float a, float b, float c) { return __nvvm_fma_rn_f(a, b, c); }
// Two numbers rounded to bf16 (to nearest, to even if there are two; NaN becomes 0x7fff), the first in the lower half.
DEVICE u32 bf16_pair(float first, float second) {
  u32 pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  return pair;
}
DEVICE u32 multiply_high(u32 a, u32 b) { return __nvvm_mulhi_ui(a, b); }
DEVICE float bits_to_float(u32 bits) { return __builtin_bit_cast(float, bits); }
DEVICE u32 float_to_bits(float value) { return __builtin_bit_cast(u32, value); }
DEVICE double bits_to_double(u64 bits) { return __builtin_bit_cast(double, bits); }
DEVICE u64 double_to_bits(double value) { return __builtin_bit_cast(u64, value); }

#endif
