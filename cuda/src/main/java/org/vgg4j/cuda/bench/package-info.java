/** Checks and measures vgg4j's kernels on a GPU: what {@code benchmarks/gpu} packs and runs. */
@NullMarked
package org.vgg4j.cuda.bench;

import org.jspecify.annotations.NullMarked;
