/**
 * Groups of processes by c10d and Gloo, PyTorch's own means of training on several processors and
 * machines, reached through JavaCPP.
 */
@NullMarked
package org.vgg4j.torch;

import org.jspecify.annotations.NullMarked;
