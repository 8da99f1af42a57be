/**
 * Processes that do one piece of work together: what the rest of vgg4j asks of them, and how a
 * process finds its group. Nothing here opens a connection; that is for an implementation of {@link
 * org.vgg4j.parallel.ProcessGroups}, which not everybody has on the class path.
 */
@NullMarked
package org.vgg4j.parallel;

import org.jspecify.annotations.NullMarked;
