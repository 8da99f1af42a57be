/**
 * What other toolkits' files of weights mean: which network of the family one is, how its numbers
 * are laid out, how its images must be prepared, and which release it is.
 */
@NullMarked
package org.vgg4j.weights.foreign;

import org.jspecify.annotations.NullMarked;
