/** TIFF: read here, since its tags say more than ImageIO can express. */
@NullMarked
package org.vgg4j.image.tiff;

import org.jspecify.annotations.NullMarked;
