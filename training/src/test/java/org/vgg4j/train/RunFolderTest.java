package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Task;

class RunFolderTest {
  @TempDir Path root;

  @Test
  void isMadeWithItsParents() {
    Path path = root.resolve("runs/a/b");
    assertThat(RunFolder.make(path).path()).isEqualTo(path).isEmptyDirectory();
  }

  @Test
  void emptyFolderIsTaken() {
    assertThat(RunFolder.make(root).lastModel()).isEqualTo(root.resolve("last/model.safetensors"));
  }

  @Test
  void nonEmptyFolderIsRefusedAndLeft() throws IOException {
    Path precious = Files.writeString(root.resolve("thesis.tex"), "x");
    assertThatThrownBy(() -> RunFolder.make(root).requireEmpty())
        .isInstanceOf(InputException.class)
        .hasMessage(
            "folder %s is not empty: give another folder (option out), or remove it first", root);
    assertThat(precious).hasContent("x");
  }

  @Test
  void fileInTheWay() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "x");
    assertThatThrownBy(() -> RunFolder.make(file))
        .isInstanceOf(InputException.class)
        .hasMessage("cannot make the run folder %s: %s is in the way", file, file);
    assertThatThrownBy(() -> RunFolder.make(file.resolve("run")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot make the run folder %s: ", file.resolve("run"));
  }

  @Test
  void claimsTheFirstFree() throws IOException {
    assertThat(RunFolder.claim(root, "pets-A")).isEqualTo(root.resolve("pets-A-1"));
    assertThat(RunFolder.claim(root, "pets-A")).isEqualTo(root.resolve("pets-A-2")).isDirectory();
    Files.createDirectory(root.resolve("pets-A-4"));
    assertThat(RunFolder.claim(root, "pets-A")).isEqualTo(root.resolve("pets-A-3"));
    assertThat(RunFolder.claim(root, "pets-A")).isEqualTo(root.resolve("pets-A-5"));
  }

  @Test
  void configIsYamlThatReadsAsWhatWasWritten() throws IOException {
    Map<String, Object> options = Map.of("data", "no", "seed", 1L << 60, "lr", 5e-4, "flip", true);
    RunFolder.make(root).writeConfig(options);
    assertThat(new YAMLMapper().readValue(root.resolve("config.yaml").toFile(), Map.class))
        .isEqualTo(options);
    assertThat(root.resolve("config.yaml")).content().doesNotStartWith("---");
  }

  @Test
  void provenanceIsJson() throws IOException {
    RunFolder.make(root).writeProvenance(Map.of("host", "näme", "steps", 3));
    assertThat(new ObjectMapper().readValue(root.resolve("provenance.json").toFile(), Map.class))
        .isEqualTo(Map.of("host", "näme", "steps", 3));
  }

  @Test
  void metricsAreWrittenAnew() {
    RunFolder folder = RunFolder.make(root);
    folder.writeMetrics(Task.CLASSIFICATION, List.of("1,2", "3,4"));
    folder.writeMetrics(Task.CLASSIFICATION, List.of("1,2"));
    assertThat(folder.metrics())
        .hasContent(EpochMetrics.csvHeader(Task.CLASSIFICATION) + "\n1,2\n");
  }

  @Test
  void onlyAFolderWithARunExists() {
    assertThatThrownBy(() -> RunFolder.existing(root))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("there is no run in " + root + " (no config.yaml)");
    RunFolder.make(root).writeConfig(Map.of("seed", 1));
    assertThat(RunFolder.existing(root).path()).isEqualTo(root);
  }

  @Test
  void finishedIsWhatProvenanceSays() {
    RunFolder folder = RunFolder.make(root);
    assertThat(folder.isFinished()).isFalse();
    folder.writeProvenance(Map.of("steps", 3));
    assertThat(folder.isFinished()).isFalse();
    folder.writeProvenance(Map.of("finished", false));
    assertThat(folder.isFinished()).isFalse();
    folder.writeProvenance(Map.of("finished", true));
    assertThat(folder.isFinished()).isTrue();
  }
}
