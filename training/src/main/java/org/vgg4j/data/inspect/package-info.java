/**
 * What can be said and shown of a data set before training: the survey of all images, statistics,
 * contact sheets, exports.
 */
@NullMarked
package org.vgg4j.data.inspect;

import org.jspecify.annotations.NullMarked;
