/** JPEG, decoded as libjpeg-turbo does on every JDK. */
@NullMarked
package org.vgg4j.image.jpeg;

import org.jspecify.annotations.NullMarked;
