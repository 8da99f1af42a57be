/** Images that may show several classes each, as a table beside them says. */
@NullMarked
package org.vgg4j.data.labels;

import org.jspecify.annotations.NullMarked;
