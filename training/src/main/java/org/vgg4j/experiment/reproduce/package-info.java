/** Reproduces the paper's tables on other data, at another width, and checks its conclusions. */
@NullMarked
package org.vgg4j.experiment.reproduce;

import org.jspecify.annotations.NullMarked;
