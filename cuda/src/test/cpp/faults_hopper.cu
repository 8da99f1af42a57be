// Kernels for the emulator's own tests of what hopper.cuh gives: some right, each of the others with one fault that
// must be noticed.
#include "hopper.cuh"

// The fault of a kernel below.
enum Fault {
  NOTHING,
  NO_MBARRIER_WAIT,
  NOT_READY,
  MADE_TWICE,
  NEVER_MADE,
  ARRIVES_TWICE,
  ARRIVES_TOO_SELDOM,
  OVERWRITTEN_MBARRIER,
  NO_BEGIN,
  NO_COMMIT,
  NO_WAIT,
  USED_BEFORE_WAIT,
  TILE_OVERWRITTEN,
  SUMS_OVERWRITTEN,
  HALF_A_WARPGROUP,
  OTHER_OPERANDS,
  HALF_GIVES_REGISTERS,
  RELEASED_BEFORE_WAIT,
};

// Copies a box to shared memory and all its bytes from there to y. The mbarrier lies behind the box.
template <int FAULT, class Copy>
DEVICE void copy_out(u16* y, int bytes, int announced, Copy copy) {
  u32 box = shared_address(shared_memory());
  u32 mbarrier = box + bytes;
  if (thread_index() == 0) {
    if (FAULT != NEVER_MADE) mbarrier_init(mbarrier, FAULT == ARRIVES_TOO_SELDOM ? 2 : 1);
    if (FAULT == MADE_TWICE) mbarrier_init(mbarrier, 1);
    if (FAULT != NOT_READY) mbarriers_ready();
  }
  barrier();
  if (FAULT == OVERWRITTEN_MBARRIER && thread_index() == 1) shared_memory()[bytes] = 0;
  barrier();
  if (thread_index() == 0) {
    mbarrier_expect(mbarrier, announced);
    if (FAULT == ARRIVES_TWICE) mbarrier_arrive(mbarrier);
    copy(box, mbarrier);
  }
  if (FAULT != NO_MBARRIER_WAIT) mbarrier_wait(mbarrier, 0);
  for (int i = thread_index(); 2 * i < bytes; i += block_threads()) store(y + i, ((const u16*)shared_memory())[i]);
}

KERNEL(64, 1) test_box_5(TensorMap map, u16* y, int bytes, int a, int b, int c, int d, int e) {
  copy_out<NOTHING>(y, bytes, bytes, [&](u32 box, u32 mbarrier) {
    copy_box(box, TENSOR_MAP(test_box_5, 0, map), mbarrier, a, b, c, d, e);
  });
}
EXPORT(test_box_5)

#define BOX_3(name, fault)                                                                             \
  KERNEL(64, 1) name(TensorMap map, u16* y, int bytes, int announced, int a, int b, int c) {           \
    copy_out<fault>(y, bytes, announced,                                                               \
                    [&](u32 box, u32 mbarrier) { copy_box(box, TENSOR_MAP(name, 0, map), mbarrier, a, b, c); }); \
  }                                                                                                    \
  EXPORT(name)
BOX_3(test_box_3, NOTHING)
BOX_3(test_box_without_wait, NO_MBARRIER_WAIT)
BOX_3(test_box_not_ready, NOT_READY)
BOX_3(test_box_made_twice, MADE_TWICE)
BOX_3(test_box_never_made, NEVER_MADE)
BOX_3(test_box_arrives_twice, ARRIVES_TWICE)
BOX_3(test_box_arrives_too_seldom, ARRIVES_TOO_SELDOM)
BOX_3(test_box_overwritten_mbarrier, OVERWRITTEN_MBARRIER)

// d = a b for a 64x64 and b 64x128, in tiles with rows of ROW_BYTES; their sum's index is innermost in memory, or
// outermost if they are transposed.
template <int ROW_BYTES, bool TRANSPOSED_A, bool TRANSPOSED_B, int FAULT>
DEVICE void multiply(const TensorMap* map_a, const TensorMap* map_b, float* d) {
  constexpr int K = 64, M = 64, N = 128;
  constexpr int PER_ROW = ROW_BYTES / 2;
  constexpr u32 TILE_A = (TRANSPOSED_A ? K : M) * ROW_BYTES, TILE_B = (TRANSPOSED_B ? K : N) * ROW_BYTES;
  int thread = thread_index();
  u32 a = shared_address(shared_memory()), b = a + 2 * M * K, mbarrier = b + 2 * N * K;
  if (thread == 0) {
    mbarrier_init(mbarrier, 1);
    mbarriers_ready();
    mbarrier_expect(mbarrier, 2 * (M + N) * K);
    for (int i = 0; i < (TRANSPOSED_A ? M : K); i += PER_ROW) {
      copy_box(a + i / PER_ROW * TILE_A, map_a, mbarrier, i, 0, 0);
    }
    for (int i = 0; i < (TRANSPOSED_B ? N : K); i += PER_ROW) {
      copy_box(b + i / PER_ROW * TILE_B, map_b, mbarrier, i, 0, 0);
    }
  }
  barrier();
  if (FAULT == HALF_GIVES_REGISTERS && thread < 64) give_registers<24>();
  mbarrier_wait(mbarrier, 0);
  float sums[N / 2];
  for (int half = 0; half < 2; half++) {
    if (FAULT == HALF_A_WARPGROUP && half && thread >= 64) break;
    if (FAULT != NO_BEGIN || !half) warpgroup_begin();
    for (int k = 32 * half; k < 32 * half + 32; k += 16) {
      u32 at_a = TRANSPOSED_A ? k * ROW_BYTES : k / PER_ROW * TILE_A + k % PER_ROW * 2;
      u32 at_b = TRANSPOSED_B ? k * ROW_BYTES : k / PER_ROW * TILE_B + k % PER_ROW * 2;
      if (FAULT == OTHER_OPERANDS && thread == 77) at_b = 0;
      warpgroup_product<TRANSPOSED_A, TRANSPOSED_B>(sums, SharedTile<ROW_BYTES>::descriptor(a + at_a, TILE_A),
                                                    SharedTile<ROW_BYTES>::descriptor(b + at_b, TILE_B), k > 0);
      if (FAULT == SUMS_OVERWRITTEN && half) sums[3] = 1.f;
    }
    if (FAULT != NO_COMMIT) warpgroup_commit();
    if (FAULT == TILE_OVERWRITTEN && half) {
      barrier();
      if (thread == 0) {
        mbarrier_expect(mbarrier, TILE_A);
        copy_box(a, map_a, mbarrier, 0, 0, 0);
      }
      barrier();
    }
    if (FAULT == USED_BEFORE_WAIT && half) break;
    if (FAULT != NO_WAIT || !half) warpgroup_wait<0>();
  }
  if (FAULT == TILE_OVERWRITTEN) mbarrier_wait(mbarrier, 1);
  int row = thread / 32 * 16 + thread % 32 / 4, column = thread % 4 * 2;
  for (int i = 0; i < N / 2; i++) {
    store(d + (row + i / 2 % 2 * 8) * N + i / 4 * 8 + column + i % 2, sums[i]);
  }
  if (FAULT == USED_BEFORE_WAIT) warpgroup_wait<0>();
}

#define MULTIPLY(name, row_bytes, transposed_a, transposed_b, fault)                                                   \
  KERNEL(128, 1) name(TensorMap a, TensorMap b, float* d) {                                                            \
    multiply<row_bytes, transposed_a, transposed_b, fault>(TENSOR_MAP(name, 0, a), TENSOR_MAP(name, 1, b), d);         \
  }                                                                                                                    \
  EXPORT(name)
MULTIPLY(test_multiply_128, 128, false, false, NOTHING)
MULTIPLY(test_multiply_128_a, 128, true, false, NOTHING)
MULTIPLY(test_multiply_128_b, 128, false, true, NOTHING)
MULTIPLY(test_multiply_128_ab, 128, true, true, NOTHING)
MULTIPLY(test_multiply_64, 64, false, false, NOTHING)
MULTIPLY(test_multiply_64_a, 64, true, false, NOTHING)
MULTIPLY(test_multiply_64_b, 64, false, true, NOTHING)
MULTIPLY(test_multiply_64_ab, 64, true, true, NOTHING)
MULTIPLY(test_multiply_no_begin, 128, false, false, NO_BEGIN)
MULTIPLY(test_multiply_no_commit, 128, false, false, NO_COMMIT)
MULTIPLY(test_multiply_no_wait, 128, false, false, NO_WAIT)
MULTIPLY(test_multiply_used_before_wait, 128, false, false, USED_BEFORE_WAIT)
MULTIPLY(test_multiply_tile_overwritten, 128, false, false, TILE_OVERWRITTEN)
MULTIPLY(test_multiply_sums_overwritten, 128, false, false, SUMS_OVERWRITTEN)
MULTIPLY(test_multiply_half_a_warpgroup, 128, false, false, HALF_A_WARPGROUP)
MULTIPLY(test_multiply_other_operands, 128, false, false, OTHER_OPERANDS)
MULTIPLY(test_multiply_half_gives_registers, 128, false, false, HALF_GIVES_REGISTERS)

// Transposes 8x8 values of 16 bits, and rectifies two numbers.
KERNEL(32, 1) test_transpose(const u32* x, u32* y, float first, float second) {
  store(y + thread_index(), transpose_matrix(load(x + thread_index())));
  if (thread_index() == 0) store(y + 32, bf16_pair_rectified(first, second));
}
EXPORT(test_transpose)

// d = a b for a 128x64n and b 64nx128: a warpgroup fetches tiles of 64 for two others, as many as there is room for.
template <int FAULT>
DEVICE void pipeline(const TensorMap* map_a, const TensorMap* map_b, float* d, int steps) {
  constexpr int STAGES = 3, TILE = 128 * 128, STAGE = 2 * TILE;
  u32 tiles = shared_address(shared_memory()), full = tiles + STAGES * STAGE, empty = full + 8 * STAGES;
  int thread = thread_index(), group = thread / 128;
  if (thread == 0) {
    for (int i = 0; i < STAGES; i++) {
      mbarrier_init(full + 8 * i, 1);
      mbarrier_init(empty + 8 * i, 2);
    }
    mbarriers_ready();
  }
  barrier();
  if (group == 0) {
    give_registers<24>();
    for (int step = 0; thread == 0 && step < steps; step++) {
      int stage = step % STAGES;
      u32 at = tiles + stage * STAGE;
      mbarrier_wait(empty + 8 * stage, (step / STAGES & 1) ^ 1);
      mbarrier_expect(full + 8 * stage, STAGE);
      copy_box(at, map_a, full + 8 * stage, 64 * step, 0, 0);
      copy_box(at + TILE, map_b, full + 8 * stage, 64 * step, 0, 0);
    }
    return;
  }
  take_registers<240>();
  float sums[64];
  for (int step = 0; step < steps; step++) {
    int stage = step % STAGES;
    u32 a = tiles + stage * STAGE + (group - 1) * TILE / 2, b = tiles + stage * STAGE + TILE;
    mbarrier_wait(full + 8 * stage, step / STAGES & 1);
    warpgroup_begin();
    for (int k = 0; k < 64; k += 16) {
      warpgroup_product<false, false>(sums, SharedTile<128>::descriptor(a + 2 * k, 0),
                                      SharedTile<128>::descriptor(b + 2 * k, 0), step + k > 0);
    }
    warpgroup_commit();
    if (FAULT == RELEASED_BEFORE_WAIT && thread % 128 == 0) mbarrier_arrive(empty + 8 * stage);
    warpgroup_wait<0>();
    if (FAULT != RELEASED_BEFORE_WAIT && thread % 128 == 0) mbarrier_arrive(empty + 8 * stage);
  }
  int row = (group - 1) * 64 + thread % 128 / 32 * 16 + thread % 32 / 4, column = thread % 4 * 2;
  for (int i = 0; i < 64; i++) store(d + (row + i / 2 % 2 * 8) * 128 + i / 4 * 8 + column + i % 2, sums[i]);
}
KERNEL(384, 1) test_pipeline(TensorMap a, TensorMap b, float* d, int steps) {
  pipeline<NOTHING>(TENSOR_MAP(test_pipeline, 0, a), TENSOR_MAP(test_pipeline, 1, b), d, steps);
}
EXPORT(test_pipeline)
KERNEL(384, 1) test_pipeline_released_before_wait(TensorMap a, TensorMap b, float* d, int steps) {
  pipeline<RELEASED_BEFORE_WAIT>(TENSOR_MAP(test_pipeline_released_before_wait, 0, a),
                                 TENSOR_MAP(test_pipeline_released_before_wait, 1, b), d, steps);
}
EXPORT(test_pipeline_released_before_wait)
