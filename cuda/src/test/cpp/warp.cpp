// What the 32 threads of a warp do together: exchange numbers, read matrices, transpose and multiply them.
#include "fibers.h"

namespace emulator {

namespace {

void shuffle(void** arguments) {
  for (int lane = 0; lane < LANES; lane++) {
    auto& own = *(Shuffle*)arguments[lane];
    own.result = ((Shuffle*)arguments[(lane ^ own.mask) & (LANES - 1)])->value;
  }
}

void load_matrices(void** arguments, bool transposed, Line here) {
  for (int m = 0; m < 4; m++) {
    u16 values[8][8];
    for (int row = 0; row < 8; row++) {
      u32 address = ((Matrices*)arguments[8 * m + row])->row;
      memcpy(values[row], shared_range(address, 16, here, "reads"), 16);
    }
    for (int lane = 0; lane < LANES; lane++) {
      int i = lane / 4, j = lane % 4 * 2;
      u32 low = transposed ? values[j][i] : values[i][j];
      u32 high = transposed ? values[j + 1][i] : values[i][j + 1];
      ((Matrices*)arguments[lane])->registers[m] = low | high << 16;
    }
  }
}

void transpose(void** arguments) {
  u32 values[8][8], *words[LANES];
  for (int lane = 0; lane < LANES; lane++) {
    words[lane] = (u32*)arguments[lane];
    values[lane / 4][lane % 4 * 2] = *words[lane] & 0xffff;
    values[lane / 4][lane % 4 * 2 + 1] = *words[lane] >> 16;
  }
  for (int lane = 0; lane < LANES; lane++) {
    *words[lane] = values[lane % 4 * 2][lane / 4] | values[lane % 4 * 2 + 1][lane / 4] << 16;
  }
}

void multiply(void** arguments) {
  float a[16][16], b[16][8], d[16][8];
  for (int lane = 0; lane < LANES; lane++) {
    const Product& own = *(Product*)arguments[lane];
    int g = lane / 4, q = lane % 4 * 2;
    for (int part = 0; part < 4; part++) {
      int row = g + part % 2 * 8, column = q + part / 2 * 8;
      a[row][column] = from_bf16(own.a[part] & 0xffff);
      a[row][column + 1] = from_bf16(own.a[part] >> 16);
      d[row][q + part / 2] = own.d[part % 2 * 2 + part / 2];
    }
    for (int part = 0; part < 2; part++) {
      b[q + part * 8][g] = from_bf16(own.b[part] & 0xffff);
      b[q + part * 8 + 1][g] = from_bf16(own.b[part] >> 16);
    }
  }
  for (int row = 0; row < 16; row++) {
    for (int k = 0; k < 16; k++) {
      for (int column = 0; column < 8; column++) d[row][column] += a[row][k] * b[k][column];
    }
  }
  for (int lane = 0; lane < LANES; lane++) {
    float* own = ((Product*)arguments[lane])->d;
    int g = lane / 4, q = lane % 4 * 2;
    own[0] = d[g][q];
    own[1] = d[g][q + 1];
    own[2] = d[g + 8][q];
    own[3] = d[g + 8][q + 1];
  }
}

}  // namespace

void perform(Together what, void** arguments, Line here) {
  switch (what) {
    case Together::SHUFFLE:
      return shuffle(arguments);
    case Together::LDMATRIX:
      return load_matrices(arguments, false, here);
    case Together::LDMATRIX_TRANS:
      return load_matrices(arguments, true, here);
    case Together::TRANSPOSE:
      return transpose(arguments);
    case Together::MMA:
      return multiply(arguments);
  }
}

}  // namespace emulator
