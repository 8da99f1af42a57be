// The gradients with respect to the inputs of convolutions in the precision fp32: see convolution_hopper.cuh.
#include "convolution_hopper.cuh"

BACKWARD_MAPS(split_, true)
