// The driver's functions over devices that do not exist: memory is the host's, streams are queues that run late and
// in random order, and kernels run by block.h. One lock for all: work runs on the thread that asks for it.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "block.h"
#include "emulator_hopper.h"
#include "ptx.h"
#include "traffic.h"

using emulator::Grid;
using emulator::Range;

namespace {

enum Result {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  DEVICE_UNAVAILABLE = 46,
  NO_DEVICE = 100,
  INVALID_DEVICE = 101,
  INVALID_CONTEXT = 201,
  NO_BINARY_FOR_GPU = 209,
  INVALID_PTX = 218,
  UNSUPPORTED_PTX_VERSION = 222,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  NOT_READY = 600,
  ILLEGAL_ADDRESS = 700,
  LAUNCH_OUT_OF_RESOURCES = 701,
  PEER_ACCESS_ALREADY_ENABLED = 704,
  LAUNCH_FAILED = 719,
  NOT_SUPPORTED = 801,
  SYSTEM_DRIVER_MISMATCH = 803,
  CAPTURE_UNSUPPORTED = 900,
  CAPTURE_INVALIDATED = 901,
};

struct Device;
struct Stream;

struct Event {
  Device* device;
  u64 recorded = 0, done = 0;
  Stream* stream = nullptr;  // of the last record
  std::chrono::steady_clock::time_point time;
};

// A piece of work, or an event to record or to wait for.
struct Work {
  std::function<std::string()> run;  // returns what was wrong
  std::shared_ptr<Event> record, wait;
  u64 serial = 0;
  Stream* other = nullptr;  // where the event to wait for was recorded
};

struct Graph {
  std::vector<Work> work;
  bool broken = false;  // while it is captured: somebody has ended the capture
};

struct Stream {
  Device* device;
  std::deque<Work> queue;
  std::unique_ptr<Graph> capture;
};

struct Module {
  Device* device;
  emulator::Ptx ptx;
};

struct Function {
  Module* module;
  emulator::PtxEntry entry;
  const emulator::Kernel* kernel;
  int shared_limit = 48 << 10;
};

// A kernel's argument.
struct alignas(64) Argument {
  char bytes[sizeof(TensorMap)];
};

struct Device {
  int number = 0;
  int capability = 0;
  u64 total = 0;  // memory
  int retained = 0;
  u64 used = 0;
  bool taken = false;  // by another process, for itself alone
  std::string fault;  // after which every call fails
  std::map<u64, u64> memory;  // address to size
  std::set<Device*> peers;
};

struct Pose {
  int devices = 2, cuda = 12040, capability = 80, start_error = 0;
  u64 memory = 4ULL << 30;
};

std::recursive_mutex mutex;
Pose pose;
std::vector<std::unique_ptr<Device>> devices;
std::map<u64, u64> pinned;
std::set<Stream*> streams;
std::map<Event*, std::shared_ptr<Event>> events;
std::set<Module*> modules;
std::map<Function*, std::unique_ptr<Function>> functions;
std::set<Graph*> graphs;
u64 launches;
u64 graph_launches;
int captures_to_break;
std::string last_fault;
thread_local Device* chosen;

#define API extern "C" __attribute__((visibility("default"))) int
#define LOCK std::lock_guard<std::recursive_mutex> lock(mutex)
// Every function that works on a device: fails as long as the device is broken.
#define ON_DEVICE                                      \
  LOCK;                                                \
  if (!chosen || !chosen->retained) return INVALID_CONTEXT; \
  if (!chosen->fault.empty()) return broken(*chosen)

int broken(const Device& device) {
  last_fault = device.fault;
  return LAUNCH_FAILED;
}

bool inside(const std::map<u64, u64>& all, u64 address, u64 bytes) {
  auto after = all.upper_bound(address);
  if (after == all.begin()) return false;
  auto [begin, size] = *--after;
  return address - begin <= size && bytes <= size - (address - begin);
}

void advance(Stream& stream);

void finish(Stream& stream) {
  while (!stream.queue.empty()) advance(stream);
}

// Runs the first piece of a stream's work, after what it waits for.
void advance(Stream& stream) {
  if (stream.queue.empty()) return;
  Work work = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (work.wait) {
    while (work.wait->done < work.serial && streams.count(work.other) && !work.other->queue.empty()) {
      advance(*work.other);
    }
  } else if (work.record) {
    work.record->done = std::max(work.record->done, work.serial);
    work.record->time = std::chrono::steady_clock::now();
  } else if (stream.device->fault.empty()) {
    stream.device->fault = work.run();
  }
}

// Lets some waiting work run, or not: a GPU works beside the host.
void wander() {
  if (streams.empty() || emulator::random_below(2)) return;
  auto pick = streams.begin();
  std::advance(pick, emulator::random_below((u32)streams.size()));
  advance(**pick);
}

void finish_all(Device& device) {
  std::vector<Stream*> waiting;
  for (Stream* stream : streams) {
    if (stream->device == &device) waiting.push_back(stream);
  }
  while (!waiting.empty()) {
    u32 pick = emulator::random_below((u32)waiting.size());
    if (waiting[pick]->queue.empty()) {
      waiting.erase(waiting.begin() + pick);
    } else {
      advance(*waiting[pick]);
    }
  }
}

// Ends what is being captured on a device, as whoever waits for all of its work does.
int break_captures(Device& device) {
  int result = SUCCESS;
  for (Stream* stream : streams) {
    if (stream->device != &device || !stream->capture) continue;
    stream->capture->broken = true;
    result = CAPTURE_UNSUPPORTED;
  }
  return result;
}

int enqueue(Stream* stream, Work work) {
  if (!streams.count(stream)) return INVALID_HANDLE;
  if (stream->capture) {
    if (stream->capture->broken) return CAPTURE_INVALIDATED;
    if (!work.run) return NOT_SUPPORTED;
    stream->capture->work.push_back(std::move(work));
    return SUCCESS;
  }
  stream->queue.push_back(std::move(work));
  wander();
  return SUCCESS;
}

enum class Way { TO_GPU, FROM_GPU, ON_GPU };

Work copy(u64 to, u64 from, u64 bytes, Way way) {
  Work work;
  work.run = [=] {
    memcpy((void*)to, (const void*)from, bytes);
    const char* name = way == Way::TO_GPU ? "copy to the GPU" : way == Way::FROM_GPU ? "copy from the GPU" : "copy";
    emulator::count_copy(name, way == Way::TO_GPU ? 0 : bytes, way == Way::FROM_GPU ? 0 : bytes);
    return std::string();
  };
  return work;
}

void release(Device& device) {
  std::vector<Stream*> own;
  for (Stream* stream : streams) {
    if (stream->device == &device) own.push_back(stream);
  }
  for (Stream* stream : own) {
    streams.erase(stream);
    delete stream;
  }
  for (auto [address, size] : device.memory) free((void*)address);
  device.memory.clear();
  device.used = 0;
  device.fault.clear();
  device.peers.clear();
}

void start() {
  if (!devices.empty()) return;
  for (int i = 0; i < pose.devices; i++) {
    devices.push_back(std::make_unique<Device>());
    devices.back()->number = i;
    devices.back()->capability = pose.capability;
    devices.back()->total = pose.memory;
  }
}

Device* device(int number) {
  return number >= 0 && number < (int)devices.size() ? devices[number].get() : nullptr;
}

// The ranges that a device's kernels may touch.
std::vector<Range> reachable(const Device& device) {
  std::vector<Range> ranges;
  for (auto& other : devices) {
    if (other.get() != &device && !device.peers.count(other.get())) continue;
    for (auto [address, size] : other->memory) ranges.push_back({address, size});
  }
  return ranges;
}


void log(int count, const int* keys, void** values, const std::string& text) {
  char* buffer = nullptr;
  size_t bytes = 0;
  for (int i = 0; i < count; i++) {
    if (keys[i] == 5) buffer = (char*)values[i];
    if (keys[i] == 6) bytes = (size_t)values[i];
  }
  if (buffer && bytes) snprintf(buffer, bytes, "%s", text.c_str());
}

const char* name_of(int error) {
  switch (error) {
    case SUCCESS: return "CUDA_SUCCESS";
    case INVALID_VALUE: return "CUDA_ERROR_INVALID_VALUE";
    case OUT_OF_MEMORY: return "CUDA_ERROR_OUT_OF_MEMORY";
    case NOT_INITIALIZED: return "CUDA_ERROR_NOT_INITIALIZED";
    case DEVICE_UNAVAILABLE: return "CUDA_ERROR_DEVICE_UNAVAILABLE";
    case NO_DEVICE: return "CUDA_ERROR_NO_DEVICE";
    case INVALID_DEVICE: return "CUDA_ERROR_INVALID_DEVICE";
    case INVALID_CONTEXT: return "CUDA_ERROR_INVALID_CONTEXT";
    case NO_BINARY_FOR_GPU: return "CUDA_ERROR_NO_BINARY_FOR_GPU";
    case INVALID_PTX: return "CUDA_ERROR_INVALID_PTX";
    case UNSUPPORTED_PTX_VERSION: return "CUDA_ERROR_UNSUPPORTED_PTX_VERSION";
    case INVALID_HANDLE: return "CUDA_ERROR_INVALID_HANDLE";
    case NOT_FOUND: return "CUDA_ERROR_NOT_FOUND";
    case NOT_READY: return "CUDA_ERROR_NOT_READY";
    case LAUNCH_OUT_OF_RESOURCES: return "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES";
    case PEER_ACCESS_ALREADY_ENABLED: return "CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED";
    case LAUNCH_FAILED: return "CUDA_ERROR_LAUNCH_FAILED";
    case NOT_SUPPORTED: return "CUDA_ERROR_NOT_SUPPORTED";
    case SYSTEM_DRIVER_MISMATCH: return "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH";
    case CAPTURE_UNSUPPORTED: return "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED";
    case CAPTURE_INVALIDATED: return "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED";
    default: return nullptr;
  }
}

}  // namespace

// What the emulator pretends to be from now on; all that was there is gone.
API emulator_pose(int count, int cuda, int capability, long long memory, int start_error) {
  LOCK;
  for (auto& device : devices) {
    device->retained = 0;
    release(*device);
  }
  devices.clear();
  for (auto [address, size] : pinned) free((void*)address);
  pinned.clear();
  events.clear();
  functions.clear();
  pose = {count, cuda, capability, start_error, (u64)memory};
  launches = 0;
  graph_launches = 0;
  captures_to_break = 0;
  emulator::count_traffic(false);
  start();
  return SUCCESS;
}

// One of the devices becomes another kind.
API emulator_pose_device(int number, int capability, long long memory) {
  LOCK;
  if (!device(number)) return INVALID_DEVICE;
  device(number)->capability = capability;
  device(number)->total = (u64)memory;
  return SUCCESS;
}

// Another process has one of the devices for itself.
API emulator_take_device(int number) {
  LOCK;
  if (!device(number)) return INVALID_DEVICE;
  device(number)->taken = true;
  return SUCCESS;
}

// Ends so many of the captures that follow, as if something beside us waited for the device meanwhile.
API emulator_break_captures(int count) {
  LOCK;
  captures_to_break = count;
  return SUCCESS;
}

// From here on, orders follow from this number.
API emulator_seed(long long value) {
  LOCK;
  emulator::seed((u64)value);
  return SUCCESS;
}

// How many kernels have run since the last pose.
API emulator_launches() {
  LOCK;
  return (int)launches;
}

// How many graphs have been launched since the last pose.
API emulator_graph_launches() {
  LOCK;
  return (int)graph_launches;
}

// Begins to count what is launched and moved, or ends it.
API emulator_count(int begin) {
  LOCK;
  emulator::count_traffic(begin != 0);
  return SUCCESS;
}

// What was counted, as a text: see traffic.h.
API emulator_counts(char* text, int bytes) {
  LOCK;
  snprintf(text, bytes, "%s", emulator::traffic().c_str());
  return SUCCESS;
}

// How many pieces of memory are allocated, on devices and pinned.
API emulator_allocations() {
  LOCK;
  size_t count = pinned.size();
  for (auto& device : devices) count += device->memory.size();
  return (int)count;
}

API cuInit(int) {
  LOCK;
  start();
  return pose.start_error ? pose.start_error : pose.devices ? SUCCESS : NO_DEVICE;
}

API cuDriverGetVersion(int* version) {
  LOCK;
  *version = pose.cuda;
  return SUCCESS;
}

API cuGetErrorName(int error, const char** text) {
  *text = name_of(error);
  return *text ? SUCCESS : INVALID_VALUE;
}

// A kernel's failure is said here, where the driver would say "unspecified launch failure".
API cuGetErrorString(int error, const char** text) {
  LOCK;
  static std::string kept;
  if (!name_of(error)) return INVALID_VALUE;
  kept = error == LAUNCH_FAILED ? last_fault : "said by the emulator";
  *text = kept.c_str();
  return SUCCESS;
}

API cuDeviceGetCount(int* count) {
  LOCK;
  if (devices.empty()) return NOT_INITIALIZED;  // since cuInit has failed
  *count = (int)devices.size();
  return SUCCESS;
}

API cuDeviceGet(int* handle, int ordinal) {
  LOCK;
  *handle = ordinal;
  return device(ordinal) ? SUCCESS : INVALID_DEVICE;
}

API cuDeviceGetName(char* name, int length, int) {
  snprintf(name, length, "vgg4j emulator");
  return SUCCESS;
}

API cuDeviceGetAttribute(int* value, int attribute, int number) {
  LOCK;
  if (!device(number)) return INVALID_DEVICE;
  int capability = device(number)->capability;
  switch (attribute) {
    case 13: *value = 1000; return SUCCESS; // kHz: about what a core of a CPU makes of it
    case 16: *value = 2; return SUCCESS;
    case 75: *value = capability / 10; return SUCCESS;
    case 76: *value = capability % 10; return SUCCESS;
    case 97: *value = capability == 80 ? 163 << 10 : capability >= 90 ? 227 << 10 : 99 << 10; return SUCCESS;
    default: return INVALID_VALUE;
  }
}

API cuDeviceTotalMem_v2(size_t* bytes, int number) {
  LOCK;
  if (!device(number)) return INVALID_DEVICE;
  *bytes = device(number)->total;
  return SUCCESS;
}

API cuDevicePrimaryCtxRetain(Device** context, int number) {
  LOCK;
  *context = device(number);
  if (!*context) return INVALID_DEVICE;
  if ((*context)->taken) return DEVICE_UNAVAILABLE;
  (*context)->retained++;
  return SUCCESS;
}

API cuDevicePrimaryCtxRelease_v2(int number) {
  LOCK;
  Device* released = device(number);
  if (!released || !released->retained) return INVALID_CONTEXT;
  if (--released->retained == 0) release(*released);
  return SUCCESS;
}

API cuCtxSetCurrent(Device* context) {
  LOCK;
  for (auto& device : devices) {
    if (device.get() == context && device->retained) {
      chosen = context;
      return SUCCESS;
    }
  }
  return INVALID_CONTEXT;
}

API cuCtxSynchronize() {
  ON_DEVICE;
  if (int captures = break_captures(*chosen)) return captures;
  finish_all(*chosen);
  return chosen->fault.empty() ? SUCCESS : broken(*chosen);
}

API cuDeviceCanAccessPeer(int* can, int from, int to) {
  *can = from != to;
  return SUCCESS;
}

API cuCtxEnablePeerAccess(Device* peer, int) {
  ON_DEVICE;
  return chosen->peers.insert(peer).second ? SUCCESS : PEER_ACCESS_ALREADY_ENABLED;
}

API cuModuleLoadDataEx(Module** module, const char* image, int count, const int* keys, void** values) {
  ON_DEVICE;
  emulator::Ptx ptx = emulator::parse_ptx(image);
  if (!ptx.error.empty()) {
    log(count, keys, values, ptx.error);
    return INVALID_PTX;
  }
  // CUDA 11.1 knows PTX 7.1, CUDA 12.0 PTX 8.0, CUDA 13.0 PTX 9.0
  if (ptx.version > (pose.cuda / 1000 - 4) * 10 + pose.cuda % 1000 / 10) return UNSUPPORTED_PTX_VERSION;
  if (ptx.only_this_target ? ptx.target != chosen->capability : ptx.target > chosen->capability) return NO_BINARY_FOR_GPU;
  for (auto& entry : ptx.entries) {
    const emulator::Kernel* kernel = emulator::find_kernel(entry.name);
    if (!kernel || kernel->kinds != entry.kinds) {
      log(count, keys, values,
          kernel ? "the kernel " + entry.name + " takes " + entry.kinds + " in the PTX and " + kernel->kinds +
                       " in the sources: write the PTX anew"
                 : "the sources have no kernel " + entry.name);
      return INVALID_PTX;
    }
  }
  *module = new Module{chosen, std::move(ptx)};
  modules.insert(*module);
  return SUCCESS;
}

API cuModuleUnload(Module* module) {
  LOCK;
  if (!modules.erase(module)) return INVALID_HANDLE;
  finish_all(*module->device);
  for (auto it = functions.begin(); it != functions.end();) {
    it = it->second->module == module ? functions.erase(it) : std::next(it);
  }
  delete module;
  return SUCCESS;
}

API cuModuleGetFunction(Function** function, Module* module, const char* name) {
  ON_DEVICE;
  if (!modules.count(module)) return INVALID_HANDLE;
  for (auto& entry : module->ptx.entries) {
    if (entry.name == name) {
      auto made = std::make_unique<Function>(Function{module, entry, emulator::find_kernel(name)});
      *function = made.get();
      functions[*function] = std::move(made);
      return SUCCESS;
    }
  }
  return NOT_FOUND;
}

API cuFuncSetAttribute(Function* function, int attribute, int value) {
  ON_DEVICE;
  int most = 0;
  cuDeviceGetAttribute(&most, 97, 0);
  if (!functions.count(function)) return INVALID_HANDLE;
  if (attribute != 8 || value < 0 || value > most) return INVALID_VALUE;
  function->shared_limit = value;
  return SUCCESS;
}

API cuLaunchKernel(Function* function, int gx, int gy, int gz, int bx, int by, int bz, int shared, Stream* stream,
                   void** arguments, void**) {
  ON_DEVICE;
  if (!functions.count(function) || !streams.count(stream) || stream->device != chosen) return INVALID_HANDLE;
  if (gx < 1 || gy < 1 || gz < 1 || gy > 65535 || gz > 65535 || bx < 1 || by != 1 || bz != 1 || bx > 1024 || bx % 32 ||
      shared < 0 || shared > function->shared_limit) {
    return INVALID_VALUE;
  }
  if (function->entry.threads && bx > function->entry.threads) return LAUNCH_OUT_OF_RESOURCES;
  auto values = std::make_shared<std::vector<Argument>>();
  for (size_t i = 0; i < function->entry.kinds.size(); i++) {
    char kind = function->entry.kinds[i];
    values->push_back({});
    memcpy(values->back().bytes, arguments[i], kind == 't' ? sizeof(TensorMap) : kind == 'p' ? 8 : 4);
  }
  Grid grid = {{gx, gy, gz}, bx, shared};
  const emulator::Kernel* kernel = function->kernel;
  Device* device = chosen;
  Work work;
  work.run = [=] {
    std::vector<void*> pointers;
    for (Argument& value : *values) pointers.push_back(&value);
    launches++;
    std::string fault = emulator::run(*kernel, grid, pointers.data(), reachable(*device));
    emulator::end_launch(kernel->name);
    return fault;
  };
  return enqueue(stream, std::move(work));
}

API cuMemGetInfo_v2(size_t* free, size_t* total) {
  ON_DEVICE;
  *free = chosen->total - chosen->used;
  *total = chosen->total;
  return SUCCESS;
}

API cuMemAlloc_v2(u64* address, size_t bytes) {
  ON_DEVICE;
  if (!bytes) return INVALID_VALUE;
  if (bytes > chosen->total - chosen->used) return OUT_OF_MEMORY;
  void* memory = aligned_alloc(256, (bytes + 255) / 256 * 256 + 256);
  if (!memory) return OUT_OF_MEMORY;
  memset(memory, 0xff, bytes);
  chosen->memory[(u64)memory] = bytes;
  chosen->used += bytes;
  *address = (u64)memory;
  return SUCCESS;
}

API cuMemFree_v2(u64 address) {
  LOCK;
  for (auto& device : devices) {
    auto found = device->memory.find(address);
    if (found == device->memory.end()) continue;
    if (int captures = break_captures(*device)) return captures;
    finish_all(*device);
    device->used -= found->second;
    device->memory.erase(found);
    free((void*)address);
    return SUCCESS;
  }
  return INVALID_VALUE;
}

API cuMemHostAlloc(u64* pointer, size_t bytes, int) {
  ON_DEVICE;
  void* memory = bytes ? malloc(bytes) : nullptr;
  if (!memory) return bytes ? OUT_OF_MEMORY : INVALID_VALUE;
  memset(memory, 0xff, bytes);
  pinned[(u64)memory] = bytes;
  *pointer = (u64)memory;
  return SUCCESS;
}

API cuMemFreeHost(u64 pointer) {
  LOCK;
  if (!pinned.count(pointer)) return INVALID_VALUE;
  if (int captures = chosen ? break_captures(*chosen) : SUCCESS) return captures;
  for (auto& device : devices) finish_all(*device);
  pinned.erase(pointer);
  free((void*)pointer);
  return SUCCESS;
}

// These two do not wait for our streams, which do not wait for the default stream either.
API cuMemcpyHtoD_v2(u64 to, u64 from, size_t bytes) {
  ON_DEVICE;
  if (!inside(chosen->memory, to, bytes)) return INVALID_VALUE;
  memcpy((void*)to, (const void*)from, bytes);
  return SUCCESS;
}

API cuMemcpyDtoH_v2(u64 to, u64 from, size_t bytes) {
  ON_DEVICE;
  if (!inside(chosen->memory, from, bytes)) return INVALID_VALUE;
  memcpy((void*)to, (const void*)from, bytes);
  return SUCCESS;
}

// Host memory must be pinned: the driver would take other memory, too, but then the copy would not be asynchronous.
API cuMemcpyHtoDAsync_v2(u64 to, u64 from, size_t bytes, Stream* stream) {
  ON_DEVICE;
  if (!inside(chosen->memory, to, bytes) || !inside(pinned, from, bytes)) return INVALID_VALUE;
  return enqueue(stream, copy(to, from, bytes, Way::TO_GPU));
}

API cuMemcpyDtoHAsync_v2(u64 to, u64 from, size_t bytes, Stream* stream) {
  ON_DEVICE;
  if (!inside(pinned, to, bytes) || !inside(chosen->memory, from, bytes)) return INVALID_VALUE;
  return enqueue(stream, copy(to, from, bytes, Way::FROM_GPU));
}

API cuMemcpyDtoDAsync_v2(u64 to, u64 from, size_t bytes, Stream* stream) {
  ON_DEVICE;
  if (!inside(chosen->memory, to, bytes) || !inside(chosen->memory, from, bytes)) return INVALID_VALUE;
  return enqueue(stream, copy(to, from, bytes, Way::ON_GPU));
}

API cuMemcpyPeerAsync(u64 to, Device* there, u64 from, Device* here, size_t bytes, Stream* stream) {
  ON_DEVICE;
  if (!inside(there->memory, to, bytes) || !inside(here->memory, from, bytes)) return INVALID_VALUE;
  return enqueue(stream, copy(to, from, bytes, Way::ON_GPU));
}

API cuMemsetD8Async(u64 to, unsigned char value, size_t bytes, Stream* stream) {
  ON_DEVICE;
  if (!inside(chosen->memory, to, bytes)) return INVALID_VALUE;
  Work work;
  work.run = [=] {
    memset((void*)to, value, bytes);
    emulator::count_copy("clear", 0, bytes);
    return std::string();
  };
  return enqueue(stream, std::move(work));
}

API cuStreamCreate(Stream** stream, int flags) {
  ON_DEVICE;
  if (flags != 1) return NOT_SUPPORTED;  // only streams that do not wait for the default stream
  *stream = new Stream{chosen, {}, nullptr};
  streams.insert(*stream);
  return SUCCESS;
}

API cuStreamDestroy_v2(Stream* stream) {
  LOCK;
  if (!streams.count(stream)) return INVALID_HANDLE;
  finish(*stream);
  streams.erase(stream);
  delete stream;
  return SUCCESS;
}

API cuStreamSynchronize(Stream* stream) {
  ON_DEVICE;
  if (!streams.count(stream)) return INVALID_HANDLE;
  if (stream->capture) return CAPTURE_UNSUPPORTED;
  finish(*stream);
  return stream->device->fault.empty() ? SUCCESS : broken(*stream->device);
}

API cuStreamWaitEvent(Stream* stream, Event* event, int) {
  ON_DEVICE;
  if (!events.count(event)) return INVALID_HANDLE;
  Work work;
  work.wait = events[event];
  work.serial = event->recorded;
  work.other = event->stream;
  return enqueue(stream, std::move(work));
}

API cuStreamBeginCapture_v2(Stream* stream, int) {
  ON_DEVICE;
  if (!streams.count(stream)) return INVALID_HANDLE;
  if (stream->capture) return INVALID_VALUE;
  stream->capture = std::make_unique<Graph>();
  if (captures_to_break) {
    captures_to_break--;
    stream->capture->broken = true;
  }
  return SUCCESS;
}

API cuStreamEndCapture(Stream* stream, Graph** graph) {
  ON_DEVICE;
  if (!streams.count(stream)) return INVALID_HANDLE;
  if (!stream->capture) return INVALID_VALUE;
  if (stream->capture->broken) {
    stream->capture.reset();
    *graph = nullptr;
    return CAPTURE_INVALIDATED;
  }
  *graph = stream->capture.release();
  graphs.insert(*graph);
  return SUCCESS;
}

API cuGraphInstantiate_v2(Graph** executable, Graph* graph, void*, char*, size_t) {
  ON_DEVICE;
  if (!graphs.count(graph)) return INVALID_HANDLE;
  *executable = new Graph(*graph);
  graphs.insert(*executable);
  return SUCCESS;
}

API cuGraphLaunch(Graph* graph, Stream* stream) {
  ON_DEVICE;
  if (!graphs.count(graph)) return INVALID_HANDLE;
  graph_launches++;
  for (const Work& work : graph->work) {
    int result = enqueue(stream, work);
    if (result) return result;
  }
  return SUCCESS;
}

API cuGraphDestroy(Graph* graph) {
  LOCK;
  if (!graphs.erase(graph)) return INVALID_HANDLE;
  delete graph;
  return SUCCESS;
}

API cuGraphExecDestroy(Graph* graph) { return cuGraphDestroy(graph); }

API cuEventCreate(Event** event, int) {
  ON_DEVICE;
  auto made = std::make_shared<Event>();
  made->device = chosen;
  *event = made.get();
  events[*event] = std::move(made);
  return SUCCESS;
}

API cuEventDestroy_v2(Event* event) {
  LOCK;
  return events.erase(event) ? SUCCESS : INVALID_HANDLE;
}

API cuEventRecord(Event* event, Stream* stream) {
  ON_DEVICE;
  if (!events.count(event)) return INVALID_HANDLE;
  Work work;
  work.record = events[event];
  work.serial = ++event->recorded;
  event->stream = stream;
  return enqueue(stream, std::move(work));
}

API cuEventSynchronize(Event* event) {
  ON_DEVICE;
  if (!events.count(event)) return INVALID_HANDLE;
  while (event->done < event->recorded && streams.count(event->stream)) advance(*event->stream);
  return event->device->fault.empty() ? SUCCESS : broken(*event->device);
}

API cuEventElapsedTime(float* milliseconds, Event* start, Event* end) {
  ON_DEVICE;
  if (!events.count(start) || !events.count(end) || !start->recorded || !end->recorded) return INVALID_HANDLE;
  if (start->done < start->recorded || end->done < end->recorded) return NOT_READY;
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return SUCCESS;
}
