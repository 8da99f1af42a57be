// The maps of convolutions' forward passes in the precision bf16: see convolution_hopper.cuh.
#include "convolution_hopper.cuh"

#define FORWARD_MAPS(tile, OUTPUTS, PIXELS, CHANNELS, STAGES)                                             \
  FORWARD(hopper_forward_map_##tile, OUTPUTS, PIXELS, CHANNELS, STAGES, MapEpilogue<false>)         \
  FORWARD(hopper_forward_pool_##tile, OUTPUTS, PIXELS, CHANNELS, STAGES, PoolEpilogue<false>)

FORWARD_MAPS(128x256, 128, 256, 64, 4)
FORWARD_MAPS(64x256, 64, 256, 64, 5)
FORWARD_MAPS(image, 64, 256, 32, 10)
