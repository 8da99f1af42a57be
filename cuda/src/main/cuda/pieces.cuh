// One launch for many arrays: a table in memory says what each of them is, and which blocks work on it.
#pragma once
#include "device.cuh"

// The piece of this block: the last one whose first block is not behind it. Pieces are in the order of their blocks.
template <class Piece>
DEVICE Piece piece_of_block(const Piece* pieces, int number) {
  int low = 0;
  int behind = number;
  while (behind - low > 1) {
    int middle = (low + behind) / 2;
    if (load(&pieces[middle].first) <= block_x()) {
      low = middle;
    } else {
      behind = middle;
    }
  }
  return load(pieces + low);
}
