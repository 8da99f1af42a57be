/** A service under load. */
@NullMarked
package org.vgg4j.bench.serve;

import org.jspecify.annotations.NullMarked;
