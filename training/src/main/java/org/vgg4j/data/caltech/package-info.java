/** Caltech-101 and Caltech-256 as they are distributed, and their random splits. */
@NullMarked
package org.vgg4j.data.caltech;

import org.jspecify.annotations.NullMarked;
