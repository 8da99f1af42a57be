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
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.TrainingConfig;

/**
 * What a run of a sweep was asked for, in a file beside its folder. Its config.yaml has what became
 * of that: the epochs of a time, the batch that fits.
 */
final class AskedOptions {
  private static final String SUFFIX = ".asked";
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

  private static Path file(RunFolder run) {
    return run.path().resolveSibling(run.path().getFileName() + SUFFIX);
  }
}
