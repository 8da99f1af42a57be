/**
 * How fast photographs are turned into training samples, part by part: {@code benchmarks/decode},
 * which also runs Pillow on the same files.
 */
@NullMarked
package org.vgg4j.bench.decode;

import org.jspecify.annotations.NullMarked;
