/**
 * Tensors as they lie in files of any format: where each one is, what its numbers are like, and how
 * they come into arrays. Nothing here knows what a network is, and nothing in a file is executed.
 */
@NullMarked
package org.vgg4j.weights.tensor;

import org.jspecify.annotations.NullMarked;
