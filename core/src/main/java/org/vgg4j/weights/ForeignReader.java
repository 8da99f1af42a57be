package org.vgg4j.weights;

import java.nio.file.Path;
import org.vgg4j.base.InputException;

/**
 * Reads models that other tools wrote. Found as a service, so that an application with vgg4j's own
 * models needs no libraries for other formats; the module vgg4j-formats provides it. Thread-safe.
 */
public interface ForeignReader {
  /**
   * Reads a model with its arrays.
   *
   * @throws InputException if the file is of no known format, is broken, is not a network of the
   *     family, or leaves open how images must be prepared
   */
  ModelFile read(Path file);

  /**
   * Reads weights that training may begin with: a model, or convolutions alone.
   *
   * @throws InputException as {@link #read} does, if the head is not what is missing
   */
  default Start readStart(Path file) {
    return new Start(read(file), true);
  }
}
