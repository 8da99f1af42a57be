/** Files that other toolkits read, made of a model, and the card that says what is in them. */
@NullMarked
package org.vgg4j.weights.export;

import org.jspecify.annotations.NullMarked;
