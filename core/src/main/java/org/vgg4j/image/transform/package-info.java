/**
 * From an image to a network's input: rescaled, cut, mirrored, normalised; and where each crop lies
 * in the image it comes from.
 */
@NullMarked
package org.vgg4j.image.transform;

import org.jspecify.annotations.NullMarked;
