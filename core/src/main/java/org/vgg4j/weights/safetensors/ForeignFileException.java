package org.vgg4j.weights.safetensors;

import org.vgg4j.base.InputException;

/** The file is not vgg4j's, but may hold weights that another tool wrote. */
public final class ForeignFileException extends InputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the sentence for the user
   */
  public ForeignFileException(String message) {
    super(message);
  }
}
