// The maps of convolutions' forward passes in the precision fp32: see convolution_hopper.cuh.
#include "convolution_hopper.cuh"

FORWARD_MAPS(split_, true)
