package org.vgg4j;

/**
 * A class that an image may belong to.
 *
 * @param label name of the class
 * @param index its index in the model's list of classes, from 0
 * @param probability the class posterior, in 0..1; of a model whose images may show several
 *     classes, that the image shows this one
 */
public record Prediction(String label, int index, double probability) {}
