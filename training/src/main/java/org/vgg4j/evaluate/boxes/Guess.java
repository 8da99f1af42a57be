package org.vgg4j.evaluate.boxes;

import org.vgg4j.image.transform.Box;

/**
 * An answer to what is in an image, and where.
 *
 * @param label the class, from 0
 * @param box in pixels of the image; it may reach beyond it
 */
public record Guess(int label, Box box) {}
