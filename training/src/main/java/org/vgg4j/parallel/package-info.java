/**
 * Processes that work together: the collective operations that the rest of vgg4j asks for, and how
 * a process finds its group. Nothing here opens a connection; implementations of {@link
 * org.vgg4j.parallel.ProcessGroups} do, and are an optional module.
 */
@NullMarked
package org.vgg4j.parallel;

import org.jspecify.annotations.NullMarked;
