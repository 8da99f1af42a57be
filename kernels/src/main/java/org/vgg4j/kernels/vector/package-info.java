/**
 * Kernels on the JVM's Vector API. The only package that may import {@code jdk.incubator.vector};
 * {@link org.vgg4j.kernels.KernelLookup} finds it by name.
 */
@NullMarked
package org.vgg4j.kernels.vector;

import org.jspecify.annotations.NullMarked;
