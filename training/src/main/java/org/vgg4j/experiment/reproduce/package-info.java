/** The paper's tables on other data, at another width: trained, measured, judged. */
@NullMarked
package org.vgg4j.experiment.reproduce;

import org.jspecify.annotations.NullMarked;
