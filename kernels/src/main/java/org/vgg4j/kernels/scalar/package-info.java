/**
 * The naive twin: every kernel in plain Java loops on the same blocked layouts, written to be read.
 * The faster kernels are tested against it at the sizes of real networks, and it runs where they
 * cannot. It is tested itself against the definitions, in double precision on plain arrays, by
 * {@code Reference} in the tests.
 */
@NullMarked
package org.vgg4j.kernels.scalar;

import org.jspecify.annotations.NullMarked;
