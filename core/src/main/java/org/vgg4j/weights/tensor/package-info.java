/**
 * Tensors as they lie in files of any format: where each one is, the type of its numbers, and how
 * to read them into arrays. Nothing here knows what a network is, and nothing in a file is
 * executed.
 */
@NullMarked
package org.vgg4j.weights.tensor;

import org.jspecify.annotations.NullMarked;
