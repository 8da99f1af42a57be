package org.vgg4j.weights.foreign;

import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.weights.ForeignReader;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Start;

/** Reads other tools' models, as {@code vgg import} does without options. Found as a service. */
public final class ForeignModels implements ForeignReader {
  private static final Logger LOG = LoggerFactory.getLogger(ForeignModels.class);

  @Override
  public ModelFile read(Path file) {
    WeightsImport.Imported imported = WeightsImport.AS_FOUND.read(file);
    imported.notes().forEach(note -> LOG.info("{}: {}", file, note));
    return imported.model();
  }

  @Override
  public Start readStart(Path file) {
    return WeightsImport.AS_FOUND.readStart(file);
  }
}
