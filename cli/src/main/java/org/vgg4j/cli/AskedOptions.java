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
   * Keeps it before a run begins.
   *
   * @throws InputException if the file cannot be written
   */
  static void write(RunFolder run, TrainingConfig config) {
    try {
      AtomicFile.write(file(run), YAML.writeValueAsString(config.options()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("options cannot be written", e);
    }
  }

  /**
   * Refuses the folder of a run that was asked for something else.
   *
   * @param asking what asks now
   * @throws InputException if the run has begun, and with other options
   */
  static void requireSame(RunFolder run, TrainingConfig config, String asking) {
    if (!Files.exists(run.config())) {
      return;
    }
    Map<String, Object> then = of(run);
    Map<String, Object> now = config.options();
    Map<String, Object> all = new LinkedHashMap<>(then);
    all.putAll(now);
    for (String key : all.keySet()) {
      Object before = then.get(key);
      if (!MAY_DIFFER.contains(key) && !isSame(before, now.get(key))) {
        throw new InputException(
            "the run in %s has option %s %s, and %s %s: give another folder (option out), or remove that run"
                .formatted(run.path(), key, text(before), asking, text(now.get(key))));
      }
    }
  }

  /** The weights of an earlier run may be named from another folder. */
  private static boolean isSame(@Nullable Object one, @Nullable Object other) {
    if (one instanceof String first
        && other instanceof String second
        && first.startsWith(FROM)
        && second.startsWith(FROM)) {
      return place(first).equals(place(second));
    }
    return Objects.equals(one, other);
  }

  private static Path place(String init) {
    return Path.of(init.substring(FROM.length())).toAbsolutePath().normalize();
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
