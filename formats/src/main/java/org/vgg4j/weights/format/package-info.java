/**
 * Other tools' network files: the format, recognised by content, and where the tensors are. What
 * the tensors mean is not known here.
 */
@NullMarked
package org.vgg4j.weights.format;

import org.jspecify.annotations.NullMarked;
