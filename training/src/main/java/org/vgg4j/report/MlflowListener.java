package org.vgg4j.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.data.DataSplits;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.Selection;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;
import org.vgg4j.train.TrainingResult;

/**
 * Logs a run to MLflow while a network is trained: its options, the metrics of each epoch, and how
 * it ended. What cannot be logged is kept and tried again once an epoch; that never stops training.
 * The run folder remembers the run in mlflow.json, so that a resumed run goes on in the same one.
 *
 * <p>Environment variables, as MLflow has them: {@code MLFLOW_TRACKING_URI} (an http or https
 * address, or a folder), {@code MLFLOW_EXPERIMENT_NAME} (Default), {@code MLFLOW_RUN_NAME} (the run
 * folder's name), and for servers {@code MLFLOW_TRACKING_TOKEN}, or {@code
 * MLFLOW_TRACKING_USERNAME} and {@code MLFLOW_TRACKING_PASSWORD}.
 */
public final class MlflowListener implements TrainingListener {
  /** The variable without which nothing is logged. */
  static final String URI_VARIABLE = "MLFLOW_TRACKING_URI";

  /** In the run folder: which run of which store this is. */
  static final String FILE = "mlflow.json";

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int LONGEST_PARAMETER = 500; // what all versions of MLflow take
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Something to be logged. */
  private interface Entry {
    void send(MlflowStore store, String run);
  }

  private final Map<String, String> environment;
  private final Path folder;
  private final Consumer<String> warn;
  private final InstantSource clock;
  private final String place;
  private final @Nullable MlflowStore store;
  private final List<Entry> waiting = new ArrayList<>();
  private @Nullable String run;
  private boolean began;
  private boolean warned;
  private Selection watched = Selection.TOP1;
  private int lastStep;

  private MlflowListener(
      Map<String, String> environment, Path folder, Consumer<String> warn, InstantSource clock) {
    this.environment = environment;
    this.folder = folder;
    this.warn = warn;
    this.clock = clock;
    String uri = environment.getOrDefault(URI_VARIABLE, "").strip();
    // No passwords in files and messages, whatever the scheme and the signs in them.
    this.place = uri.replaceFirst("(?i)^((?!file:)[a-z][a-z0-9+.-]*://).*@", "$1");
    this.store = uri.isEmpty() ? null : store(uri);
  }

  /**
   * @param environment the variables above; without the first nothing is ever logged
   * @param folder the run folder, which need not be there before training starts
   * @param warn receives a sentence the first time that something cannot be logged
   */
  public static MlflowListener of(
      Map<String, String> environment, Path folder, Consumer<String> warn) {
    return new MlflowListener(environment, folder, warn, InstantSource.system());
  }

  /** Where runs are kept; null after a warning if that is none of the places that we know. */
  private @Nullable MlflowStore store(String uri) {
    String scheme = uri.matches("[A-Za-z][A-Za-z0-9+.-]+:.*") ? uri.split(":", 2)[0] : "";
    try {
      return switch (scheme.toLowerCase(Locale.ROOT)) {
        case "" -> new MlflowFiles(folder(uri));
        case "file" -> new MlflowFiles(ofFile(uri));
        case "http", "https" -> server(new URI(uri));
        default -> throw new IllegalArgumentException("it is neither http(s) nor a folder");
      };
    } catch (URISyntaxException e) {
      return refused(e.getReason()); // the message repeats the address
    } catch (IllegalArgumentException | LinkageError e) {
      return refused(AtomicFile.reason(e));
    }
  }

  private @Nullable MlflowStore refused(String reason) {
    warn.accept(
        "nothing is logged to MLflow: %s is %s, but must be an http or https address, or a folder (%s)"
            .formatted(URI_VARIABLE, place, reason));
    return null;
  }

  /** A folder's name, but for the words that MLflow takes for a service. */
  private static Path folder(String name) {
    if (name.equals("databricks") || name.equals("databricks-uc")) {
      throw new IllegalArgumentException("Databricks is not supported");
    }
    return Path.of(name);
  }

  /** {@code file:///a}, {@code file:/a} and {@code file:a}. */
  private static Path ofFile(String uri) {
    String path = uri.substring("file:".length());
    return path.startsWith("/") ? Path.of(URI.create(uri)) : Path.of(path);
  }

  private MlflowStore server(URI uri) throws URISyntaxException {
    if (uri.getUserInfo() == null && !uri.toString().equals(place)) {
      throw new IllegalArgumentException(
          "characters such as @ and / in it are written %40 and %2F");
    }
    String token = environment.get("MLFLOW_TRACKING_TOKEN");
    String user = environment.get("MLFLOW_TRACKING_USERNAME");
    String password = environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
    String pair = uri.getUserInfo() != null ? uri.getUserInfo() : user + ":" + password;
    String authorization = null;
    if (token != null) {
      authorization = "Bearer " + token;
    } else if (user != null || uri.getUserInfo() != null) {
      byte[] bytes = pair.getBytes(StandardCharsets.UTF_8);
      authorization = "Basic " + Base64.getEncoder().encodeToString(bytes);
    }
    return new MlflowServer(new URI(place), authorization, PATIENCE);
  }

  @Override
  public void started(
      TrainingConfig config, DataSplits data, Architecture architecture, MemoryPlan memory) {
    if (store == null) {
      return;
    }
    began = true;
    watched = config.selection().watched();
    run = remembered();
    long now = clock.millis();
    if (run != null) {
      waiting.add((to, id) -> to.mark(id, MlflowStore.Status.RUNNING, now));
    } else {
      Map<String, String> parameters = new LinkedHashMap<>();
      config.options().forEach((key, value) -> parameters.put(key, cut(String.valueOf(value))));
      waiting.add((to, id) -> to.log(id, parameters, Map.of(), now, 0));
    }
    send();
  }

  private static String cut(String text) {
    return text.length() <= LONGEST_PARAMETER ? text : text.substring(0, LONGEST_PARAMETER);
  }

  /** The run that this folder's training was logged to; null if there is none at this place. */
  private @Nullable String remembered() {
    Path file = folder.resolve(FILE);
    try {
      if (!Files.exists(file)) {
        return null;
      }
      JsonNode content = JSON.readTree(Files.readString(file));
      JsonNode id = content.path("run");
      return content.path("place").asText().equals(place) && id.isTextual() ? id.textValue() : null;
    } catch (IOException e) {
      return null; // then it goes on in a new one
    }
  }

  @Override
  public void stepped(Progress progress) {}

  @Override
  public void epochEnded(EpochMetrics metrics, boolean best) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("train_loss", metrics.trainLoss());
    values.put("train_error", metrics.trainError());
    values.put("val_loss", metrics.validation().meanLoss());
    metrics
        .validation()
        .figures("val")
        .forEach((name, value) -> values.put(underscored(name), value));
    if (metrics.validation() instanceof Evaluation evaluation) {
      values.put("val_balanced_accuracy", evaluation.balancedAccuracy());
    }
    values.put("learning_rate", metrics.learningRate());
    values.put("images_per_second", metrics.imagesPerSecond());
    lastStep = metrics.epoch();
    add(values);
    send();
  }

  /** Logs how a run ended. */
  public void ended(TrainingResult result) {
    if (!began) {
      return;
    }
    Map<String, Double> values = new LinkedHashMap<>();
    if (!result.interrupted()) {
      values.put("best_epoch", (double) result.bestEpoch());
      values.put("best_val", watched.shown(result.bestError()));
      if (result.test() != null) {
        result
            .test()
            .figures("test")
            .forEach((name, value) -> values.put(underscored(name), value));
      }
    }
    add(values);
    end(result.interrupted() ? MlflowStore.Status.KILLED : MlflowStore.Status.FINISHED);
  }

  /** Logs that a run broke off, if it had begun. */
  public void failed() {
    if (began) {
      end(MlflowStore.Status.FAILED);
    }
  }

  private void end(MlflowStore.Status status) {
    long now = clock.millis();
    waiting.add((to, id) -> to.mark(id, status, now));
    send();
  }

  private void add(Map<String, Double> values) {
    Map<String, Double> finite = new LinkedHashMap<>(values);
    finite.values().removeIf(value -> !Double.isFinite(value));
    long now = clock.millis();
    int step = lastStep;
    waiting.add((to, id) -> to.log(id, Map.of(), finite, now, step));
  }

  /** valTop1Error becomes val_top1_error. */
  private static String underscored(String name) {
    return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  /** Not logged: warnings are for the terminal. */
  @Override
  public void warned(String sentence) {}

  /** Sends what waits, in its order; at the first failure the rest goes on waiting. */
  private void send() {
    if (store == null) {
      waiting.clear();
      return;
    }
    try {
      if (run == null) {
        run = begin(store);
      }
      while (!waiting.isEmpty()) {
        waiting.get(0).send(store, run);
        waiting.remove(0);
      }
    } catch (RuntimeException | LinkageError e) { // nothing about tracking may end a training
      if (!warned) {
        warned = true;
        warn.accept(
            "nothing is logged to MLflow for now, and tried again after each epoch: "
                + (e instanceof InputException ? e.getMessage() : AtomicFile.reason(e)));
      }
    }
  }

  private String begin(MlflowStore to) {
    Map<String, String> tags = new LinkedHashMap<>();
    String name =
        environment.getOrDefault(
            "MLFLOW_RUN_NAME", String.valueOf(folder.toAbsolutePath().normalize().getFileName()));
    tags.put("mlflow.runName", name);
    tags.put("mlflow.source.name", "vgg train");
    tags.put("mlflow.source.type", "LOCAL");
    tags.put("mlflow.user", System.getProperty("user.name", ""));
    tags.put("vgg4j.version", Version.get());
    tags.put("vgg4j.run", folder.toAbsolutePath().normalize().toString());
    String experiment = environment.getOrDefault("MLFLOW_EXPERIMENT_NAME", "Default");
    String id = to.begin(experiment, name, clock.millis(), tags);
    try {
      Map<String, String> content = new LinkedHashMap<>();
      content.put("place", place);
      content.put("experiment", experiment);
      content.put("run", id);
      AtomicFile.write(folder.resolve(FILE), JSON.writeValueAsString(content) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("names cannot be written as JSON", e);
    }
    return id;
  }
}
