/** Exports models to files that other toolkits read, with a card that says what is in them. */
@NullMarked
package org.vgg4j.weights.export;

import org.jspecify.annotations.NullMarked;
