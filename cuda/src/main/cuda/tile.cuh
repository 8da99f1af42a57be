// Tiles of bf16 in shared memory, products of tiles, and the pipeline that feeds them.
//
// A product C = A B is made in steps of 32 values of the sum. A block of 256 threads copies both tiles of a step to
// shared memory, some steps ahead, in chunks of 8 values (16 bytes); its 8 warps each own a part of C and read what
// they need of the tiles by ldmatrix. Chunks of a tile are permuted so that the eight rows of 16 bytes that ldmatrix
// reads at once lie in different banks.
#pragma once
#include "values.cuh"

constexpr int THREADS = 256;
constexpr int STEP = 32;
constexpr int CHUNK = 8;

// Rows of A or columns of B, each with its 32 values of the sum side by side.
template <int ROWS>
struct RowTile {
  static constexpr int BYTES = ROWS * STEP * 2;

  DEVICE_MEMBER static u32 chunk(u32 tile, int row, int chunk) {
    return tile + row * (STEP * 2) + ((chunk ^ (row >> 1 & 3)) << 4);
  }
};

// For each of 32 values of the sum a line of A's rows or B's columns side by side.
template <int COLUMNS>
struct ColumnTile {
  static constexpr int BYTES = COLUMNS * STEP * 2;

  DEVICE_MEMBER static u32 chunk(u32 tile, int line, int chunk) {
    return tile + line * (COLUMNS * 2) + ((chunk ^ (line & 7)) << 4);
  }
};

// Loads 16 rows of A, from row m on, with 16 values of the sum, from k on, as mma takes them.
template <int ROWS>
DEVICE void load_a(RowTile<ROWS> layout, u32 tile, int m, int k, u32 (&a)[4]) {
  int lane = thread_index() & 31;
  ldmatrix_x4(a, layout.chunk(tile, m + (lane & 15), k / CHUNK + (lane >> 4)));
}
template <int COLUMNS>
DEVICE void load_a(ColumnTile<COLUMNS> layout, u32 tile, int m, int k, u32 (&a)[4]) {
  int lane = thread_index() & 31;
  int line = k + (lane & 7) + (lane >> 4) * 8;
  ldmatrix_x4_trans(a, layout.chunk(tile, line, m / CHUNK + (lane >> 3 & 1)));
}

// Loads 16 columns of B, from column n on: b[0] and b[1] are those of the first eight, b[2] and b[3] of the others.
template <int ROWS>
DEVICE void load_b(RowTile<ROWS> layout, u32 tile, int n, int k, u32 (&b)[4]) {
  int lane = thread_index() & 31;
  int row = n + (lane & 7) + (lane >> 4) * 8;
  ldmatrix_x4(b, layout.chunk(tile, row, k / CHUNK + (lane >> 3 & 1)));
}
template <int COLUMNS>
DEVICE void load_b(ColumnTile<COLUMNS> layout, u32 tile, int n, int k, u32 (&b)[4]) {
  int lane = thread_index() & 31;
  ldmatrix_x4_trans(b, layout.chunk(tile, k + (lane & 15), n / CHUNK + (lane >> 4)));
}

// What a warp needs of both tiles for 16 values of the sum.
template <int M, int N>
struct Fragments {
  u32 a[M / 16][4];
  u32 b[N / 16][4];
};

// A warp's part of the product, M rows from row m and N columns from column n on. In a buffer, B's tile follows A's.
template <class TileA, class TileB, int M, int N>
struct WarpProduct {
  static constexpr int BYTES = TileA::BYTES + TileB::BYTES;
  const int m, n;
  float d[M / 16][N / 8][4];

  DEVICE_MEMBER WarpProduct(int m, int n) : m(m), n(n) {
    UNROLL for (int i = 0; i < M / 16; i++) {
      UNROLL for (int j = 0; j < N / 8; j++) {
        UNROLL for (int e = 0; e < 4; e++) d[i][j][e] = 0.f;
      }
    }
  }

  DEVICE_MEMBER void load(u32 buffer, int k, Fragments<M, N>& of) const {
    UNROLL for (int i = 0; i < M / 16; i++) load_a(TileA(), buffer, m + 16 * i, k, of.a[i]);
    UNROLL for (int j = 0; j < N / 16; j++) load_b(TileB(), buffer + TileA::BYTES, n + 16 * j, k, of.b[j]);
  }

  DEVICE_MEMBER void add(const Fragments<M, N>& of) {
    UNROLL for (int i = 0; i < M / 16; i++) {
      UNROLL for (int j = 0; j < N / 8; j++) {
        mma_bf16_16816(d[i][j], of.a[i], of.b[j / 2][j % 2 * 2], of.b[j / 2][j % 2 * 2 + 1]);
      }
    }
  }

  // Calls use(row, column, two neighbouring sums) for all sums that this thread holds.
  template <class Use>
  DEVICE_MEMBER void for_each_pair(Use use) const {
    int lane = thread_index() & 31;
    UNROLL for (int i = 0; i < M / 16; i++) {
      UNROLL for (int j = 0; j < N / 8; j++) {
        int row = m + 16 * i + (lane >> 2);
        int column = n + 8 * j + (lane & 3) * 2;
        use(row, column, d[i][j][0], d[i][j][1]);
        use(row + 8, column, d[i][j][2], d[i][j][3]);
      }
    }
  }
};

constexpr int STAGES = 4;

// Runs load(buffer) for each step, STAGES - 1 steps ahead, and adds each step's product.
//
// A block that has a multiprocessor for itself loads its fragments ahead, too, so that a warp multiplies while it
// waits for the next ones, even across the barrier between steps. Where two blocks share one, the other multiplies.
template <bool ALONE, class TileA, class TileB, int M, int N, class Load>
DEVICE void multiply(int steps, Load load, WarpProduct<TileA, TileB, M, N>& warp) {
  constexpr int BYTES = TileA::BYTES + TileB::BYTES;
  u32 buffers = shared_address(shared_memory());
  UNROLL for (int i = 0; i < STAGES - 1; i++) {
    if (i < steps) load(buffers + i * BYTES);
    cp_async_commit();
  }
  Fragments<M, N> fragments[1 + ALONE];
  int filled = STAGES - 1;
  int used = 0;
  auto next_arrives = [&] {
    cp_async_wait<STAGES - 2>();
    barrier();  // the next step is there for all, and what is filled then nobody reads any more
  };
  auto fill = [&](int step) {
    if (step < steps) load(buffers + filled * BYTES);
    cp_async_commit();
    filled = filled + 1 == STAGES ? 0 : filled + 1;
  };
  if (ALONE) {
    next_arrives();
    warp.load(buffers, 0, fragments[0]);
  }
  for (int step = 0; step < steps; step++) {
    if (ALONE) {
      warp.load(buffers + used * BYTES, 16, fragments[ALONE]);
      fill(step + STAGES - 1);
      warp.add(fragments[0]);
      used = used + 1 == STAGES ? 0 : used + 1;
      next_arrives();
      warp.load(buffers + used * BYTES, 0, fragments[0]);  // after the last step for nothing
      warp.add(fragments[ALONE]);
    } else {
      next_arrives();
      fill(step + STAGES - 1);
      UNROLL for (int k = 0; k < STEP; k += 16) {
        warp.load(buffers + used * BYTES, k, fragments[0]);
        warp.add(fragments[0]);
      }
      used = used + 1 == STAGES ? 0 : used + 1;
    }
  }
  barrier();  // the buffers are free
}

// A product's tile of floats in shared memory, on its way from the sums of the warps to rows. Permuted like the others.
template <int COLUMNS>
struct FloatTile {
  float* values;

  DEVICE_MEMBER float* at(int row, int column) const {
    return values + row * COLUMNS + ((column >> 2 ^ (row & 3) << 1) << 2) + (column & 3);
  }
  DEVICE_MEMBER void put(int row, int column, float first, float second) const {
    *(Two*)at(row, column) = {float_to_bits(first), float_to_bits(second)};
  }
  DEVICE_MEMBER void get8(int row, int column, float (&v)[8]) const {
    const Four* from = (const Four*)at(row, column);  // eight floats of a multiple of eight stay together
    UNROLL for (int half = 0; half < 2; half++) {
      Four four = from[half];
      v[4 * half] = bits_to_float(four.x);
      v[4 * half + 1] = bits_to_float(four.y);
      v[4 * half + 2] = bits_to_float(four.z);
      v[4 * half + 3] = bits_to_float(four.w);
    }
  }
};
