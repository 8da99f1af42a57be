/**
 * What boxes are worth: overlap, merging of the boxes that a network finds, and ILSVRC's
 * localisation error. It knows neither networks nor files.
 */
@NullMarked
package org.vgg4j.evaluate.boxes;

import org.jspecify.annotations.NullMarked;
