/**
 * Folders of image files: which layout a folder has, which files are images, which class each
 * belongs to.
 */
@NullMarked
package org.vgg4j.data.folder;

import org.jspecify.annotations.NullMarked;
