// What the products on Hopper share: boxes of pixels, and the pipeline between the thread that copies and the
// warpgroups that multiply.
#pragma once
#include "hopper.cuh"
#include "values.cuh"

constexpr int WARPGROUP = 128;

// How the pixels of a map are divided into boxes of 2^(images + lines + columns) of them.
struct Boxes {
  int height, width;           // of the map
  int images, lines, columns;  // of a box: powers of two
  int across, down, deep;      // boxes

  DEVICE_MEMBER Boxes(int count, int height, int width, int pixels, int lines, int columns)
      : height(height), width(width), images(pixels - lines - columns), lines(lines), columns(columns) {
    across = parts(width, columns);
    down = parts(height, lines);
    deep = parts(count, images);
  }
  DEVICE_MEMBER static int parts(int length, int bits) { return (length + (1 << bits) - 1) >> bits; }

  DEVICE_MEMBER int count() const { return across * down * deep; }

  struct Origin {
    int image, y, x;
  };
  DEVICE_MEMBER Origin origin(int box) const {
    int line = box / across;
    return {line / down << images, line % down << lines, box % across << columns};
  }
};

// A thread's way through the stages of a pipeline. `full` barriers say that a stage's copies have arrived, `empty` ones
// that nobody reads it any more.
template <int STAGES, int STAGE_BYTES>
struct Pipeline {
  u32 buffers;
  int stage = 0;
  u32 parity = 0;

  DEVICE_MEMBER Pipeline() : buffers((shared_address(shared_memory()) + 1023) & ~1023u) {}

  DEVICE_MEMBER u32 buffer() const { return buffers + stage * STAGE_BYTES; }
  DEVICE_MEMBER u32 full() const { return buffers + STAGES * STAGE_BYTES + 8 * stage; }
  DEVICE_MEMBER u32 empty() const { return full() + 8 * STAGES; }
  DEVICE_MEMBER u32 behind() const { return buffers + STAGES * (STAGE_BYTES + 16); }

  DEVICE_MEMBER void advance() {
    stage++;
    if (stage == STAGES) {
      stage = 0;
      parity ^= 1;
    }
  }

  // Passes over stages that another warpgroup reads.
  DEVICE_MEMBER void skip(int stages) {
    stage += stages;
    parity ^= stage / STAGES & 1;
    stage %= STAGES;
  }

  // By all threads of the block, before anything else.
  DEVICE_MEMBER void open(int readers) {
    if (thread_index() == 0) {
      for (int i = 0; i < STAGES; i++) {
        u32 full = buffers + STAGES * STAGE_BYTES + 8 * i;
        mbarrier_init(full, 1);
        mbarrier_init(full + 8 * STAGES, readers);
      }
      mbarriers_ready();
    }
    barrier();
  }

  // By the thread that copies: the stage's buffer, once it is free.
  DEVICE_MEMBER u32 fill() {
    mbarrier_wait(empty(), parity ^ 1);
    mbarrier_expect(full(), STAGE_BYTES);
    return buffer();
  }

  // By those who multiply: the stage's buffer, once it is there.
  DEVICE_MEMBER u32 await() {
    mbarrier_wait(full(), parity);
    return buffer();
  }

  // By those who multiply: hands on a stage that all but the last N commits have read, and goes on to the next.
  template <int N>
  DEVICE_MEMBER void release_when_done() {
    warpgroup_wait<N>();
    if (thread_index() % WARPGROUP == 0) mbarrier_arrive(empty());
    advance();
  }
};

// Lets two warpgroups multiply in turn, so that each meets the stages in the order in which they are filled.
struct Turns {
  u32 mbarriers;
  int taken = 0;

  DEVICE_MEMBER Turns(u32 mbarriers) : mbarriers(mbarriers) {}

  // By one thread, before the pipeline is opened.
  DEVICE_MEMBER void open() const {
    mbarrier_init(mbarriers, WARPGROUP);
    mbarrier_init(mbarriers + 8, WARPGROUP);
  }

  // The first turn is warpgroup 0's.
  DEVICE_MEMBER void take(int warpgroup) {
    mbarrier_wait(mbarriers + 8 * warpgroup, (warpgroup == 0 ? taken + 1 : taken) & 1);
    taken++;
  }

  // By all threads of a warpgroup, so that none still waits for the turn that it passes on.
  DEVICE_MEMBER void pass_on(int warpgroup) const { mbarrier_arrive(mbarriers + 8 * (1 - warpgroup)); }
};
