/**
 * ILSVRC as it is distributed and as Kaggle has it: parts, lists of classes, labels of the
 * validation images.
 */
@NullMarked
package org.vgg4j.data.ilsvrc;

import org.jspecify.annotations.NullMarked;
