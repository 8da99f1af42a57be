package org.vgg4j.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Task;
import org.vgg4j.train.RunFolder;

/**
 * What a run recorded about itself.
 *
 * @param folder where
 * @param configuration config.yaml
 * @param provenance provenance.json; empty until the run has ended in an orderly way
 * @param metrics metrics.csv
 */
record RunRecord(
    RunFolder folder,
    Map<String, Object> configuration,
    Map<String, Object> provenance,
    MetricsTable metrics) {
  private static final String CONFIGURATION = "config.yaml";
  private static final String PROVENANCE = "provenance.json";
  private static final ObjectMapper YAML = new YAMLMapper();
  private static final ObjectMapper JSON = new JsonMapper();

  /**
   * Reads it.
   *
   * @throws InputException if there is no run in the folder or a file of it is damaged
   */
  static RunRecord read(RunFolder folder) {
    Path configuration = folder.path().resolve(CONFIGURATION);
    if (!Files.isRegularFile(configuration)) {
      throw new InputException(
          "there is no run in "
              + folder.path()
              + " (no config.yaml): give a folder that vgg train made");
    }
    Path provenance = folder.path().resolve(PROVENANCE);
    return new RunRecord(
        folder,
        map(YAML, configuration),
        Files.exists(provenance) ? map(JSON, provenance) : Map.of(),
        MetricsTable.read(folder.metrics()));
  }

  private static Map<String, Object> map(ObjectMapper mapper, Path file) {
    try {
      Map<String, Object> map =
          mapper.readValue(
              Files.readString(file), new TypeReference<LinkedHashMap<String, Object>>() {});
      if (map == null) {
        throw new InputException(file + " is empty: restore it or train again");
      }
      return map;
    } catch (JsonProcessingException e) {
      throw new InputException(
          file + " cannot be understood (" + e.getOriginalMessage() + "): restore it", e);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /** What to call the run: its folder. */
  String name() {
    Path name = folder.path().toAbsolutePath().normalize().getFileName();
    return name == null ? folder.path().toString() : name.toString();
  }

  /**
   * A number from config.yaml.
   *
   * @throws InputException if it is not there
   */
  Number option(String key) {
    if (configuration.get(key) instanceof Number number) {
      return number;
    }
    throw new InputException(
        folder.path().resolve(CONFIGURATION)
            + ": "
            + key
            + " is "
            + configuration.get(key)
            + ", not a number: restore it as vgg train wrote it");
  }

  /**
   * What the network learns.
   *
   * @throws InputException if config.yaml names no such form of regression
   */
  Task task() {
    if (!multiLabel().isEmpty()) {
      return Task.LABELS;
    }
    String regression = text("regression");
    return regression.isEmpty() ? Task.CLASSIFICATION : Task.regression(regression);
  }

  /** The file of labels, several an image; empty if an image shows one class. */
  String multiLabel() {
    return text("multi-label");
  }

  /** A word or path from config.yaml; empty if it has none. */
  String text(String key) {
    Object value = configuration.get(key);
    return value == null ? "" : value.toString();
  }

  /** A number from provenance.json; null if it has none. */
  @Nullable Double fact(String key) {
    return provenance.get(key) instanceof Number number ? number.doubleValue() : null;
  }

  /** Whether the run came to its end. */
  boolean ended() {
    return !provenance.isEmpty()
        && !stopped()
        && !Boolean.FALSE.equals(provenance.get("finished")); // while the test images are measured
  }

  /** Whether somebody stopped it. */
  boolean stopped() {
    return Boolean.TRUE.equals(provenance.get("interrupted"));
  }
}
