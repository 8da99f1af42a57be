// What hopper.cuh gives the kernels on a GPU, for the emulator: the same names and meanings, checked. See boxes.cpp and
// warpgroup.cpp.
#pragma once
#include "emulator_device.h"

struct alignas(64) TensorMap {
  u64 opaque[16];
};

#define TENSOR_MAP(kernel, number, parameter) ((const TensorMap*)&(parameter))

namespace emulator {

void mbarrier_init(u32 mbarrier, int arrivals, Line here);
void mbarriers_ready();
void mbarrier_arrive(u32 mbarrier, int bytes, Line here);
void mbarrier_wait(u32 mbarrier, u32 parity, Line here);
void box_start(u32 shared, const TensorMap* map, u32 mbarrier, const int* at, int dimensions, Line here);

// A product of 64 rows and twice as many columns as a thread holds sums.
struct RowProduct {
  float* d;
  int sums;
  u64 a, b;
  bool accumulate, transposed_a, transposed_b;
};

void registers_change(int registers, Line here);
void products_begin(Line here);
void product_start(const RowProduct& product, Line here);
void products_commit(Line here);
void products_wait(int pending, Line here);

}  // namespace emulator

inline void mbarrier_init(u32 mbarrier, int arrivals, HERE) { emulator::mbarrier_init(mbarrier, arrivals, CALLER); }
inline void mbarriers_ready() { emulator::mbarriers_ready(); }
inline void mbarrier_expect(u32 mbarrier, int bytes, HERE) { emulator::mbarrier_arrive(mbarrier, bytes, CALLER); }
inline void mbarrier_arrive(u32 mbarrier, HERE) { emulator::mbarrier_arrive(mbarrier, 0, CALLER); }
inline void mbarrier_wait(u32 mbarrier, u32 parity, HERE) { emulator::mbarrier_wait(mbarrier, parity, CALLER); }

inline void copy_box(u32 shared, const TensorMap* map, u32 mbarrier, int a, int b, int c, HERE) {
  int at[] = {a, b, c};
  emulator::box_start(shared, map, mbarrier, at, 3, CALLER);
}
inline void copy_box(u32 shared, const TensorMap* map, u32 mbarrier, int a, int b, int c, int d, int e, HERE) {
  int at[] = {a, b, c, d, e};
  emulator::box_start(shared, map, mbarrier, at, 5, CALLER);
}

inline u32 transpose_matrix(u32 pair, HERE) {
  emulator::together(emulator::Together::TRANSPOSE, &pair, CALLER);
  return pair;
}
inline u32 bf16_pair_rectified(float first, float second) {
  return bf16_pair(first <= 0.f ? 0.f : first, second <= 0.f ? 0.f : second);
}
inline void hide(int&) {}

template <int REGISTERS>
inline void take_registers(HERE) {
  static_assert(REGISTERS >= 24 && REGISTERS <= 256 && REGISTERS % 8 == 0);
  emulator::registers_change(REGISTERS, CALLER);
}
template <int REGISTERS>
inline void give_registers(HERE) {
  static_assert(REGISTERS >= 24 && REGISTERS <= 256 && REGISTERS % 8 == 0);
  emulator::registers_change(-REGISTERS, CALLER);
}

inline void warpgroup_begin(HERE) { emulator::products_begin(CALLER); }
inline void warpgroup_commit(HERE) { emulator::products_commit(CALLER); }
template <int N>
inline void warpgroup_wait(HERE) {
  emulator::products_wait(N, CALLER);
}

template <bool TRANSPOSED_A, bool TRANSPOSED_B, int HALF>
inline void warpgroup_product(float (&d)[HALF], u64 a, u64 b, bool accumulate, HERE) {
  static_assert(HALF % 4 == 0 && HALF <= 128);
  emulator::product_start({d, HALF, a, b, accumulate, TRANSPOSED_A, TRANSPOSED_B}, CALLER);
}
