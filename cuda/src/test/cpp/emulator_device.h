// What device.cuh gives the kernels on a GPU, for the emulator: the same names and meanings, on a CPU, and checked.
// Each function that may fail takes the line that calls it as a last argument, by default, for the error's sentence.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define DEVICE static inline __attribute__((unused))
#define DEVICE_MEMBER
#define KERNEL(threads, blocks) extern "C" void
#define EXPORT(name) static const emulator::Registration name##_registered(#name, name);
#define UNROLL

struct TensorMap;

namespace emulator {

struct Line {
  const char* file;
  int number;
};
// Last parameters of a function: the line that calls it.
#define HERE const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define CALLER \
  emulator::Line { file, line }

// Where the running thread is.
struct Position {
  int thread, threads;
  int block[3], blocks[3];
};
extern Position position;

// A kernel that the driver's functions can find: its name, what it takes ('p' pointer, 'i' int, 'f' float, 't' tensor
// map), and a call.
struct Registration {
  template <class... A>
  Registration(const char* name, void (*kernel)(A...)) {
    static const char kinds[] = {kind((A*)nullptr)..., 0};
    add(name, kinds, (void*)kernel, [](void* function, void** arguments) {
      call((void (*)(A...))function, arguments, std::index_sequence_for<A...>());
    });
  }

 private:
  template <class T>
  static char kind(T**) {
    return 'p';
  }
  static char kind(u64*) { return 'p'; }
  static char kind(int*) { return 'i'; }
  static char kind(u32*) { return 'i'; }
  static char kind(float*) { return 'f'; }
  static char kind(TensorMap*) { return 't'; }
  template <class... A, size_t... I>
  static void call(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
    kernel(*(A*)arguments[I]...);
  }
  static void add(const char* name, const char* kinds, void* function, void (*call)(void*, void**));
};

enum class Together { SHUFFLE, LDMATRIX, LDMATRIX_TRANS, TRANSPOSE, MMA };
struct Shuffle {
  u64 value;
  u64 result;
  int mask;
};
struct Matrices {
  u32* registers;
  u32 row;
};
struct Product {
  float* d;
  const u32* a;
  u32 b[2];
};

char* shared_memory();
u32 shared_address(const void* pointer, Line here);
void barrier(Line here);
void together(Together what, void* arguments, Line here);
void copy_start(u32 shared, const void* global, bool valid, Line here);
void copy_commit();
void copy_wait(int pending);

// The allocation that the last access lay in; most accesses lie there again.
struct Range {
  u64 begin, size;
};
extern Range last_range;
extern u32 accesses;
void find_range(u64 address, size_t bytes, const char* verb, Line here, size_t multiple);
void let_others_run();

// Whether what kernels touch is counted, and that, see traffic.h.
extern bool counting;
void count_access(const void* pointer, size_t bytes, bool written);

inline void check(const void* pointer, size_t bytes, const char* verb, Line here) {
  u64 address = (u64)pointer;
  u64 offset = address - last_range.begin;
  if (offset >= last_range.size || last_range.size - offset < bytes || address % bytes) {
    find_range(address, bytes, verb, here, bytes);
  }
  if (++accesses % 61 == 0) let_others_run();
}

template <class T>
T exchange(T value, int mask, Line here) {
  Shuffle shuffle = {0, 0, mask};
  memcpy(&shuffle.value, &value, sizeof(T));
  together(Together::SHUFFLE, &shuffle, here);
  memcpy(&value, &shuffle.result, sizeof(T));
  return value;
}

}  // namespace emulator

inline int thread_index() { return emulator::position.thread; }
inline int block_threads() { return emulator::position.threads; }
inline int block_x() { return emulator::position.block[0]; }
inline int block_y() { return emulator::position.block[1]; }
inline int block_z() { return emulator::position.block[2]; }
inline int blocks_x() { return emulator::position.blocks[0]; }
inline int blocks_y() { return emulator::position.blocks[1]; }
inline int blocks_z() { return emulator::position.blocks[2]; }

inline char* shared_memory() { return emulator::shared_memory(); }
inline u32 shared_address(const void* pointer, HERE) { return emulator::shared_address(pointer, CALLER); }
inline void barrier(HERE) { emulator::barrier(CALLER); }

inline u32 shuffle_xor(u32 value, int mask, HERE) { return emulator::exchange(value, mask, CALLER); }
inline float shuffle_xor(float value, int mask, HERE) { return emulator::exchange(value, mask, CALLER); }
inline double shuffle_xor(double value, int mask, HERE) { return emulator::exchange(value, mask, CALLER); }

inline void cp_async16(u32 shared, const void* global, bool valid, HERE) {
  emulator::copy_start(shared, global, valid, CALLER);
}
inline void cp_async_commit() { emulator::copy_commit(); }
template <int N>
inline void cp_async_wait() {
  emulator::copy_wait(N);
}

inline void ldmatrix_x4(u32 (&r)[4], u32 row, HERE) {
  emulator::Matrices matrices = {r, row};
  emulator::together(emulator::Together::LDMATRIX, &matrices, CALLER);
}
inline void ldmatrix_x4_trans(u32 (&r)[4], u32 row, HERE) {
  emulator::Matrices matrices = {r, row};
  emulator::together(emulator::Together::LDMATRIX_TRANS, &matrices, CALLER);
}
inline void mma_bf16_16816(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1, HERE) {
  emulator::Product product = {d, a, {b0, b1}};
  emulator::together(emulator::Together::MMA, &product, CALLER);
}

struct alignas(8) Two {
  u32 x, y;
};
struct alignas(16) Four {
  u32 x, y, z, w;
};

template <class T>
inline T load(const T* global, HERE) {
  emulator::check(global, sizeof(T), "reads", CALLER);
  if (emulator::counting) emulator::count_access(global, sizeof(T), false);
  return *global;
}
template <class T>
inline void store(T* global, T value, HERE) {
  emulator::check(global, sizeof(T), "writes", CALLER);
  if (emulator::counting) emulator::count_access(global, sizeof(T), true);
  *global = value;
}

template <class T>
inline T* global(u64 address) {
  return (T*)address;
}

inline float bits_to_float(u32 bits) { return __builtin_bit_cast(float, bits); }
inline u32 float_to_bits(float value) { return __builtin_bit_cast(u32, value); }
inline double bits_to_double(u64 bits) { return __builtin_bit_cast(double, bits); }
inline u64 double_to_bits(double value) { return __builtin_bit_cast(u64, value); }

inline float square_root(float value) { return std::sqrt(value); }
inline double square_root(double value) { return std::sqrt(value); }
inline float inverse_square_root(float value) { return 1 / std::sqrt(value); }
inline float fused(float a, float b, float c) { return std::fma(a, b, c); }
inline u32 multiply_high(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }
inline u32 bf16_pair(float first, float second) {
  auto round = [](float value) -> u32 {
    u32 bits = float_to_bits(value);
    return value != value ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  };
  return round(first) | round(second) << 16;
}
