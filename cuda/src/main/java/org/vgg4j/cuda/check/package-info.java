/**
 * Checks of the GPU's kernels against plain arithmetic in doubles, at odd shapes, and their timings
 * at the sizes of network D. The same checks run on the emulator in the tests and on a GPU in
 * {@code benchmarks/gpu}.
 */
@NullMarked
package org.vgg4j.cuda.check;

import org.jspecify.annotations.NullMarked;
