/**
 * The one place where networks compute: requests are gathered into batches here, and have their
 * turn one after the other, each with all threads.
 */
@NullMarked
package org.vgg4j.serve.compute;

import org.jspecify.annotations.NullMarked;
