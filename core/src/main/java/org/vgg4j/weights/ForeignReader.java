package org.vgg4j.weights;

import java.nio.file.Path;
import org.vgg4j.base.InputException;

/**
 * Reads models that other tools wrote. Found as a service, so that whoever has models of vgg4j only
 * needs no library for other formats; the module vgg4j-formats provides it. Thread-safe.
 */
public interface ForeignReader {
  /**
   * Reads a model with its arrays.
   *
   * @throws InputException if the file is of no known format, broken or no network of the family,
   *     or leaves open what its images look like
   */
  ModelFile read(Path file);
}
