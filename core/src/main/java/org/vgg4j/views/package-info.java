/**
 * What of an image a network looks at (crops, mirror images, the whole image densely), and what its
 * outputs say: the best classes, heat maps.
 */
@NullMarked
package org.vgg4j.views;

import org.jspecify.annotations.NullMarked;
