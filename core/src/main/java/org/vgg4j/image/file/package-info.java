/** What all formats share: recognising a file by its first bytes, EXIF, the JDK's readers. */
@NullMarked
package org.vgg4j.image.file;

import org.jspecify.annotations.NullMarked;
