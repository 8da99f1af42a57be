package org.vgg4j.data;

import org.vgg4j.image.transform.Box;

/**
 * An object in an image, with the box around it.
 *
 * @param label its class, among those of the data set
 * @param box in pixels of the image as decoded; inside it
 * @param difficult whether its annotation says that it is hard to recognise (PASCAL VOC)
 */
public record BoxedObject(int label, Box box, boolean difficult) {}
