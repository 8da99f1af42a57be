// The gradients with respect to the inputs of convolutions in the precision bf16: see convolution_hopper.cuh.
#include "convolution_hopper.cuh"

BACKWARD(hopper_backward_map_128x256, 128, 256, 4, MaskEpilogue<false>)
BACKWARD(hopper_backward_map_64x256, 64, 256, 5, MaskEpilogue<false>)
