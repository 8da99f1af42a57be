// Slices of the sums of gradients with respect to inputs: see convolution_hopper.cuh.
#include "convolution_hopper.cuh"

BACKWARD(hopper_backward_sums_128x256, 128, 256, 4, SumsEpilogue)
BACKWARD(hopper_backward_sums_128x128, 128, 128, 6, SumsEpilogue)
BACKWARD(hopper_backward_sums_128x8, 128, 8, 12, SumsEpilogue)
