/**
 * A service with a page: pictures in; labels, heat maps, boxes, descriptors and similar pictures
 * out, over HTTP.
 */
@NullMarked
package org.vgg4j.serve;

import org.jspecify.annotations.NullMarked;
