package org.vgg4j.serve.api;

import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.vgg4j.base.InputException;
import org.vgg4j.serve.http.HttpFailure;
import org.vgg4j.serve.models.ServedModels;

/**
 * Loading and unloading by clients, where that is allowed. Thread-safe.
 *
 * @param models are changed
 * @param allowed whether they may be
 * @param unloaded the files of models that clients unloaded, by name
 */
public record ModelChanges(
    ServedModels models, boolean allowed, ConcurrentMap<String, Path> unloaded) {
  /** Nothing is unloaded yet. */
  ModelChanges(ServedModels models, boolean allowed) {
    this(models, allowed, new ConcurrentHashMap<>());
  }

  /**
   * Loads a model.
   *
   * @throws HttpFailure 403 if that is not allowed, 409 if it cannot be loaded: then an old one
   *     stays
   */
  public void load(String name, Path file) {
    requireAllowed();
    try {
      models.load(name, file);
      unloaded.remove(name);
    } catch (InputException e) {
      throw new HttpFailure(409, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Unloads a model.
   *
   * @throws HttpFailure 403 if that is not allowed, 404 if there is none of that name
   */
  public void unload(String name) {
    requireAllowed();
    unloaded.put(name, models.unload(name));
  }

  /**
   * @throws HttpFailure 403 if changes are not allowed
   */
  public void requireAllowed() {
    if (!allowed) {
      throw new HttpFailure(
          403, "models may not be changed here: start the service with --allow-model-changes");
    }
  }
}
