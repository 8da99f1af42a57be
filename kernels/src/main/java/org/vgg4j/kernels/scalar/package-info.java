/**
 * The naive twin: every kernel by its definition, written to be read. It is the oracle for the
 * faster kernels and what runs where those cannot.
 */
@NullMarked
package org.vgg4j.kernels.scalar;

import org.jspecify.annotations.NullMarked;
