package org.vgg4j.serve.models;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads models anew whose files have changed. A file is read once it has stayed the same between
 * two looks: it may be in the middle of being written. One that cannot be used is told, and the old
 * model stays; as the reason may pass (too little memory, permissions), it is tried again each
 * minute, and told again only if the reason is another.
 */
public final class ModelWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelWatch.class);

  private static final long PATIENCE = TimeUnit.MINUTES.toNanos(1); // before another try

  private final ServedModels models;
  private final LongSupplier nanos;
  private final ScheduledExecutorService executor;
  private final Map<String, FileState> seen = new HashMap<>(); // at the last look
  private final Map<String, Refusal> refused = new HashMap<>();

  /** A file that could not be used, when it was last tried, and why. */
  private record Refusal(FileState file, long nanos, String reason) {}

  /**
   * @param milliseconds between two looks
   */
  public ModelWatch(ServedModels models, long milliseconds) {
    this(models, milliseconds, System::nanoTime);
  }

  /**
   * @param nanos the time, from any beginning
   */
  ModelWatch(ServedModels models, long milliseconds, LongSupplier nanos) {
    this.models = models;
    this.nanos = nanos;
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

  /** Looks at all files once; not to be called from elsewhere while the executor does so. */
  void look() {
    for (ServedModel model : models.loaded()) {
      FileState now = FileState.of(model.file());
      boolean settled = now.equals(seen.put(model.name(), now));
      if (!settled || now.equals(FileState.MISSING) || now.equals(model.state())) {
        continue;
      }
      Refusal refusal = refused.get(model.name());
      if (refusal == null || !now.equals(refusal.file())) {
        LOG.info("model {}: {} has changed", model.name(), model.file());
        reload(model, now, "");
      } else if (nanos.getAsLong() - refusal.nanos() >= PATIENCE) {
        reload(model, now, refusal.reason());
      }
    }
  }

  private void reload(ServedModel model, FileState now, String told) {
    try {
      models.reload(model);
      refused.remove(model.name());
    } catch (RuntimeException | OutOfMemoryError e) {
      if (executor.isShutdown()) {
        return; // which interrupts what is being read
      }
      String reason = String.valueOf(e.getMessage());
      refused.put(model.name(), new Refusal(now, nanos.getAsLong(), reason));
      if (!reason.equals(told)) {
        LOG.warn("model {}: the old one stays, since {}", model.name(), reason);
      }
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
