/**
 * Groups of processes over c10d and Gloo, PyTorch's own libraries for training on several
 * processors and machines, called through JavaCPP.
 */
@NullMarked
package org.vgg4j.torch;

import org.jspecify.annotations.NullMarked;
