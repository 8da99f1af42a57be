package org.vgg4j.weights.foreign;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.weights.ForeignReader;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Start;

/** Reads other tools' models, as {@code vgg import} does without options. Found as a service. */
public final class ForeignModels implements ForeignReader {
  private static final Logger LOG = LoggerFactory.getLogger(ForeignModels.class);

  /** What was logged: a run reads its file more than once, each time by a new reader. */
  private static final Set<String> LOGGED = ConcurrentHashMap.newKeySet();

  @Override
  public ModelFile read(Path file) {
    return logged(file, WeightsImport.AS_FOUND.read(file)).model();
  }

  @Override
  public Start readStart(Path file) {
    WeightsImport.Imported imported = logged(file, WeightsImport.AS_FOUND.readStart(file));
    return new Start(imported.model(), imported.hasHead());
  }

  private static WeightsImport.Imported logged(Path file, WeightsImport.Imported imported) {
    for (String note : imported.notes()) {
      if (LOGGED.add(file + " " + imported.sha256() + ": " + note)) {
        LOG.info("{}: {}", file, note);
      }
    }
    return imported;
  }
}
