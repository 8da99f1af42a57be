/** Boxes around the objects in images: where they come from, and the targets made of them. */
@NullMarked
package org.vgg4j.data.boxes;

import org.jspecify.annotations.NullMarked;
