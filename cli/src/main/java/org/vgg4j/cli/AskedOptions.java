package org.vgg4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.TrainingConfig;

/**
 * What a run of a sweep or a recipe was asked for, in a file beside its folder. Its config.yaml has
 * what became of that: the epochs of a time, the batch that fits.
 */
final class AskedOptions {
  private static final String SUFFIX = ".asked";
  private static final String INIT = "init";
  private static final String FROM = "from:";

  /** Options that may differ from those that a run began with. */
  private static final Set<String> MAY_DIFFER =
      Set.of("threads", "device", "micro-batch", "checkpoint-every", "max-unreadable", "test");

  private static final ObjectMapper YAML =
      YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();

  private AskedOptions() {}

  /**
   * Returns what a run that has begun was asked for; without that file, as where {@code vgg train}
   * began it, the options that it has.
   *
   * @throws InputException if a file cannot be read
   */
  static Map<String, Object> of(RunFolder run) {
    Path file = file(run);
    if (!Files.exists(file)) {
      return TrainingConfig.of(run.options()).options();
    }
    try {
      Map<String, Object> asked =
          YAML.readValue(
              Files.readString(file), new TypeReference<LinkedHashMap<String, Object>>() {});
      return TrainingConfig.of(asked).options();
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Keeps it before a run begins. Weights of another run beside it are named from there, since both
   * may be moved.
   *
   * @throws InputException if the file cannot be written
   */
  static void write(RunFolder run, TrainingConfig config) {
    Map<String, Object> options = new LinkedHashMap<>(config.options());
    Path beside = beside(run);
    if (options.get(INIT) instanceof String init && init.startsWith(FROM)) {
      Path model = file(init).toAbsolutePath().normalize();
      if (model.startsWith(beside)) {
        options.put(INIT, FROM + beside.relativize(model));
      }
    }
    try {
      AtomicFile.write(file(run), YAML.writeValueAsString(options));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("options cannot be written", e);
    }
  }

  /**
   * Refuses the folder of a run that was asked for something else.
   *
   * @param asking what asks now
   * @param mayDiffer options that may be others than the run has, beside those of the machine
   * @throws InputException if the run has begun, and with other options
   */
  static void requireSame(
      RunFolder run, TrainingConfig config, String asking, String... mayDiffer) {
    if (!Files.exists(run.config())) {
      return;
    }
    Map<String, Object> then = of(run);
    Map<String, Object> now = config.options();
    Map<String, Object> all = new LinkedHashMap<>(then);
    all.putAll(now);
    for (String key : all.keySet()) {
      Object before = then.get(key);
      if (!MAY_DIFFER.contains(key)
          && !List.of(mayDiffer).contains(key)
          && !Objects.equals(before, now.get(key))
          && !isSameModel(run, before, now.get(key))) {
        throw new InputException(
            "the run in %s has option %s %s, and %s %s: give another folder (option out), or remove that run"
                .formatted(run.path(), key, text(before), asking, text(now.get(key))));
      }
    }
  }

  /** Whether both are weights of one file, perhaps named from different folders. */
  private static boolean isSameModel(RunFolder run, @Nullable Object then, @Nullable Object now) {
    if (!(then instanceof String before && now instanceof String after)
        || !before.startsWith(FROM)
        || !after.startsWith(FROM)) {
      return false;
    }
    Path model = file(after).toAbsolutePath().normalize();
    return model.equals(beside(run).resolve(file(before)).normalize())
        || model.equals(file(before).toAbsolutePath().normalize());
  }

  private static Path file(String init) {
    return Path.of(init.substring(FROM.length()));
  }

  /** The folder in which the run lies beside others. */
  private static Path beside(RunFolder run) {
    return run.path().resolveSibling("").toAbsolutePath().normalize();
  }

  private static String text(@Nullable Object value) {
    return value == null ? "unset" : value.toString();
  }

  /** Whether the file is there: runs of recipes of earlier versions have none. */
  static boolean areKept(RunFolder run) {
    return Files.exists(file(run));
  }

  private static Path file(RunFolder run) {
    return run.path().resolveSibling(run.path().getFileName() + SUFFIX);
  }
}
