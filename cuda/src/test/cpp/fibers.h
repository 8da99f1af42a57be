// What the ways in which threads work together (warp.cpp, boxes.cpp, warpgroup.cpp) need of the fibers that they are
// (block.cpp), and the reverse.
#pragma once
#include <string>

#include "emulator_device.h"

namespace emulator {

constexpr int LANES = 32;
constexpr int WARPGROUP = 128;
constexpr int POISON = 0xff;  // NaN as bf16 and as fp32, -1 as int

// What a thread does: it can go on, or waits, or has ended.
enum class State { READY, AT_BARRIER, AT_MBARRIER, IN_WARP, IN_WARPGROUP, ENDED };

std::string text(Line line);
inline bool same(Line a, Line b) { return a.number == b.number && (a.file == b.file || !strcmp(a.file, b.file)); }
u32 random_below(u32 bound);

// These give up the launch; the other threads never go on. A fault is the running thread's, or another's.
[[noreturn]] void fault(Line here, const std::string& what);
[[noreturn]] void fault(int thread, Line here, const std::string& what);
[[noreturn]] void block_fault(const std::string& what);

// Lets the running thread wait until another wakes it.
void park(State state, Line here);
void wake(int thread);

// The bytes at an address of the block's shared memory, a multiple of their number or of another one.
char* shared_range(u32 address, size_t bytes, size_t multiple, Line here, const char* what);
inline char* shared_range(u32 address, size_t bytes, Line here, const char* what) {
  return shared_range(address, bytes, bytes, here, what);
}

inline float from_bf16(u32 bits) { return __builtin_bit_cast(float, bits << 16); }

// What the 32 threads of a warp do when all have come.
void perform(Together what, void** arguments, Line here);

// Mbarriers and copies of boxes: before and after each block; when no thread can go on, to let a copy arrive, if there
// is one; and what the mbarrier misses that a thread waits for.
void prepare_boxes();
void finish_boxes();
bool let_copy_arrive();
std::string missing_at_mbarrier(int thread);

// Warpgroups: before each block, and when a thread ends.
void prepare_warpgroups();
void leave_warpgroup();

}  // namespace emulator
