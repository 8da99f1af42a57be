/**
 * Descriptors of whole data sets: computed block by block into a file that NumPy reads, which an
 * interrupted run continues.
 */
@NullMarked
package org.vgg4j.embed;

import org.jspecify.annotations.NullMarked;
