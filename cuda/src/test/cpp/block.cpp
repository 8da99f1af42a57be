// Threads as fibers: each runs until it has to wait for others, then a random other one goes on. See block.h.
#include "block.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "fibers.h"

namespace emulator {

Position position;
Range last_range;
u32 accesses;

namespace {

constexpr size_t STACK_BYTES = 256 << 10;
constexpr size_t PAGE = 4096;
constexpr size_t RED_ZONE = 4096;
constexpr size_t SHARED_LIMIT = 256 << 10;

struct Copy {
  char* to;
  const void* from;  // null for zeros
};

struct Warp;

struct Thread {
  int index;
  State state;
  Warp* warp;
  Line where;
  bool started = false;
  jmp_buf context;
  ucontext_t start;
  std::vector<std::vector<Copy>> groups;  // committed copies that have not arrived
  std::vector<Copy> open;                 // not committed
};

// 32 threads; those that wait for the others to come to the same function.
struct Warp {
  int ready[LANES];
  int ready_count;
  void* arguments[LANES];
  int arrived;
  int ended;
  Together what;
  Line where;
};

u64 random_state = 1;
std::vector<std::unique_ptr<Thread>> threads;  // as many as the largest block so far; each keeps its stack
std::vector<Warp> warps;
std::vector<int> ready_warps;
std::vector<Range> ranges;
alignas(128) char shared[RED_ZONE + SHARED_LIMIT + RED_ZONE];
Thread* current;
const Kernel* kernel;
Grid grid;
void** arguments;
int at_barrier, ended;
Line barrier_line;
std::string fault_text;
jmp_buf launcher;

std::map<std::string, Kernel>& kernels() {
  static std::map<std::string, Kernel> all;
  return all;
}

std::string place(int thread) {
  return "block (" + std::to_string(position.block[0]) + ", " + std::to_string(position.block[1]) + ", " +
         std::to_string(position.block[2]) + "), thread " + std::to_string(thread);
}

// Gives up the launch; the other threads never go on.
[[noreturn]] void fail(const std::string& what) {
  fault_text = what;
  _longjmp(launcher, 1);
}

void make_ready(Thread& thread) {
  Warp& warp = *thread.warp;
  thread.state = State::READY;
  if (warp.ready_count == 0) ready_warps.push_back((int)(&warp - warps.data()));
  warp.ready[warp.ready_count++] = thread.index;
}

// Names who waits where, when nobody can go on.
[[noreturn]] void fail_stuck() {
  std::map<std::pair<State, std::string>, std::pair<int, int>> waiting;  // how many, and the first of them
  for (int i = 0; i < grid.threads; i++) {
    const Thread& thread = *threads[i];
    std::string where = thread.state == State::ENDED ? "" : text(thread.where);
    if (thread.state == State::AT_MBARRIER) where += missing_at_mbarrier(i);
    auto& entry = waiting.insert({{thread.state, where}, {0, i}}).first->second;
    entry.first++;
  }
  std::string what = kernel->name + ": its threads wait for each other for ever:";
  for (auto& [key, value] : waiting) {
    what += " " + std::to_string(value.first) +
            (key.first == State::AT_BARRIER     ? " at the barrier of "
             : key.first == State::AT_MBARRIER  ? " at the mbarrier of "
             : key.first == State::IN_WARP      ? " for the rest of their warp at "
             : key.first == State::IN_WARPGROUP ? " for the rest of their warpgroup at "
                                                : " have ended") +
            key.second + " (" + place(value.second) + ")";
  }
  fail(what);
}

// The next thread to run, taken from its warp's list: mostly one of the same warp, whose stacks are in the cache.
Thread& take_ready() {
  while (ready_warps.empty()) {
    if (!let_copy_arrive()) fail_stuck();
  }
  size_t slot = ready_warps.size();
  if (current && current->warp->ready_count && random_below(32)) {
    int own = (int)(current->warp - warps.data());
    slot = std::find(ready_warps.begin(), ready_warps.end(), own) - ready_warps.begin();
  } else {
    slot = random_below((u32)ready_warps.size());
  }
  Warp& warp = warps[ready_warps[slot]];
  int pick = (int)random_below(warp.ready_count);
  Thread& next = *threads[warp.ready[pick]];
  warp.ready[pick] = warp.ready[--warp.ready_count];
  if (!warp.ready_count) {
    ready_warps[slot] = ready_warps.back();
    ready_warps.pop_back();
  }
  return next;
}

[[noreturn]] void enter(Thread& next) {
  current = &next;
  position.thread = next.index;
  if (next.started) _longjmp(next.context, 1);
  next.started = true;
  setcontext(&next.start);
  __builtin_unreachable();
}

// Lets another thread run until this one is taken again.
__attribute__((noinline)) void pause() {
  Thread* self = current;
  Thread& next = take_ready();
  if (&next == self) return;
  if (_setjmp(self->context) == 0) enter(next);
}

void end_thread() {
  Thread& self = *current;
  Line nowhere = {"", 0};
  bool copies = !self.open.empty();
  for (auto& group : self.groups) copies |= !group.empty();
  if (copies) fail(kernel->name + ", " + place(self.index) + ": ends while copies that it started have not arrived");
  leave_warpgroup();
  if (at_barrier) {
    fail(kernel->name + ", " + place(self.index) + ": ends while others wait for it at the barrier of " +
         text(barrier_line));
  }
  if (self.warp->arrived) {
    fail(kernel->name + ", " + place(self.index) + ": ends while its warp waits for it at " + text(self.warp->where));
  }
  self.groups.clear();
  self.where = nowhere;
  self.state = State::ENDED;
  self.warp->ended++;
  if (++ended < grid.threads) {
    pause();
  } else if (_setjmp(self.context) == 0) {
    _longjmp(launcher, 2);
  }
}

// Where every fiber begins; it runs one thread of each block in turn.
void fiber() {
  for (;;) {
    kernel->call(kernel->function, arguments);
    end_thread();
  }
}

void grow(int count) {
  while ((int)threads.size() < count) {
    auto thread = std::make_unique<Thread>();
    thread->index = (int)threads.size();
    char* stack = (char*)mmap(nullptr, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                              -1, 0);
    mprotect(stack, PAGE, PROT_NONE);  // a stack that overflows must not run into its neighbour
    getcontext(&thread->start);
    thread->start.uc_stack.ss_sp = stack;
    thread->start.uc_stack.ss_size = STACK_BYTES;
    thread->start.uc_link = nullptr;
    makecontext(&thread->start, fiber, 0);
    threads.push_back(std::move(thread));
  }
}

void forget_threads() {
  for (auto& thread : threads) munmap(thread->start.uc_stack.ss_sp, STACK_BYTES);
  threads.clear();
}

void prepare_block(int number) {
  position.block[0] = number % grid.blocks[0];
  position.block[1] = number / grid.blocks[0] % grid.blocks[1];
  position.block[2] = number / grid.blocks[0] / grid.blocks[1];
  memset(shared, POISON, RED_ZONE + grid.shared_bytes + RED_ZONE);
  at_barrier = 0;
  ended = 0;
  ready_warps.clear();
  prepare_boxes();
  prepare_warpgroups();
  warps.assign(grid.threads / LANES, Warp());
  for (int i = 0; i < grid.threads; i++) {
    threads[i]->warp = &warps[i / LANES];
    make_ready(*threads[i]);
  }
  current = nullptr;
}

void check_red_zones() {
  for (size_t i = 0; i < RED_ZONE; i++) {
    if ((u8)shared[i] != POISON) {
      block_fault("wrote " + std::to_string(RED_ZONE - i) + " bytes before its shared memory");
    }
    if ((u8)shared[RED_ZONE + grid.shared_bytes + i] != POISON) {
      block_fault("wrote " + std::to_string(i) + " bytes behind its shared memory of " +
                  std::to_string(grid.shared_bytes) + " bytes");
    }
  }
}

void arrive(const std::vector<Copy>& group) {
  for (const Copy& copy : group) {
    if (copy.from) {
      memcpy(copy.to, copy.from, 16);
    } else {
      memset(copy.to, 0, 16);
    }
  }
}

}  // namespace

std::string text(Line line) {
  const char* slash = strrchr(line.file, '/');
  return std::string(slash ? slash + 1 : line.file) + ":" + std::to_string(line.number);
}

void fault(Line here, const std::string& what) { fault(current->index, here, what); }

void fault(int thread, Line here, const std::string& what) {
  fail(kernel->name + ", " + place(thread) + ", " + text(here) + ": " + what);
}

void block_fault(const std::string& what) { fail(kernel->name + ", " + place(0) + ": the block " + what); }

void park(State state, Line here) {
  current->where = here;
  current->state = state;
  pause();
}

void wake(int thread) { make_ready(*threads[thread]); }

char* shared_range(u32 address, size_t bytes, size_t multiple, Line here, const char* what) {
  if (address % multiple || address + bytes > (size_t)grid.shared_bytes) {
    fault(here, std::string(what) + " " + std::to_string(bytes) + " bytes at " + std::to_string(address) +
                    " of shared memory, which " +
                    (address % multiple ? "is no multiple of " + std::to_string(multiple)
                                        : "has " + std::to_string(grid.shared_bytes)));
  }
  return shared + RED_ZONE + address;
}

void seed(u64 value) { random_state = value * 0x9e3779b97f4a7c15ULL | 1; }

u32 random_below(u32 bound) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (u32)((random_state >> 32) * bound >> 32);
}

void Registration::add(const char* name, const char* kinds, void* function, void (*call)(void*, void**)) {
  kernels()[name] = {name, kinds, function, call};
}

const Kernel* find_kernel(const std::string& name) {
  auto found = kernels().find(name);
  return found == kernels().end() ? nullptr : &found->second;
}

char* shared_memory() { return shared + RED_ZONE; }

u32 shared_address(const void* pointer, Line here) {
  long long offset = (const char*)pointer - (shared + RED_ZONE);
  if (offset < 0 || offset > grid.shared_bytes) fault(here, "takes the shared address of what is not in shared memory");
  return (u32)offset;
}

void barrier(Line here) {
  Thread& self = *current;
  if (ended) fault(here, "comes to a barrier which " + std::to_string(ended) + " threads of the block never reach");
  if (at_barrier && !same(barrier_line, here)) {
    fault(here, "comes to a barrier while others of the block are at that of " + text(barrier_line));
  }
  barrier_line = here;
  self.where = here;
  self.state = State::AT_BARRIER;
  if (++at_barrier == grid.threads) {
    at_barrier = 0;
    for (int i = 0; i < grid.threads; i++) make_ready(*threads[i]);
  }
  pause();
}

void together(Together what, void* arguments, Line here) {
  Thread& self = *current;
  Warp& warp = *self.warp;
  if (warp.ended) fault(here, "needs its whole warp, of which " + std::to_string(warp.ended) + " threads have ended");
  if (warp.arrived == 0) {
    warp.what = what;
    warp.where = here;
  } else if (warp.what != what || !same(warp.where, here)) {
    fault(here, "needs its whole warp, of which others are at " + text(warp.where));
  }
  int lane = self.index % LANES;
  warp.arguments[lane] = arguments;
  self.where = here;
  self.state = State::IN_WARP;
  if (++warp.arrived == LANES) {
    perform(what, warp.arguments, here);
    warp.arrived = 0;
    int first = self.index - lane;
    for (int i = 0; i < LANES; i++) make_ready(*threads[first + i]);
  }
  pause();
}

void let_others_run() {
  make_ready(*current);
  pause();
}

void copy_start(u32 address, const void* global, bool valid, Line here) {
  if (valid) {
    check(global, 16, "copies", here);
    if (counting) count_access(global, 16, false);
  }
  char* to = shared_range(address, 16, here, "copies to");
  memset(to, POISON, 16);  // nobody may still need what was there, nor read it before it arrives
  current->open.push_back({to, valid ? global : nullptr});
}

void copy_commit() {
  current->groups.push_back(std::move(current->open));
  current->open.clear();
}

void copy_wait(int pending) {
  auto& groups = current->groups;
  while ((int)groups.size() > pending) {
    arrive(groups.front());
    groups.erase(groups.begin());
  }
}

void find_range(u64 address, size_t bytes, const char* verb, Line here, size_t multiple) {
  std::string what = std::string(verb) + " " + std::to_string(bytes) + " bytes ";
  if (address % multiple) fault(here, what + "at an address that is no multiple of " + std::to_string(multiple));
  auto after = std::upper_bound(ranges.begin(), ranges.end(), address,
                                [](u64 value, const Range& range) { return value < range.begin; });
  if (after == ranges.begin()) fault(here, what + "of memory that is not allocated");
  const Range& range = *--after;
  u64 offset = address - range.begin;
  if (offset + bytes > range.size) {
    long long past = (long long)(offset - range.size);
    long long before = after + 1 == ranges.end() ? -1 : (long long)(after[1].begin - address);
    bool end = before < 0 || past < before;
    fault(here, what + (end ? std::to_string(past) + " bytes past the end of an allocation of " +
                                  std::to_string(range.size) + " bytes"
                            : std::to_string(before) + " bytes before an allocation of " +
                                  std::to_string(after[1].size) + " bytes"));
  }
  last_range = range;
}

std::string run(const Kernel& which, const Grid& size, void** values, const std::vector<Range>& memory) {
  kernel = &which;
  grid = size;
  arguments = values;
  ranges = memory;
  ranges.push_back({(u64)(shared + RED_ZONE), (u64)grid.shared_bytes});
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  last_range = {0, 0};
  position.threads = grid.threads;
  std::copy(grid.blocks, grid.blocks + 3, position.blocks);
  grow(grid.threads);
  std::vector<int> order((size_t)grid.blocks[0] * grid.blocks[1] * grid.blocks[2]);
  for (size_t i = 0; i < order.size(); i++) {
    size_t j = random_below((u32)i + 1);
    order[i] = order[j];
    order[j] = (int)i;
  }
  volatile size_t next = 0;
  fault_text.clear();
  int how = _setjmp(launcher);
  if (how == 1) {
    forget_threads();
    return fault_text;
  }
  if (how == 2) {
    finish_boxes();
    check_red_zones();
  }
  if (next == order.size()) return "";
  prepare_block(order[next]);
  next = next + 1;
  enter(take_ready());
}

}  // namespace emulator
