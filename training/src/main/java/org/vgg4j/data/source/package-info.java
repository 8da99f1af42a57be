/** Finds the data set that a word or a path stands for, whichever layout it has. */
@NullMarked
package org.vgg4j.data.source;

import org.jspecify.annotations.NullMarked;
