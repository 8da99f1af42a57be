/**
 * PASCAL VOC as it is distributed: the lists of images and classes of the classification and action
 * tasks, and submissions to its server.
 */
@NullMarked
package org.vgg4j.data.voc;

import org.jspecify.annotations.NullMarked;
