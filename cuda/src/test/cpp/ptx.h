// What the emulator needs to know of PTX text: for whom it is, and the heads of its kernels.
#pragma once
#include <string>
#include <vector>

namespace emulator {

struct PtxEntry {
  std::string name;
  std::string kinds;  // of its parameters: 'p' of 64 bits, 'i' int, 'f' float, 't' tensor map, '?' others
  int threads = 0;    // the most in a block, 0 if not said
};

struct Ptx {
  int version = 0;  // ten times major plus minor
  int target = 0;   // sm_
  bool only_this_target = false;
  std::vector<PtxEntry> entries;
  std::string error;
};

Ptx parse_ptx(const char* text);

}  // namespace emulator
