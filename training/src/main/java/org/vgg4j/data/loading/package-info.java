/**
 * From images to batches: order, augmentation, crops, and the threads that make them ahead of
 * training.
 */
@NullMarked
package org.vgg4j.data.loading;

import org.jspecify.annotations.NullMarked;
