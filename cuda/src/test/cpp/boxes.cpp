// Mbarriers, and copies of boxes, which arrive late: only while a thread waits at some mbarrier, in random order. Until
// then their targets hold NaN, so that who does not wait reads that.
#include <algorithm>
#include <map>
#include <vector>

#include "fibers.h"
#include "tensor_map.h"

namespace emulator {

namespace {

constexpr int MOST_BYTES = (1 << 20) - 1;     // that an mbarrier counts
constexpr int MOST_ARRIVALS = (1 << 20) - 1;  // the same
constexpr u64 MARK = 0x6d62617272696572;      // in an mbarrier's eight bytes, which belong to the hardware

struct Mbarrier {
  Line made;
  int maker;
  int count;
  int arrivals;          // that the phase misses
  int bytes = 0;         // that the phase misses: announced and not there, or negative
  u32 parity = 0;        // of the phase
  bool ready = false;    // others may know of it
  bool brought = false;  // bytes have come in this phase
  bool unseen = false;   // the phase before brought bytes, and no thread has waited for it
  std::vector<int> waiting;
};

struct BoxCopy {
  Boxes boxes;
  int at[MOST_DIMENSIONS];
  u32 shared;
  int bytes;
  u32 mbarrier;
  int thread;
  Line where;
};

std::map<u32, Mbarrier> mbarriers;
std::vector<BoxCopy> copies;       // that have not arrived
std::map<int, u32> waits_at;       // threads' mbarriers

std::string misses(const Mbarrier& mbarrier) {
  std::string what = std::to_string(mbarrier.arrivals) + " arrivals and " + std::to_string(mbarrier.bytes) + " bytes";
  return mbarrier.bytes >= 0 ? what : what + " (so many came that nobody has announced)";
}

Mbarrier& find_mbarrier(u32 address, Line here) {
  char* at = shared_range(address, 8, here, "has an mbarrier of");
  auto found = mbarriers.find(address);
  if (found == mbarriers.end()) {
    fault(here, "uses an mbarrier at " + std::to_string(address) + " of shared memory, where none has been made");
  }
  if (memcmp(at, &MARK, 8)) {
    fault(here, "uses the mbarrier of " + text(found->second.made) + ", which has been overwritten");
  }
  if (!found->second.ready) {
    fault(here, "uses the mbarrier of " + text(found->second.made) + " without mbarriers_ready() since it was made");
  }
  return found->second;
}

void end_phase_if_complete(Mbarrier& mbarrier) {
  if (mbarrier.arrivals || mbarrier.bytes) return;
  mbarrier.parity ^= 1;
  mbarrier.arrivals = mbarrier.count;
  mbarrier.unseen = mbarrier.brought;
  mbarrier.brought = false;
  for (int thread : mbarrier.waiting) wake(thread);
  mbarrier.waiting.clear();
}

// Copies one row of a box, the part of it that lies in the array; `row` counts rows over all outer dimensions.
void copy_row(const BoxCopy& copy, int row, bool only_check) {
  const Boxes& boxes = copy.boxes;
  u64 address = boxes.address;
  bool inside = true;
  for (int i = 1, rest = row; i < boxes.dimensions; i++) {
    long long at = copy.at[i] + rest % boxes.box[i];
    rest /= boxes.box[i];
    inside &= at >= 0 && at <= (long long)boxes.sizes[i];
    address += at * boxes.strides[i - 1];
  }
  long long first = std::max(0LL, -(long long)copy.at[0]);
  long long behind = std::min((long long)boxes.box[0], (long long)boxes.sizes[0] + 1 - copy.at[0]);
  inside &= first < behind;
  const char* from = (const char*)(address + 2 * (copy.at[0] + first));
  size_t bytes = inside ? 2 * (behind - first) : 0;
  if (only_check) {
    u64 offset = (u64)from - last_range.begin;
    if (inside && (offset >= last_range.size || last_range.size - offset < bytes)) {
      find_range((u64)from, bytes, "copies", copy.where, 2);
    }
    return;
  }
  char values[512] = {};
  if (inside) {
    memcpy(values + 2 * first, from, bytes);
    if (counting) count_access(from, bytes, false);
  }
  int row_bytes = 2 * boxes.box[0];
  for (int i = 0; i < row_bytes; i += 16) {
    u32 to = swizzled(copy.shared + row * row_bytes + i, boxes.swizzle);
    memcpy(::shared_memory() + to, values + i, 16);
  }
}

int rows(const Boxes& boxes) {
  int count = 1;
  for (int i = 1; i < boxes.dimensions; i++) count *= boxes.box[i];
  return count;
}

}  // namespace

void prepare_boxes() {
  mbarriers.clear();
  copies.clear();
  waits_at.clear();
}

void finish_boxes() {
  if (!copies.empty()) {
    fault(copies[0].thread, copies[0].where, "the block ends while this copy has not arrived");
  }
  for (auto& [address, mbarrier] : mbarriers) {
    std::string name = "the mbarrier of " + text(mbarrier.made);
    if (mbarrier.unseen || mbarrier.brought) block_fault("never waits for what copies have brought to " + name);
    if (mbarrier.bytes) block_fault("ends while " + name + " misses " + misses(mbarrier));
    if (memcmp(::shared_memory() + address, &MARK, 8)) block_fault("has overwritten " + name);
  }
}

bool let_copy_arrive() {
  if (copies.empty()) return false;
  std::swap(copies[random_below((u32)copies.size())], copies.back());
  BoxCopy copy = copies.back();
  copies.pop_back();
  for (int row = 0, count = rows(copy.boxes); row < count; row++) copy_row(copy, row, false);
  Mbarrier& mbarrier = mbarriers.at(copy.mbarrier);
  mbarrier.bytes -= copy.bytes;
  mbarrier.brought = true;
  if (mbarrier.bytes < (mbarrier.arrivals ? -MOST_BYTES : 0)) {
    fault(copy.thread, copy.where,
          "brings " + std::to_string(copy.bytes) + " bytes to the mbarrier of " + text(mbarrier.made) + ", " +
              std::to_string(-mbarrier.bytes) + " more than were announced");
  }
  end_phase_if_complete(mbarrier);
  return true;
}

std::string missing_at_mbarrier(int thread) {
  const Mbarrier& mbarrier = mbarriers.at(waits_at[thread]);
  return " (that of " + text(mbarrier.made) + " misses " + misses(mbarrier) + " in a phase of parity " +
         std::to_string(mbarrier.parity) + ")";
}

void mbarrier_init(u32 address, int arrivals, Line here) {
  char* at = shared_range(address, 8, here, "makes an mbarrier of");
  auto found = mbarriers.find(address);
  if (found != mbarriers.end()) {
    fault(here, "makes an mbarrier where that of " + text(found->second.made) + " is in use");
  }
  if (arrivals < 1 || arrivals > MOST_ARRIVALS) fault(here, "makes an mbarrier for " + std::to_string(arrivals));
  memcpy(at, &MARK, 8);
  mbarriers[address] = {here, position.thread, arrivals, arrivals};
}

void mbarriers_ready() {
  for (auto& [address, mbarrier] : mbarriers) mbarrier.ready |= mbarrier.maker == position.thread;
}

void mbarrier_arrive(u32 address, int bytes, Line here) {
  Mbarrier& mbarrier = find_mbarrier(address, here);
  if (!mbarrier.arrivals) {
    fault(here, "arrives at the mbarrier of " + text(mbarrier.made) + " once more than the " +
                    std::to_string(mbarrier.count) + " times of a phase, which misses " + misses(mbarrier));
  }
  if (bytes < 0 || bytes > MOST_BYTES - mbarrier.bytes) {
    fault(here, "announces " + std::to_string(bytes) + " bytes, more than an mbarrier counts");
  }
  mbarrier.bytes += bytes;
  mbarrier.arrivals--;
  if (!mbarrier.arrivals && mbarrier.bytes < 0) {
    fault(here, "is the last to arrive at the mbarrier of " + text(mbarrier.made) + ", where " +
                    std::to_string(-mbarrier.bytes) + " more bytes have come than were announced");
  }
  end_phase_if_complete(mbarrier);
  if (random_below(4) == 0) let_others_run();
}

void mbarrier_wait(u32 address, u32 parity, Line here) {
  Mbarrier& mbarrier = find_mbarrier(address, here);
  if (parity > 1) fault(here, "waits for a phase of parity " + std::to_string(parity));
  while (mbarrier.parity == parity) {
    if (random_below(2)) let_copy_arrive();
    if (mbarrier.parity != parity) break;
    mbarrier.waiting.push_back(position.thread);
    waits_at[position.thread] = address;
    park(State::AT_MBARRIER, here);
  }
  mbarrier.unseen = false;
  if (random_below(4) == 0) let_others_run();
}

void box_start(u32 shared, const TensorMap* map, u32 mbarrier, const int* at, int dimensions, Line here) {
  BoxCopy copy = {};
  memcpy(&copy.boxes, map, sizeof(copy.boxes));
  if ((u64)map % 64 || copy.boxes.magic != BOXES_MAGIC) fault(here, "copies by what is no tensor map");
  if (copy.boxes.dimensions != dimensions) {
    fault(here, "copies a box of " + std::to_string(dimensions) + " dimensions by a tensor map of " +
                    std::to_string(copy.boxes.dimensions));
  }
  find_mbarrier(mbarrier, here);
  int count = rows(copy.boxes);
  copy.bytes = count * 2 * copy.boxes.box[0];
  std::copy(at, at + dimensions, copy.at);
  copy.shared = shared;
  copy.mbarrier = mbarrier;
  copy.thread = position.thread;
  copy.where = here;
  for (int row = 0; row < count; row++) copy_row(copy, row, true);
  // nobody may still need what was there, nor read it before it arrives
  memset(shared_range(shared, copy.bytes, 128, here, "copies a box of"), POISON, copy.bytes);
  copies.push_back(copy);
}

}  // namespace emulator
