/**
 * The files in which others keep networks: which format one is, told by its content, and where its
 * tensors lie. What the tensors mean is not known here.
 */
@NullMarked
package org.vgg4j.weights.format;

import org.jspecify.annotations.NullMarked;
