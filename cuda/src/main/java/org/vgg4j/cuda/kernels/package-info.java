/**
 * The kernels of VGG networks on a GPU: for each family of kernels a class that knows how it is
 * launched. The kernels themselves are CUDA C++ in {@code cuda/src/main/cuda}, compiled to the PTX
 * among the resources by {@code tools/ptx}.
 *
 * <p>All memory is given as addresses on the device and belongs to the caller, who also answers for
 * its size. Launches are enqueued on a stream and return at once.
 */
@NullMarked
package org.vgg4j.cuda.kernels;

import org.jspecify.annotations.NullMarked;
