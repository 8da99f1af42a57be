/**
 * Images in tar archives, read in place: where each file lies is found once and kept in an index.
 */
@NullMarked
package org.vgg4j.data.archive;

import org.jspecify.annotations.NullMarked;
