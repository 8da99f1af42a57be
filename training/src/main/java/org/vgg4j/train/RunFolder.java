package org.vgg4j.train;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Unreadable;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.model.Task;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;

/**
 * What a run leaves: config.yaml, unreadable.csv, samples.png, metrics.csv, recall.csv, test.json,
 * provenance.json, and the models last/ and best/.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {
  /** The field of provenance.json that says whether the run finished. */
  public static final String FINISHED = "finished";

  private static final Logger LOG = LoggerFactory.getLogger(RunFolder.class);
  private static final String CONFIG = "config.yaml";
  private static final String PROVENANCE = "provenance.json";
  private static final ObjectMapper YAML =
      YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /**
   * Creates the folder if it does not exist.
   *
   * @throws InputException if it cannot be made
   */
  static RunFolder make(Path path) {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw cannotMake(path, e);
    }
    return new RunFolder(path);
  }

  /**
   * Requires that it holds nothing that a new run would overwrite.
   *
   * @throws InputException if there is
   */
  void requireEmpty() {
    try (Stream<Path> content = Files.list(path)) {
      // a run that was killed while it wrote its first file leaves half of it
      if (content.anyMatch(
          file ->
              !file.endsWith(CONFIG + AtomicFile.TEMPORARY)
                  && !file.getFileName().toString().startsWith(RunLock.NAME))) {
        throw new InputException(
            Files.exists(config())
                ? "folder %s holds a run already: resume it (option resume), or give another folder (option out)"
                    .formatted(path)
                : "folder "
                    + path
                    + " is not empty: give another folder (option out), or remove it first");
      }
    } catch (IOException e) {
      throw cannotMake(path, e);
    }
  }

  private static InputException cannotMake(Path path, IOException failure) {
    return new InputException(
        "cannot make the run folder " + path + ": " + AtomicFile.reason(failure), failure);
  }

  /**
   * Returns a folder in which a run has begun.
   *
   * @throws InputException if there is none
   */
  public static RunFolder existing(Path path) {
    RunFolder folder = new RunFolder(path);
    if (!Files.isRegularFile(folder.config())) {
      throw new InputException(
          "there is no run in " + path + " (no config.yaml): check the path, or start a run there");
    }
    return folder;
  }

  /**
   * Whether the run finished, so that there is nothing to resume.
   *
   * @throws InputException if provenance.json cannot be read
   */
  public boolean isFinished() {
    return Boolean.TRUE.equals(provenance().get(FINISHED));
  }

  /**
   * Returns what the run wrote about itself when it ended or was stopped; empty before.
   *
   * @throws InputException if provenance.json cannot be read
   */
  public Map<String, Object> provenance() {
    Path file = path.resolve(PROVENANCE);
    if (!Files.exists(file)) {
      return Map.of();
    }
    try {
      return JSON.readValue(
          Files.readString(file), new TypeReference<LinkedHashMap<String, Object>>() {});
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * How long a finished run took, in seconds; 0 if not recorded.
   *
   * @throws InputException if provenance.json cannot be read
   */
  public double seconds() {
    return provenance().get("seconds") instanceof Number seconds ? seconds.doubleValue() : 0;
  }

  /**
   * Makes the first of {@code parent/stem-1}, {@code parent/stem-2}, … that does not exist; two
   * runs that start at once get different ones.
   *
   * @throws InputException if it cannot be made
   */
  public static Path claim(Path parent, String stem) {
    try {
      Files.createDirectories(parent);
      for (int number = 1; ; number++) {
        Path path = parent.resolve(stem + "-" + number);
        if (!Files.exists(path) && makeNew(path)) {
          return path;
        }
      }
    } catch (IOException e) {
      throw new InputException(
          "cannot make a run folder in " + parent + ": " + AtomicFile.reason(e), e);
    }
  }

  /** Removes a folder that a run created before it failed. */
  static void removeIfEmpty(Path path) {
    try (Stream<Path> content = Files.list(path)) {
      if (content.findAny().isEmpty()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      LOG.debug("the run folder {} stays: {}", path, AtomicFile.reason(e));
    }
  }

  private static boolean makeNew(Path path) throws IOException {
    try {
      Files.createDirectory(path);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false; // another run created it first
    }
  }

  /** The model after the last finished epoch or step. */
  public Path lastModel() {
    return path.resolve("last").resolve("model.safetensors");
  }

  /**
   * The epoch of {@link #bestModel}; null if no epoch is finished.
   *
   * @throws InputException if the model cannot be read
   */
  public @Nullable Double bestEpoch() {
    if (!Files.exists(bestModel())) {
      return null;
    }
    Provenance provenance = ModelFile.readWithoutArrays(bestModel()).provenance();
    return provenance == null ? null : provenance.metrics().get("epoch");
  }

  /** The model of the epoch that is the best by what option select watches. */
  public Path bestModel() {
    return path.resolve("best").resolve("model.safetensors");
  }

  /** All that a resumed run needs; missing until the first epoch or checkpoint interval ends. */
  public Path checkpoint() {
    return path.resolve("last").resolve("checkpoint.safetensors");
  }

  /** All options. */
  public Path config() {
    return path.resolve(CONFIG);
  }

  /**
   * Returns what config.yaml says.
   *
   * @throws InputException if it cannot be read
   */
  public Map<String, Object> options() {
    try {
      return YAML.readValue(
          Files.readString(config()), new TypeReference<LinkedHashMap<String, Object>>() {});
    } catch (IOException e) {
      throw new InputException("cannot read " + config() + ": " + AtomicFile.reason(e), e);
    }
  }

  /** One line per epoch. */
  public Path metrics() {
    return path.resolve("metrics.csv");
  }

  /** One line per epoch of a network that classifies, see {@link RecallFile}. */
  public Path recall() {
    return path.resolve("recall.csv");
  }

  /** The images that the run passes over, see {@link #passedOver}. */
  public Path unreadable() {
    return path.resolve("unreadable.csv");
  }

  /** The best model's results on the test images, in the form of {@code vgg evaluate --json}. */
  public Path testErrors() {
    return path.resolve("test.json");
  }

  /**
   * Returns the best model's results on the test images; null if there are none.
   *
   * @throws InputException if test.json is damaged
   */
  public @Nullable Measurement test() {
    return Files.exists(testErrors()) ? TestFile.read(testErrors()) : null;
  }

  /** The first images as training sees them. */
  public Path samples() {
    return path.resolve("samples.png");
  }

  /**
   * Returns the images of the data set, as it was found, that the run passes over since they cannot
   * be read.
   *
   * @throws InputException if unreadable.csv is missing or damaged
   */
  public List<Unreadable> passedOver() {
    return UnreadableFile.read(unreadable());
  }

  /** Whether it is known which images are passed over: a run first looks at all of them. */
  public boolean isSurveyed() {
    return Files.exists(unreadable()) || Files.exists(checkpoint());
  }

  void writeUnreadable(List<Unreadable> images) {
    UnreadableFile.write(unreadable(), images);
  }

  void writeTest(Measurement measurement) {
    TestFile.write(testErrors(), measurement);
  }

  void writeConfig(Map<String, Object> options) {
    AtomicFile.write(config(), text(YAML, options));
  }

  /** Before a run goes on, whose steps, time and state are then others. */
  void removeProvenance() {
    Path file = path.resolve(PROVENANCE);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new InputException("cannot remove " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  void writeProvenance(Map<String, Object> provenance) {
    AtomicFile.write(path.resolve(PROVENANCE), text(JSON, provenance) + "\n");
  }

  /** Rewrites all lines, so that none remains of epochs that a resumed run repeats. */
  void writeMetrics(Task task, List<String> lines) {
    AtomicFile.write(
        metrics(),
        EpochMetrics.csvHeader(task)
            + "\n"
            + lines.stream().map(line -> line + "\n").collect(joining()));
  }

  private static String text(ObjectMapper mapper, Map<String, Object> values) {
    try {
      return mapper.writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("values cannot be written", e);
    }
  }
}
