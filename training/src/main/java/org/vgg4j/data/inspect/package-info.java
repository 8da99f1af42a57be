/**
 * What can be said and shown of a data set before anything is learnt from it: the survey of all
 * images, figures, contact sheets, exports.
 */
@NullMarked
package org.vgg4j.data.inspect;

import org.jspecify.annotations.NullMarked;
