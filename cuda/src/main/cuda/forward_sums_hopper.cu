// Class scores, and slices of the sums of forward passes: see convolution_hopper.cuh.
#include "convolution_hopper.cuh"

FORWARD(hopper_forward_sums_128x256, 128, 256, 64, 4, SumsEpilogue)
FORWARD(hopper_forward_sums_128x128, 128, 128, 64, 6, SumsEpilogue)
FORWARD(hopper_forward_sums_128x8, 128, 8, 64, 12, SumsEpilogue)
FORWARD(hopper_forward_sums_64x256, 64, 256, 64, 5, SumsEpilogue)
FORWARD(hopper_forward_sums_image, 64, 256, 32, 10, SumsEpilogue)
