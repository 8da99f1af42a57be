/**
 * JMH benchmarks of the kernels at the shapes of whole networks: {@code benchmarks/kernels}.
 *
 * <p>Each benchmark's {@code network} is D at 224x224 with batch 1 or 16, or D at a quarter of its
 * width at 32x32 with batch 256; the time is that of one call over the batch, on all processors
 * unless {@code -p threads=N} says otherwise.
 */
@NullMarked
package org.vgg4j.bench.kernels;

import org.jspecify.annotations.NullMarked;
