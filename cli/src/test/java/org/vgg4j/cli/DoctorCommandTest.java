package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
  @Test
  void sentencesWithUnits() {
    Vgg vgg = Vgg.run("doctor");
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out())
        .contains("Java     " + Runtime.version())
        .containsPattern("kernels  (vector|scalar): ")
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
}
