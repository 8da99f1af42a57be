/**
 * Pixels: decoding, rescaling, cropping, flipping, and what makes a picture the input of a network.
 * Knows nothing of data sets or networks.
 */
@NullMarked
package org.vgg4j.image;

import org.jspecify.annotations.NullMarked;
