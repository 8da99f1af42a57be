/** The in-process API: load a model, classify a picture. */
@NullMarked
package org.vgg4j;

import org.jspecify.annotations.NullMarked;
