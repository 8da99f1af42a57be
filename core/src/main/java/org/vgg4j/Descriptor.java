package org.vgg4j;

import java.util.List;

/**
 * The output of one of the network's layers for an image: a descriptor, by which images can be
 * compared.
 *
 * @param tap the name of the network's output, such as {@code fc7}
 * @param shape {@code [features]} for fully connected layers, {@code [channels, rows, columns]} for
 *     maps
 * @param values in row-major order: of a map, value {@code (channel * rows + row) * columns +
 *     column}; after the ReLU where one follows, so 0 or more; not a copy
 */
public record Descriptor(String tap, List<Integer> shape, float[] values) {
  /** Copies the shape. */
  public Descriptor {
    shape = List.copyOf(shape);
  }
}
