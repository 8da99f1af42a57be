// Runs a kernel block by block, each thread of a block as a fiber.
#pragma once
#include <string>
#include <vector>

#include "emulator_device.h"

namespace emulator {

struct Kernel {
  std::string name;
  std::string kinds;
  void* function;
  void (*call)(void*, void**);
};

// The kernel of a name, or null.
const Kernel* find_kernel(const std::string& name);

struct Grid {
  int blocks[3];
  int threads;
  int shared_bytes;
};

// Numbers that decide all orders; a launch with the same seed before it runs the same way.
void seed(u64 value);
u32 random_below(u32 bound);

// Runs a kernel on ranges of memory that it may touch, sorted by address. Returns what was wrong, or nothing.
std::string run(const Kernel& kernel, const Grid& grid, void** arguments, const std::vector<Range>& memory);

}  // namespace emulator
