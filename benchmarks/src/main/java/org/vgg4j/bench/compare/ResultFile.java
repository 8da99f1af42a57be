package org.vgg4j.bench.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * Results as a JSON file.
 *
 * @param results one for each workload
 */
public record ResultFile(List<Result> results) {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /**
   * Writes the file.
   *
   * @throws InputException if it cannot be written
   */
  void write(Path file) {
    try {
      AtomicFile.write(file, JSON.writeValueAsString(this) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result cannot be written as JSON", e);
    }
  }

  /**
   * Reads a file that {@link #write} wrote.
   *
   * @throws InputException if it cannot be read, or is not such a file
   */
  static ResultFile read(Path file) {
    try {
      ResultFile read = JSON.readValue(Files.readString(file), ResultFile.class);
      if (read == null || read.results() == null || read.results().isEmpty()) {
        throw new InputException(file + " has no results");
      }
      return read;
    } catch (JsonProcessingException e) {
      throw new InputException(
          file + " was not written by benchmarks/compare --json: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }
}
