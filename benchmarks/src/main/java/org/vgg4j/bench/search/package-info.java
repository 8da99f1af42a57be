/** Exact search in an index of descriptors: how long a query takes. */
@NullMarked
package org.vgg4j.bench.search;

import org.jspecify.annotations.NullMarked;
