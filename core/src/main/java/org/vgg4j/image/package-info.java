/**
 * Images: pixels, the decoder of image files, and which files are images. The formats, and the
 * steps from an image to a network's input, are in the packages below. Knows nothing of data sets
 * or networks.
 */
@NullMarked
package org.vgg4j.image;

import org.jspecify.annotations.NullMarked;
