/**
 * Images: pixels, the decoder of image files, and which files are images. The formats, and what
 * makes an image the input of a network, are in the packages below. Knows nothing of data sets or
 * networks.
 */
@NullMarked
package org.vgg4j.image;

import org.jspecify.annotations.NullMarked;
