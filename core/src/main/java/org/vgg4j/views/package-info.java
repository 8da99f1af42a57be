/**
 * Views of an image (crops, mirror images, the whole image densely), and what the network's outputs
 * for them show: the best classes, heat maps.
 */
@NullMarked
package org.vgg4j.views;

import org.jspecify.annotations.NullMarked;
