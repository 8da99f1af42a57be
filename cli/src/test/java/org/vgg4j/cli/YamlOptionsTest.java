package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a value of a configuration file is depends on what it is for. */
class YamlOptionsTest {
  @TempDir Path root;

  private Vgg train(String text) throws IOException {
    Path file = Files.writeString(root.resolve("c.yaml"), text);
    Vgg vgg = Vgg.run("train", "--dry-run", "--config", file);
    assertThat(vgg.exitCode()).isEqualTo(1);
    return vgg;
  }

  /** YAML 1.1 makes numbers and truth values of these words. */
  @ParameterizedTest
  @ValueSource(strings = {"007", "2024_01", "1.10", "0x10", "no", "On"})
  void namesOfFoldersStayAsTheyAreWritten(String name) throws IOException {
    assertThat(train("data: " + name + "\n").err())
        .contains("there is no data set " + name + ": give");
  }

  /** YAML's readers have them as 8 or as 10. */
  @Test
  void octalNumbersAreRefused() throws IOException {
    assertThat(train("seed: 010\n").err())
        .contains("key 'seed' is 010, which some read as octal: write the number without");
  }

  /** The sentence names the file and the key, and says what is allowed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "epochs: many       | option epochs is many but must be a whole number",
        "batch: 1.5         | option batch is 1.5 but must be a whole number",
        "max-steps: 1e10    | option max-steps is 1.0E10 but must be a whole number of at most",
        "lr: fast           | option lr is fast but must be a number such as 0.5 or 1e-3",
        "lr-head: fast      | option lr-head is fast but must be a number such as 0.5 or 1e-3",
        "flip: perhaps      | option flip is perhaps but must be true or false",
        "step-epochs: 20;40 | option step-epochs is 20;40 but must be epochs of at most nine",
        "scale: large       | option scale is large but must be a number of pixels",
        "init: random       | there is no initialisation 'random': choose glorot, gaussian, he or dirac",
      })
  void wrongValuesAreRefused(String line, String sentence) throws IOException {
    assertThat(train(line + "\n").err())
        .startsWith("vgg: " + root.resolve("c.yaml") + ": " + sentence);
  }

  /** Lists are for options whose value is one. */
  @Test
  void lists() throws IOException {
    for (String line : new String[] {"schedule: [step, cosine]", "data: [a, b]", "init: [he]"}) {
      assertThat(train(line + "\n").err())
          .contains("key '" + line.split(":")[0] + "' must have a single value");
    }
    assertThat(
            train(
                    """
                    data: nowhere
                    head: []
                    schedule: step
                    step-epochs: [2, 3]
                    freeze: [conv1_1, conv2_1]
                    """)
                .err())
        .contains("there is no data set nowhere");
    assertThat(train("data: nowhere\nfreeze: []\nstep-epochs: []\n").err())
        .contains("there is no data set nowhere");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1_000", "0x10", "+5", "\"010\"", "0"})
  void numbersAsYamlHasThem(String seed) throws IOException {
    assertThat(train("data: nowhere\nseed: " + seed + "\n").err())
        .contains("there is no data set nowhere");
  }

  @Test
  void secondDocumentsAndReferencesAreRefused() throws IOException {
    assertThat(train("data: nowhere\n---\nseed: 2\n").err())
        .contains("c.yaml holds more than one YAML document");
    assertThat(train("data: &place nowhere\nout: *place\n").err())
        .contains("c.yaml, line 2: references such as *place are not supported");
  }

  @Test
  void byteOrderMarkAndWindowsLines() throws IOException {
    assertThat(train("\uFEFFdata: nowhere\r\nseed: 2\r\n").err())
        .contains("there is no data set nowhere");
  }
}
