/**
 * ILSVRC as it is distributed and as Kaggle has it: parts, lists of classes, what the validation
 * images show.
 */
@NullMarked
package org.vgg4j.data.ilsvrc;

import org.jspecify.annotations.NullMarked;
