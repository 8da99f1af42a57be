/**
 * The test protocols and what they measure. For now: the centre crop, one window in the middle of
 * each rescaled image.
 */
@NullMarked
package org.vgg4j.evaluate;

import org.jspecify.annotations.NullMarked;
