/** The formats that need only a class or two each: PNG, BMP, GIF, WebP and Netpbm. */
@NullMarked
package org.vgg4j.image.format;

import org.jspecify.annotations.NullMarked;
