// Products of warpgroups. Each thread notes what it starts; the products are computed when all 128 threads wait for
// them, of what then lies in shared memory: who overwrites it earlier gets wrong sums. Until then the sums hold NaN.
#include <algorithm>
#include <vector>

#include "fibers.h"
#include "tensor_map.h"

namespace emulator {

namespace {

constexpr int ROWS = 64;
constexpr int MOST_COLUMNS = 256;
constexpr int DEPTH = 16;
constexpr int VECTOR = 16;
typedef float Vector __attribute__((vector_size(4 * VECTOR)));

// Sums that products are added to, as they were before.
struct Sums {
  float* d;
  int count;
  float before[MOST_COLUMNS / 2];
};

struct Step {
  enum Kind { BEGIN, PRODUCT, COMMIT } kind;
  Line where;
  RowProduct product;
  int sums;  // which
};

struct Member {
  std::vector<Step> steps;  // since the last wait
  std::vector<Sums> sums;
  bool begun = false;
  bool committed = true;  // all products are
};

struct Gathering {
  int arrived = 0, ended = 0;
  int what = 0;
  Line where;
};

// How a matrix lies in shared memory.
struct Tile {
  u32 address, leading, stride;
  int swizzle;  // as that of Boxes: 1, 2, 3 for rows of 32, 64, 128 bytes
  u32 row_bytes() const { return 16 << swizzle; }
};

std::vector<Member> members;
std::vector<Gathering> gatherings;
alignas(64) float left[ROWS][DEPTH], right[DEPTH][MOST_COLUMNS], result[ROWS][MOST_COLUMNS];

Tile decode(u64 descriptor, Line here) {
  u64 mode = descriptor >> 62;
  if (!mode) fault(here, "multiplies a tile whose descriptor says that it is not swizzled");
  if (descriptor & 0x3fffc000c000c000) fault(here, "multiplies a tile whose descriptor has bits that mean nothing");
  auto part = [=](int bit) { return (u32)(descriptor >> bit & 0x3fff) << 4; };
  return {part(0), part(16), part(32), (int)(4 - mode)};
}

const u16* chunk(const Tile& tile, u32 address, Line here) {
  return (const u16*)shared_range(swizzled(address, tile.swizzle), 16, here, "multiplies");
}

// Reads a matrix of `lines` rows (or columns, of the right factor) and 16 values each: set(line, k, value).
template <class F>
void read_tile(u64 descriptor, bool transposed, int lines, Line here, F set) {
  Tile tile = decode(descriptor, here);
  u32 row = tile.row_bytes();
  if (transposed) {
    u32 per_row = row / 2;
    for (int line = 0; line < lines; line += 8) {
      for (u32 k = 0; k < DEPTH; k++) {
        const u16* values = chunk(tile, tile.address + line / per_row * tile.leading + k / 8 * tile.stride +
                                            k % 8 * row + line % per_row * 2, here);
        for (int i = 0; i < 8; i++) set(line + i, k, from_bf16(values[i]));
      }
    }
  } else {
    for (int line = 0; line < lines; line++) {
      for (u32 k = 0; k < DEPTH; k += 8) {
        const u16* values = chunk(tile, tile.address + line / 8 * tile.stride + line % 8 * row + k * 2, here);
        for (int i = 0; i < 8; i++) set(line, k + i, from_bf16(values[i]));
      }
    }
  }
}

// Adds left times right to the result, the products of each sum in order.
void multiply(int columns) {
  for (int n = 0; n < columns; n += VECTOR) {
    for (int row = 0; row < ROWS; row += 4) {
      Vector sums[4];
      for (int i = 0; i < 4; i++) sums[i] = *(const Vector*)&result[row + i][n];
      for (int k = 0; k < DEPTH; k++) {
        Vector b = *(const Vector*)&right[k][n];
        sums[0] += left[row][k] * b;
        sums[1] += left[row + 1][k] * b;
        sums[2] += left[row + 2][k] * b;
        sums[3] += left[row + 3][k] * b;
      }
      for (int i = 0; i < 4; i++) *(Vector*)&result[row + i][n] = sums[i];
    }
  }
}

// Where a thread's sum of a number belongs.
float& place(int thread, int number) {
  int lane = thread % LANES;
  return result[thread / LANES * 16 + lane / 4 + number / 2 % 2 * 8][number / 4 * 8 + lane % 4 * 2 + number % 2];
}

// The steps up to the commits that need not be waited for.
size_t steps_before(const Member& member, int pending) {
  size_t at = member.steps.size();
  while (at > 0 && (member.steps[at - 1].kind != Step::COMMIT || pending-- > 0)) at--;
  return at;
}

bool is_product(const Step& step, size_t sums) { return step.kind == Step::PRODUCT && step.sums == (int)sums; }

// Computes the products of the first steps.
void compute(int first, size_t steps) {
  const Member& leader = members[first];
  for (size_t which = 0; which < leader.sums.size(); which++) {
    int count = leader.sums[which].count;
    bool loaded = false;
    for (size_t i = 0; i < steps; i++) {
      const Step& step = leader.steps[i];
      if (!is_product(step, which)) continue;
      const RowProduct& product = step.product;
      if (!product.accumulate) {
        memset(result, 0, sizeof(result));
      } else if (!loaded) {
        for (int thread = 0; thread < WARPGROUP; thread++) {
          for (int i = 0; i < count; i++) place(thread, i) = members[first + thread].sums[which].before[i];
        }
      }
      loaded = true;
      read_tile(product.a, product.transposed_a, ROWS, step.where, [](int row, int k, float v) { left[row][k] = v; });
      read_tile(product.b, product.transposed_b, 2 * count, step.where,
                [](int column, int k, float v) { right[k][column] = v; });
      multiply(2 * count);
    }
    if (!loaded) continue;
    bool more = std::any_of(leader.steps.begin() + steps, leader.steps.end(),
                            [=](const Step& step) { return is_product(step, which); });
    for (int thread = 0; thread < WARPGROUP; thread++) {
      Sums& sums = members[first + thread].sums[which];
      for (int i = 0; i < count; i++) (more ? sums.before : sums.d)[i] = place(thread, i);
      if (!more) sums.d = nullptr;  // they are no longer ours
    }
  }
}

bool same(const Step& one, const Step& other) {
  if (one.kind != other.kind || !same(one.where, other.where)) return false;
  if (one.kind != Step::PRODUCT) return true;
  const RowProduct &p = one.product, &q = other.product;
  return one.sums == other.sums && p.sums == q.sums && p.a == q.a && p.b == q.b && p.accumulate == q.accumulate &&
         p.transposed_a == q.transposed_a && p.transposed_b == q.transposed_b;
}

// All threads must have done the same since the last wait.
void compare(int first, Line here) {
  const std::vector<Step>& wanted = members[first].steps;
  for (int thread = first + 1; thread < first + WARPGROUP; thread++) {
    const std::vector<Step>& own = members[thread].steps;
    size_t count = std::min(own.size(), wanted.size());
    size_t at = 0;
    while (at < count && same(own[at], wanted[at])) at++;
    if (at == wanted.size() && at == own.size()) continue;
    bool more = at < own.size();
    fault(more ? thread : first, more ? own[at].where : wanted[at].where,
          "needs its whole warpgroup with the same operands, and thread " + std::to_string(more ? first : thread) +
              " went another way to the wait of " + text(here));
  }
}

// Waits for all threads of the warpgroup. The last one to come does what is to be done.
void gather(int what, Line here, int pending = 0) {
  int first = position.thread / WARPGROUP * WARPGROUP;
  if (first + WARPGROUP > position.threads) {
    fault(here, "needs a warpgroup of " + std::to_string(WARPGROUP) + " threads, of which the block has only " +
                    std::to_string(position.threads - first));
  }
  Gathering& gathering = gatherings[first / WARPGROUP];
  if (gathering.ended) {
    fault(here, "needs its whole warpgroup, of which " + std::to_string(gathering.ended) + " threads have ended");
  }
  if (!gathering.arrived) {
    gathering.what = what;
    gathering.where = here;
  } else if (gathering.what != what || !same(gathering.where, here)) {
    fault(here, "needs its whole warpgroup, of which others are at " + text(gathering.where));
  }
  if (++gathering.arrived < WARPGROUP) return park(State::IN_WARPGROUP, here);
  gathering.arrived = 0;
  if (!what) {
    compare(first, here);
    compute(first, steps_before(members[first], pending));
  }
  for (int i = first; i < first + WARPGROUP; i++) {
    if (i != position.thread) wake(i);
  }
  let_others_run();
}

}  // namespace

void prepare_warpgroups() {
  members.resize(std::max(members.size(), (size_t)position.threads));
  for (Member& member : members) {
    member.steps.clear();
    member.sums.clear();
    member.begun = false;
    member.committed = true;
  }
  gatherings.assign(position.threads / WARPGROUP + 1, {});
}

void leave_warpgroup() {
  for (const Step& step : members[position.thread].steps) {
    if (step.kind == Step::PRODUCT) {
      fault(step.where, "starts a product, and the thread ends without having waited for it");
    }
  }
  Gathering& gathering = gatherings[position.thread / WARPGROUP];
  if (gathering.arrived) fault(gathering.where, "the thread has ended, and its warpgroup waits for it here");
  gathering.ended++;
}

void registers_change(int registers, Line here) { gather(registers, here); }

void products_begin(Line here) {
  Member& self = members[position.thread];
  self.begun = true;
  self.steps.push_back({Step::BEGIN, here, {}, 0});
}

void product_start(const RowProduct& product, Line here) {
  Member& self = members[position.thread];
  if (!self.begun) fault(here, "starts a product without a warpgroup_begin() since the last wait");
  decode(product.a, here);
  decode(product.b, here);
  int which = 0;
  while (which < (int)self.sums.size() && self.sums[which].d != product.d) which++;
  if (which == (int)self.sums.size()) {
    self.sums.push_back({product.d, product.sums, {}});
    memcpy(self.sums.back().before, product.d, 4 * product.sums);
    memset(product.d, POISON, 4 * product.sums);
  }
  for (int i = 0; i < product.sums; i++) {
    if (float_to_bits(product.d[i]) != 0xffffffff) {
      fault(here, "adds to sums that were written while a product was on its way to them");
    }
  }
  self.committed = false;
  self.steps.push_back({Step::PRODUCT, here, product, which});
}

void products_commit(Line here) {
  Member& self = members[position.thread];
  self.committed = true;
  self.steps.push_back({Step::COMMIT, here, {}, 0});
}

void products_wait(int pending, Line here) {
  Member& self = members[position.thread];
  if (!self.committed) fault(here, "waits while a product that it started is not committed");
  size_t done = steps_before(self, pending);
  gather(0, here, pending);
  self.steps.erase(self.steps.begin(), self.steps.begin() + done);
  if (std::any_of(self.steps.begin(), self.steps.end(), [](const Step& step) { return step.kind == Step::PRODUCT; })) {
    return;
  }
  self.steps.clear();
  self.sums.clear();
  self.begun = false;
}

}  // namespace emulator
