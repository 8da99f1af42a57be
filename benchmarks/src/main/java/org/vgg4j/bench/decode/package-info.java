/**
 * How fast photographs become training samples, part by part: {@code benchmarks/decode}, which runs
 * Pillow on the same files.
 */
@NullMarked
package org.vgg4j.bench.decode;

import org.jspecify.annotations.NullMarked;
