// Counts the global memory that kernels touch, while somebody asks for it.
//
// What a kernel moves is, for each launch, the set of different sectors of 32 bytes that it reads, and of those that it
// writes: what it reads again comes out of a cache, but nothing stays in one from a launch to the next. That is the
// least that memory moves for such a launch; a cache that is too small makes it more. What kernels ask for is counted
// beside it, every load and store: it passes the caches.
#pragma once
#include <string>

#include "emulator_device.h"

namespace emulator {

// Begins to count from zero, or ends counting.
void count_traffic(bool begin);

// After a launch, a copy or a clearing: adds up what it touched.
void end_launch(const std::string& name);
void count_copy(const std::string& name, u64 read, u64 written);

// A line for each kernel: name, launches, bytes read, bytes written, bytes asked for, with tabs between.
std::string traffic();

}  // namespace emulator
