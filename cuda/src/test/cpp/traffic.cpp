#include "traffic.h"

#include <bitset>
#include <map>
#include <memory>
#include <unordered_map>

namespace emulator {

bool counting;

namespace {

constexpr int SECTOR = 32;
constexpr int PAGE_SECTORS = 4096;
constexpr u64 SHARED_LIMIT = 256 << 10;

// The sectors that a launch has touched, page by page.
class Sectors {
 public:
  void add(u64 address, size_t bytes) {
    for (u64 sector = address / SECTOR; sector <= (address + bytes - 1) / SECTOR; sector++) {
      u64 number = sector / PAGE_SECTORS;
      if (!last || number != last_number) {
        auto& page = pages[number];
        if (!page) page = std::make_unique<Page>();
        last = page.get();
        last_number = number;
      }
      last->set(sector % PAGE_SECTORS);
    }
  }

  // Bytes of them; there are none afterwards.
  u64 take() {
    u64 count = 0;
    for (auto& [number, page] : pages) count += page->count();
    pages.clear();
    last = nullptr;
    return count * SECTOR;
  }

 private:
  using Page = std::bitset<PAGE_SECTORS>;
  std::unordered_map<u64, std::unique_ptr<Page>> pages;
  Page* last = nullptr;
  u64 last_number = 0;
};

struct Moved {
  u64 launches, read, written, asked;
};

Sectors reads, writes;
u64 asked;
std::map<std::string, Moved> all;

}  // namespace

void count_access(const void* pointer, size_t bytes, bool written) {
  if ((u64)pointer - (u64)shared_memory() < SHARED_LIMIT) return;
  (written ? writes : reads).add((u64)pointer, bytes);
  asked += bytes;
}

void count_traffic(bool begin) {
  counting = begin;
  reads.take();
  writes.take();
  asked = 0;
  if (begin) all.clear();
}

void end_launch(const std::string& name) {
  if (!counting) return;
  Moved& moved = all[name];
  moved.launches++;
  moved.read += reads.take();
  moved.written += writes.take();
  moved.asked += asked;
  asked = 0;
}

void count_copy(const std::string& name, u64 read, u64 written) {
  if (!counting) return;
  Moved& moved = all[name];
  moved.launches++;
  moved.read += read;
  moved.written += written;
  moved.asked += read + written;
}

std::string traffic() {
  std::string text;
  for (auto& [name, moved] : all) {
    text += name;
    for (u64 number : {moved.launches, moved.read, moved.written, moved.asked}) text += "\t" + std::to_string(number);
    text += "\n";
  }
  return text;
}

}  // namespace emulator
