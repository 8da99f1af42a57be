package org.vgg4j.serve.models;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads models anew whose files have changed. A file is read once it has stayed the same between
 * two looks: it may be in the middle of being written. One that cannot be used is told once, and
 * the old model stays.
 */
public final class ModelWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelWatch.class);

  private final ServedModels models;
  private final ScheduledExecutorService executor;
  private final Map<String, FileState> seen = new HashMap<>(); // at the last look
  private final Map<String, FileState> refused = new HashMap<>();

  /**
   * @param milliseconds between two looks
   */
  public ModelWatch(ServedModels models, long milliseconds) {
    this.models = models;
    this.executor =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "model-watch");
              thread.setDaemon(true);
              return thread;
            });
    ScheduledFuture<?> unused =
        executor.scheduleWithFixedDelay(
            this::look, milliseconds, milliseconds, TimeUnit.MILLISECONDS);
  }

  private void look() {
    for (ServedModel model : models.loaded()) {
      FileState now = FileState.of(model.file());
      boolean settled = now.equals(seen.put(model.name(), now));
      if (!settled
          || now.equals(FileState.MISSING)
          || now.equals(model.state())
          || now.equals(refused.get(model.name()))) {
        continue;
      }
      try {
        LOG.info("model {}: {} has changed", model.name(), model.file());
        models.reload(model);
      } catch (RuntimeException | OutOfMemoryError e) {
        refused.put(model.name(), now);
        LOG.warn("model {}: the old one stays, since {}", model.name(), e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
