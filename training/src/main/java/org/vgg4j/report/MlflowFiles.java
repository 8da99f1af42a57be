package org.vgg4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * A folder as MLflow's own file store writes it, usually called mlruns: a folder for each
 * experiment, in it one for each run, with meta.yaml, a file for each parameter and tag, and a file
 * for each metric with a line "milliseconds value step" for each value.
 */
final class MlflowFiles implements MlflowStore {
  private static final String META = "meta.yaml";
  private static final String DEFAULT = "Default";
  private static final ObjectMapper YAML =
      new ObjectMapper(new YAMLFactory().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER));

  private final Path root;

  MlflowFiles(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  @Override
  public String begin(String experiment, String name, long millis, Map<String, String> tags) {
    try {
      if (!Files.exists(root)) {
        makeExperiment("0", DEFAULT, millis); // MLflow expects it in every store
      }
      Path folder = experiment(experiment, millis);
      String id = UUID.randomUUID().toString().replace("-", "");
      Path run = folder.resolve(id);
      for (String part : List.of("params", "metrics", "tags", "artifacts")) {
        Files.createDirectories(run.resolve(part));
      }
      ObjectNode meta = YAML.createObjectNode();
      meta.put("artifact_uri", uri(run.resolve("artifacts")));
      meta.putNull("end_time");
      meta.put("entry_point_name", "");
      meta.put("experiment_id", String.valueOf(folder.getFileName()));
      meta.put("lifecycle_stage", "active");
      meta.put("run_id", id);
      meta.put("run_name", name);
      meta.put("run_uuid", id);
      meta.put("source_name", "");
      meta.put("source_type", 4); // local
      meta.put("source_version", "");
      meta.put("start_time", millis);
      meta.put("status", Status.RUNNING.number());
      meta.putArray("tags");
      meta.put("user_id", System.getProperty("user.name", ""));
      AtomicFile.write(run.resolve(META), YAML.writeValueAsString(meta));
      for (Map.Entry<String, String> tag : tags.entrySet()) {
        Files.writeString(run.resolve("tags").resolve(tag.getKey()), tag.getValue());
      }
      return id;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** The folder of an experiment, which is made if it is not there. */
  private Path experiment(String name, long millis) throws IOException {
    for (Path folder : folders(root)) {
      Path meta = folder.resolve(META);
      if (Files.exists(meta)) {
        JsonNode content = YAML.readTree(Files.readString(meta));
        if (content.path("name").asText().equals(name)
            && !content.path("lifecycle_stage").asText().equals("deleted")) {
          return folder;
        }
      }
    }
    String id = Files.exists(root.resolve("0")) || !name.equals(DEFAULT) ? newId() : "0";
    return makeExperiment(id, name, millis);
  }

  /** As MLflow writes them: without a slash at the end. */
  private static String uri(Path folder) {
    return folder.toUri().toString().replaceFirst("/$", "");
  }

  /** As MLflow makes them: numbers that are not in use elsewhere. */
  private static String newId() {
    return String.valueOf(UUID.randomUUID().getMostSignificantBits() >>> 4);
  }

  private Path makeExperiment(String id, String name, long millis) throws IOException {
    Path folder = root.resolve(id);
    Files.createDirectories(folder);
    ObjectNode meta = YAML.createObjectNode();
    meta.put("artifact_location", uri(folder));
    meta.put("creation_time", millis);
    meta.put("experiment_id", id);
    meta.put("last_update_time", millis);
    meta.put("lifecycle_stage", "active");
    meta.put("name", name);
    AtomicFile.write(folder.resolve(META), YAML.writeValueAsString(meta));
    return folder;
  }

  @Override
  public void log(
      String run,
      Map<String, String> parameters,
      Map<String, Double> metrics,
      long millis,
      long step) {
    Path folder = run(run);
    try {
      for (Map.Entry<String, String> parameter : parameters.entrySet()) {
        Files.writeString(
            folder.resolve("params").resolve(parameter.getKey()), parameter.getValue());
      }
      for (Map.Entry<String, Double> metric : metrics.entrySet()) {
        Files.writeString(
            folder.resolve("metrics").resolve(metric.getKey()),
            millis + " " + metric.getValue() + " " + step + "\n",
            StandardCharsets.UTF_8,
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void mark(String run, Status status, long millis) {
    Path file = run(run).resolve(META);
    try {
      ObjectNode meta = (ObjectNode) YAML.readTree(Files.readString(file));
      meta.put("status", status.number());
      if (status == Status.RUNNING) {
        meta.putNull("end_time");
      } else {
        meta.put("end_time", millis);
      }
      AtomicFile.write(file, YAML.writeValueAsString(meta));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private Path run(String id) {
    Path found = null;
    try {
      for (Path experiment : folders(root)) {
        Path folder = experiment.resolve(id);
        found = Files.exists(folder.resolve(META)) ? folder : found;
      }
    } catch (IOException e) {
      throw failed(e);
    }
    return require(found, id);
  }

  private Path require(@Nullable Path found, String id) {
    if (found == null) {
      throw new InputException("%s has no run %s any more".formatted(root, id));
    }
    return found;
  }

  private static List<Path> folders(Path parent) throws IOException {
    if (!Files.exists(parent)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(parent)) {
      return all.filter(Files::isDirectory).sorted().toList();
    }
  }

  private InputException failed(IOException failure) {
    return new InputException(
        "%s cannot be written (%s)".formatted(root, AtomicFile.reason(failure)), failure);
  }
}
