// The gradients with respect to the inputs of convolutions in the precision fp32: see convolution_hopper.cuh.
#include "convolution_hopper.cuh"

BACKWARD(hopper_backward_map_split_128x256, 128, 256, 4, MaskEpilogue<true>)
BACKWARD(hopper_backward_map_split_64x256, 64, 256, 5, MaskEpilogue<true>)
