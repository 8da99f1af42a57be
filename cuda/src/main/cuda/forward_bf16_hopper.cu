// The maps of convolutions' forward passes in the precision bf16: see convolution_hopper.cuh.
#include "convolution_hopper.cuh"

FORWARD_MAPS(, false)
