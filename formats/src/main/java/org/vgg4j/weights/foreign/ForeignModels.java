package org.vgg4j.weights.foreign;

import java.nio.file.Path;
import org.vgg4j.weights.ForeignReader;
import org.vgg4j.weights.ModelFile;

/** Reads other tools' models as {@code vgg import} does without options. Found as a service. */
public final class ForeignModels implements ForeignReader {
  @Override
  public ModelFile read(Path file) {
    return WeightsImport.AS_FOUND.read(file).model();
  }
}
