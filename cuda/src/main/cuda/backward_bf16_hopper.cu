// The gradients with respect to the inputs of convolutions in the precision bf16: see convolution_hopper.cuh.
#include "convolution_hopper.cuh"

BACKWARD_MAPS(, false)
