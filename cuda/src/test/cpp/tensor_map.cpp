// The driver's function that makes tensor maps, which takes what the real one takes, as far as we use it.
#include "tensor_map.h"

using emulator::Boxes;

namespace {

constexpr int SUCCESS = 0, INVALID_VALUE = 1, NOT_SUPPORTED = 801;
constexpr int BF16 = 9;
constexpr u64 VALUE_BYTES = 2;

}  // namespace

extern "C" __attribute__((visibility("default"))) int cuTensorMapEncodeTiled(
    TensorMap* map, int type, u32 dimensions, u64 address, const u64* sizes, const u64* strides, const u32* box,
    const u32* element_strides, int interleave, int swizzle, int l2_promotion, int fill) {
  if (!map || (u64)map % 64 || !sizes || !box || !element_strides || (!strides && dimensions > 1)) return INVALID_VALUE;
  if (type < 0 || type > 12 || dimensions < 1 || dimensions > emulator::MOST_DIMENSIONS) return INVALID_VALUE;
  if (!address || address % 16) return INVALID_VALUE;
  if (swizzle < 0 || swizzle > 3 || l2_promotion < 0 || l2_promotion > 3) return INVALID_VALUE;
  if (type != BF16 || interleave || fill) return NOT_SUPPORTED;
  Boxes boxes = {emulator::BOXES_MAGIC, address, {}, {}, {}, (u8)dimensions, (u8)swizzle};
  for (u32 i = 0; i < dimensions; i++) {
    if (sizes[i] < 1 || sizes[i] > 1ULL << 32 || box[i] < 1 || box[i] > 256) return INVALID_VALUE;
    if (element_strides[i] < 1 || element_strides[i] > 8) return INVALID_VALUE;
    if (element_strides[i] != 1) return NOT_SUPPORTED;
    boxes.sizes[i] = (u32)(sizes[i] - 1);
    boxes.box[i] = (u16)box[i];
  }
  for (u32 i = 0; i + 1 < dimensions; i++) {
    if (strides[i] % 16 || strides[i] >= 1ULL << 40) return INVALID_VALUE;
    boxes.strides[i] = strides[i];
  }
  u64 row = box[0] * VALUE_BYTES;
  if (row % 16 || (swizzle && row > 16ULL << swizzle)) return INVALID_VALUE;
  memset(map, 0, sizeof(*map));
  memcpy((void*)map, &boxes, sizeof(boxes));
  return SUCCESS;
}
