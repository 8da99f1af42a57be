package org.vgg4j.serve.models;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageClassifier;
import org.vgg4j.base.InputException;
import org.vgg4j.serve.http.HttpFailure;

/**
 * The models by name. A request takes a {@link Lease} and keeps it until it is answered; a model
 * that was replaced or unloaded is released with its last lease. Thread-safe: leases never wait for
 * a model that is being loaded; loads wait for each other.
 */
public final class ServedModels implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServedModels.class);

  private static final class Slot {
    private final ServedModel model;
    private final long bytes;
    private int leases;
    private boolean retired;

    private Slot(ServedModel model, long bytes) {
      this.model = model;
      this.bytes = bytes;
    }
  }

  /** The use of a model by one request; closed once. */
  public final class Lease implements AutoCloseable {
    private final Slot slot;
    private boolean open = true;

    private Lease(Slot slot) {
      this.slot = slot;
    }

    /** The model. */
    public ServedModel model() {
      return slot.model;
    }

    /**
     * Lets the model work, and gives it back once the result is there, or there will be none.
     *
     * @param work is begun here and may end elsewhere
     */
    public <T> CompletableFuture<T> during(Function<ServedModel, CompletableFuture<T>> work) {
      CompletableFuture<T> result;
      try {
        result = work.apply(slot.model);
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
      return result.whenComplete((value, thrown) -> close());
    }

    @Override
    public void close() {
      synchronized (slots) {
        if (open) {
          open = false;
          slot.leases--;
        }
      }
      releaseIfUnused(slot);
    }
  }

  private final Map<String, Slot> slots = new LinkedHashMap<>();
  private @Nullable String first; // the name that was loaded first, loaded or not
  private volatile boolean begun;
  private final Object loading = new Object();
  private final ClassifierOptions options;
  private final int queue;
  private final boolean onHeap;
  private final Memory memory;

  /**
   * @param options how all models use the machine
   * @param queue how many images may wait, prepared for a network
   * @param onHeap whether the device computes in the heap
   * @param memory of the heap
   */
  public ServedModels(ClassifierOptions options, int queue, boolean onHeap, Memory memory) {
    this.options = options;
    this.queue = queue;
    this.onHeap = onHeap;
    this.memory = memory;
  }

  /**
   * Loads the models of the start; the first one answers requests that name none.
   *
   * @throws InputException as {@link #load}
   */
  public void begin(Map<String, Path> files) {
    files.forEach(this::load);
    begun = true;
  }

  /** Whether models of the start are still to be loaded. */
  public boolean isLoading() {
    return !begun;
  }

  /** Whether all models of the start have been loaded, and there is one. */
  public boolean isReady() {
    return begun && !names().isEmpty();
  }

  /**
   * Loads a model, in place of the one of that name, if there is one: requests go to the old one
   * until the new one is loaded.
   *
   * @throws InputException if the file is missing or broken, or there is not enough memory for it
   *     beside what is loaded; then the old one stays
   */
  public void load(String name, Path file) {
    synchronized (loading) {
      long bytes = reserve(name, file);
      ServedModel model;
      try {
        model = ServedModel.load(name, file, options);
      } catch (RuntimeException | Error e) {
        memory.release(bytes);
        throw e;
      }
      Slot old;
      synchronized (slots) {
        old = slots.put(name, new Slot(model, bytes));
        first = first == null ? name : first;
      }
      LOG.info(
          "model {}: {} ({}, {} classes)",
          name,
          file,
          model.classifier().architecture(),
          model.classifier().classNames().size());
      retire(old);
    }
  }

  /**
   * Promises a model its memory.
   *
   * @return bytes of the heap
   * @throws InputException if the file is missing or broken, or there is not enough memory
   */
  public long reserve(String name, Path file) {
    long bytes = onHeap ? ImageClassifier.memoryNeeded(file, options, queue) : 0;
    memory.reserve(
        bytes,
        "model " + name + " (" + file + ")",
        "serve fewer models, or give Java a larger heap");
    return bytes;
  }

  /**
   * Loads a model's file again, unless the model is no longer served.
   *
   * @throws InputException as {@link #load}
   */
  void reload(ServedModel model) {
    synchronized (loading) {
      if (loaded().contains(model)) {
        load(model.name(), model.file());
      }
    }
  }

  /**
   * Unloads a model.
   *
   * @return its file
   * @throws HttpFailure 404 if there is none of that name
   */
  public Path unload(String name) {
    synchronized (loading) {
      Slot old;
      synchronized (slots) {
        old = slots.remove(name);
      }
      if (old == null) {
        throw unknown(name);
      }
      LOG.info("model {}: unloaded", name);
      retire(old);
      return old.model.file();
    }
  }

  private void retire(@Nullable Slot slot) {
    if (slot != null) {
      synchronized (slots) {
        slot.retired = true;
      }
      releaseIfUnused(slot);
    }
  }

  private void releaseIfUnused(Slot slot) {
    synchronized (slots) {
      if (!slot.retired || slot.leases != 0) {
        return;
      }
      slot.leases = -1; // only one gets here
    }
    slot.model.close();
    memory.release(slot.bytes);
  }

  /**
   * Takes the use of a model.
   *
   * @param name null: the one that was loaded first
   * @throws HttpFailure 404 if there is none of that name, 503 if none is named and the first one
   *     is not loaded
   */
  public Lease lease(@Nullable String name) {
    synchronized (slots) {
      String wanted = name == null ? first : name;
      Slot slot = wanted == null ? null : slots.get(wanted);
      if (slot == null) {
        throw name == null ? noDefault() : unknown(name);
      }
      slot.leases++;
      return new Lease(slot);
    }
  }

  /** Another model in its place would answer with other classes, unnoticed. */
  private HttpFailure noDefault() {
    return new HttpFailure(
        503,
        slots.isEmpty()
            ? "no model is loaded: load one"
            : "model %s, which answers requests that name none, is not loaded: name one of %s"
                .formatted(first, String.join(", ", names())));
  }

  private HttpFailure unknown(String name) {
    return new HttpFailure(
        404, "there is no model " + name + ": there are " + String.join(", ", names()));
  }

  /** The name of the model that answers requests that name none; it may have been unloaded. */
  public @Nullable String defaultName() {
    synchronized (slots) {
      return first;
    }
  }

  /** The names of the loaded models. */
  public List<String> names() {
    synchronized (slots) {
      return new ArrayList<>(slots.keySet());
    }
  }

  /** The loaded models, with whatever is known of their files. */
  List<ServedModel> loaded() {
    synchronized (slots) {
      return slots.values().stream().map(slot -> slot.model).toList();
    }
  }

  /** Unloads all of them, once they are no longer used. */
  @Override
  public void close() {
    for (String name : names()) {
      Path unused = unload(name);
    }
  }
}
