package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DoctorCommandTest {
  private static final String DRIVER = "vgg.cuda.driver";

  /** Whatever GPU the machine has. */
  @BeforeAll
  static void hideGpus() {
    System.setProperty(DRIVER, "no-such-driver");
  }

  @AfterAll
  static void showGpus() {
    System.clearProperty(DRIVER);
  }

  @Test
  void sentencesWithUnits() {
    Vgg vgg = Vgg.run("doctor");
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out())
        .contains("Java     " + Runtime.version())
        .containsPattern("kernels  (vector|scalar): ")
        .contains("device   cpu")
        .contains("cuda cannot be used: no NVIDIA driver is installed")
        .contains("chosen because ")
        .containsPattern("the JIT compiler (keeps the kernels' loops apart|needs no options)")
        .containsPattern("module   jdk.incubator.vector is (present|absent: )")
        .containsPattern("threads  \\d+, (one for each|for the only) processor")
        .containsPattern("memory   the heap may take [\\d.,]+ [MG]B and holds [\\d.,]+ [MG]B");
    assertThat(vgg.out()).doesNotContain("Bytes", "kernelsReason");
  }

  @Test
  void jsonKeepsItsKeys() throws IOException {
    JsonNode facts = new ObjectMapper().readTree(Vgg.run("doctor", "--json").out());
    assertThat(facts.fieldNames())
        .toIterable()
        .containsExactly(
            "version",
            "java",
            "system",
            "device",
            "devices",
            "kernels",
            "kernelsUse",
            "kernelsReason",
            "lanes",
            "kernelsCompiler",
            "vectorModule",
            "threads",
            "heapLimitBytes",
            "heapUsedBytes",
            "peakMemoryBytes");
    assertThat(facts.get("kernels").textValue())
        .isEqualTo(System.getProperty("vgg.test.expectedKernels"));
    assertThat(facts.get("threads").intValue())
        .isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(facts.get("heapLimitBytes").asLong()).isEqualTo(Runtime.getRuntime().maxMemory());
  }

  /** Each command says it before it reads anything, in one sentence. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "train",
        "finetune --model none --data fashion-mini",
        "evaluate --model none",
        "classify none --model none",
        "heatmap none --model none",
        "bench",
        "reproduce --out none",
        "doctor"
      })
  void aDeviceThatIsNoneIsOneSentence(String command) {
    List<Object> words = new ArrayList<>(List.of(command.split(" ")));
    words.addAll(List.of("--device", "CPU"));
    Vgg vgg = Vgg.run(words.toArray());
    assertThat(vgg.exitCode()).isEqualTo(1);
    if (!command.startsWith("finetune")) { // whose defaults are the model's
      assertThat(vgg.err().strip())
          .isEqualTo(
              "vgg: option device is 'CPU' but must be auto or a device such as cpu, cuda or"
                  + " cuda:0,1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda", "cuda:0,1"})
  void whatAGpuWouldNeedIsSaid(String device) {
    Vgg vgg = Vgg.run("doctor", "--device", device);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err().strip())
        .isEqualTo(
            "vgg: option device is "
                + device
                + ", but no NVIDIA driver is installed (there is no library no-such-driver):"
                + " install driver version 455 (on Windows 456) or newer, start a container with"
                + " --gpus all, or use --device cpu");
  }
}
