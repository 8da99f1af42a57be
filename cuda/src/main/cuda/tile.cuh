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

// A warp's part of the product: M rows, N columns.
template <int M, int N>
struct Sums {
  float d[M / 16][N / 8][4];

  DEVICE_MEMBER void clear() {
    UNROLL for (int i = 0; i < M / 16; i++) {
      UNROLL for (int j = 0; j < N / 8; j++) {
        UNROLL for (int e = 0; e < 4; e++) d[i][j][e] = 0.f;
      }
    }
  }

  // Adds the product of a step, of A's rows from m and B's columns from n on.
  template <class A, class B>
  DEVICE_MEMBER void add(A layout_a, u32 tile_a, int m, B layout_b, u32 tile_b, int n) {
    UNROLL for (int k = 0; k < STEP; k += 16) {
      u32 a[M / 16][4];
      u32 b[N / 16][4];
      UNROLL for (int i = 0; i < M / 16; i++) load_a(layout_a, tile_a, m + 16 * i, k, a[i]);
      UNROLL for (int j = 0; j < N / 16; j++) load_b(layout_b, tile_b, n + 16 * j, k, b[j]);
      UNROLL for (int i = 0; i < M / 16; i++) {
        UNROLL for (int j = 0; j < N / 8; j++) {
          mma_bf16_16816(d[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
        }
      }
    }
  }

  // Calls use(row, column, two neighbouring sums) for all sums that this thread holds.
  template <class Use>
  DEVICE_MEMBER void for_each_pair(Use use) const {
    int lane = thread_index() & 31;
    UNROLL for (int i = 0; i < M / 16; i++) {
      UNROLL for (int j = 0; j < N / 8; j++) {
        int column = 8 * j + (lane & 3) * 2;
        use(16 * i + (lane >> 2), column, d[i][j][0], d[i][j][1]);
        use(16 * i + (lane >> 2) + 8, column, d[i][j][2], d[i][j][3]);
      }
    }
  }
};

// Runs load(buffer) for each step and multiply(buffer) for each, in order, the loads STAGES - 1 steps ahead.
template <int STAGES, int BYTES, class Load, class Multiply>
DEVICE void pipeline(int steps, Load load, Multiply multiply) {
  u32 buffers = shared_address(shared_memory());
  UNROLL for (int i = 0; i < STAGES - 1; i++) {
    if (i < steps) load(buffers + i * BYTES);
    cp_async_commit();
  }
  int filled = STAGES - 1;
  int used = 0;
  for (int step = 0; step < steps; step++) {
    cp_async_wait<STAGES - 2>();
    barrier();  // all have what this step needs, and all are done with the buffer that is filled now
    if (step + STAGES - 1 < steps) load(buffers + filled * BYTES);
    cp_async_commit();
    multiply(buffers + used * BYTES);
    filled = filled + 1 == STAGES ? 0 : filled + 1;
    used = used + 1 == STAGES ? 0 : used + 1;
  }
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
