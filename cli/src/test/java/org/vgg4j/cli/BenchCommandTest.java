package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.vgg4j.network.MachineProbe;

class BenchCommandTest {
  /** Both forms of the weights in one run, and what rounding does to the scores. */
  @Test
  void formsOfWeightsSideBySide() throws IOException {
    Vgg vgg =
        Vgg.run(
            "bench",
            "--arch=A",
            "--width=0.1",
            "--crop=32",
            "--classes=5",
            "--batch=2",
            "--fc-weights=fp32,bf16",
            "--json");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    JsonNode results = new ObjectMapper().readTree(vgg.out()).get("results");
    assertThat(results).hasSize(2);
    for (JsonNode result : results) {
      assertThat(result.get("batch").intValue()).isEqualTo(2);
      assertThat(result.get("medianMsPerImage").doubleValue()).isPositive();
      assertThat(result.get("stageMsPerImage").get("fc7").doubleValue()).isPositive();
    }
    for (int bytes : new int[] {4, 2}) {
      JsonNode work = results.get(bytes == 4 ? 0 : 1).get("stageWork");
      long features = work.get("fc8").get("multiplyAdds").longValue() / (2 * 5);
      assertThat(features).isEqualTo(416);
      assertThat(work.get("fc7").get("multiplyAdds").longValue()).isEqualTo(2 * 416 * 416);
      assertThat(work.get("fc8").get("bytes").longValue())
          .isEqualTo(4 * 2 * (416 + 5) + bytes * 416 * 5);
    }
    JsonNode exact = results.get(0);
    assertThat(exact.get("fcWeights").textValue()).isEqualTo("fp32");
    assertThat(exact.get("scoreDifference").doubleValue()).isZero();
    JsonNode rounded = results.get(1);
    assertThat(rounded.get("fcWeights").textValue()).isEqualTo("bf16");
    assertThat(rounded.get("scoreDifference").doubleValue()).isBetween(1e-5, 2e-2);
  }

  /** Dense evaluation of a map of 2x2 windows: four times the work of fc6 to fc8. */
  @Test
  void denseBesideCrops() throws IOException {
    Vgg vgg =
        Vgg.run(
            "bench",
            "--arch=A",
            "--width=0.02",
            "--crop=32",
            "--classes=5",
            "--batch=2",
            "--test-scales=64",
            "--json");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    JsonNode dense = new ObjectMapper().readTree(vgg.out()).get("dense").get(0);
    assertThat(dense.get("testScale").intValue()).isEqualTo(64);
    assertThat(dense.get("shareOfMultiplyAdds").doubleValue()).isEqualTo(4);
    assertThat(dense.get("ratio").doubleValue()).isPositive();
    assertThat(Vgg.run("bench", "--test-scales=100").err())
        .isEqualTo("vgg: test scale Q = 100 is below crop 224: take scales of at least the crop\n");
  }

  /** An H200's 557 TFLOP/s, and a layer of D that takes 3 us an image. */
  @Test
  void figuresOfAGpuHaveUnitsOfTheirOwn() {
    BenchCommand.Units gpu =
        BenchCommand.Units.of(new MachineProbe.Speed(557_375, "products", 341_114, 3494));
    assertThat(gpu.rate() + " " + gpu.rate(306_748)).isEqualTo("TFLOP/s 306.7");
    assertThat(gpu.time() + " " + gpu.time(0.003121)).isEqualTo("us/image 3.121");
    BenchCommand.Units cpu =
        BenchCommand.Units.of(new MachineProbe.Speed(236.4, "multiply-adds", 210, 39));
    assertThat(cpu.rate() + " " + cpu.rate(628.3)).isEqualTo("GFLOP/s 628");
    assertThat(cpu.time() + " " + cpu.time(1.7)).isEqualTo("ms/image 1.700");
  }
}
