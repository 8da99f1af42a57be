package org.vgg4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.vgg4j.bench.compare.Workloads.engine;
import static org.vgg4j.bench.compare.Workloads.run;

import ai.onnxruntime.OnnxTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;

class ComparisonTest {
  @Test
  void onnxRuntimeComputesTheSameFromTheModelWrittenHere() {
    assumeOnnxRuntime();
    Result result = run(Workloads.INFERENCE, engine("vgg4j"), engine("onnxruntime"));

    assertThat(result.rounds()).isEqualTo(Workloads.PACE.rounds());
    assertThat(result.engines())
        .extracting(Result.Measured::engine)
        .containsExactly("vgg4j", "onnxruntime");
    assertThat(result.engines()).allSatisfy(one -> assertThat(one.medianMsPerImage()).isPositive());
    Result.Measured own = result.engines().get(0);
    Result.Measured peer = result.engines().get(1);
    assertThat(own.timesReference()).isEqualTo(1);
    assertThat(own.scoreDifference()).isZero();
    // other kernels round otherwise, so exactly the same would mean that nothing was compared
    assertThat(peer.scoreDifference()).isPositive().isLessThan(1e-5);
  }

  @Test
  void networkDComputesTheSame() {
    assumeOnnxRuntime();
    Workload workload = new Workload("d", Workload.Kind.INFERENCE, "D", 0.0625, 32, 7, 2, 0);
    assertThat(run(workload, engine("onnxruntime"), engine("vgg4j")).engines())
        .hasSize(2)
        .allSatisfy(one -> assertThat(one.scoreDifference()).isLessThan(1e-5));
  }

  /** Where ONNX Runtime's jar has no native library, its engine cannot be tested. */
  private static void assumeOnnxRuntime() {
    String system = OS.current() == OS.MAC ? "osx" : OS.current() == OS.WINDOWS ? "win" : "linux";
    String processor = System.getProperty("os.arch").replace("amd64", "x64");
    String libraries = "/ai/onnxruntime/native/" + system + "-" + processor;
    assumeTrue(OnnxTensor.class.getResource(libraries) != null, "no " + libraries);
  }

  @Test
  void ownEngineTrains() {
    Result result = run(Workloads.TRAINING, engine("vgg4j"));
    assertThat(result.engines()).hasSize(1);
    assertThat(result.engines().get(0).roundsMsPerImage()).hasSize(3);
  }

  @Test
  void libtorchComputesTheSame() {
    assumeTrue(hasLibtorch(), "libtorch's native libraries come with the profile libtorch");
    Workload inference = new Workload("d", Workload.Kind.INFERENCE, "D", 0.0625, 64, 7, 2, 0);
    EngineSpec own = engine("vgg4j");
    EngineSpec contiguous = engine("libtorch");
    EngineSpec channelsLast = engine("libtorch-channels-last");
    EngineSpec bfloat16 = engine("libtorch-bf16");
    assertThat(run(inference, own, contiguous, channelsLast, bfloat16).engines()).hasSize(4);
    // in a network this small bfloat16's rounding is as large as a step of training
    assertThat(run(Workloads.TRAINING, own, contiguous, channelsLast).engines()).hasSize(3);
  }

  @Test
  void withoutItsNativeLibraryLibtorchSaysSo() {
    assumeTrue(!hasLibtorch(), "libtorch's native libraries are there");
    Workload inference = new Workload("d", Workload.Kind.INFERENCE, "D", 0.0625, 32, 7, 2, 0);
    assertThatThrownBy(() -> run(inference, engine("libtorch")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("libtorch failed: its native library cannot be loaded on ")
        .hasMessageContaining("leave the engine out with --engines");
  }

  private static boolean hasLibtorch() {
    return System.getProperty("java.class.path").matches("(?s).*pytorch-[^/]*-(linux|macosx)-.*");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void peakMemoryIsTheProcesses() {
    Result result = run(Workloads.INFERENCE, engine("one", FakeEngines.Constant.class));
    assertThat(result.engines().get(0).peakBytes()).isBetween(10L << 20, 4L << 30);
  }

  @Test
  void enginesTakeTurns(@TempDir Path folder) throws IOException {
    Path log = folder.resolve("log");
    String option = "-D" + FakeEngines.LOG + "=" + log;
    run(
        Workloads.INFERENCE,
        engine("one", FakeEngines.Constant.class, option),
        engine("two", FakeEngines.Constant.class, option));

    List<String> expected = new ArrayList<>();
    // each warms up, then all take a turn in each round
    for (int i = 0; i < 1 + Workloads.PACE.rounds(); i++) {
      expected.addAll(List.of("one begins", "one ends", "two begins", "two ends"));
    }
    assertThat(Files.readAllLines(log)).isEqualTo(expected);
  }

  @Test
  void differentScoresAreRefused() {
    assertThatThrownBy(
            () ->
                run(
                    Workloads.INFERENCE,
                    engine("one", FakeEngines.Constant.class),
                    engine(
                        "two",
                        FakeEngines.Constant.class,
                        "-D" + FakeEngines.Constant.LAST + "=3.003")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "one and two do not compute the same in tiny: their scores differ by 0.0010 of the"
                + " largest, and rounding explains 0.00010; nothing is reported");
  }

  @Test
  void scoresThatAreNoNumbersAreRefused() {
    assertThatThrownBy(
            () ->
                run(
                    Workloads.INFERENCE,
                    engine("one", FakeEngines.Constant.class),
                    engine(
                        "two",
                        FakeEngines.Constant.class,
                        "-D" + FakeEngines.Constant.LAST + "=NaN")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("differ by NaN");
  }

  @Test
  void anEngineThatDoesNotTrainIsRefused() {
    assertThatThrownBy(() -> run(Workloads.TRAINING, engine("idle", FakeEngines.Constant.class)))
        .isInstanceOf(InputException.class)
        .hasMessage("idle did not train: its scores hardly changed in tiny-training");
  }

  @Test
  void aProcessThatDiesIsNamedWithItsLastWords() {
    assertThatThrownBy(() -> run(Workloads.INFERENCE, engine("frail", FakeEngines.Dying.class)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the process of frail ended with exit code 134; it said last: terminate called after"
                + " throwing an instance of 'std::bad_alloc'");
  }

  @Test
  void aMissingNativeLibraryIsNamed() {
    assertThatThrownBy(() -> run(Workloads.INFERENCE, engine("alien", FakeEngines.Unlinked.class)))
        .isInstanceOf(InputException.class)
        .hasMessageMatching(
            "alien failed: its native library cannot be loaded on .*; leave the engine out with"
                + " --engines \\(no jnitorch in java.library.path\\)");
  }

  @Test
  void aFailureIsOneLine() {
    assertThatThrownBy(() -> run(Workloads.INFERENCE, engine("odd", FakeEngines.Throwing.class)))
        .isInstanceOf(InputException.class)
        .hasMessage("odd failed: the model is broken");
  }

  @Test
  void aJvmThatDoesNotStartIsNamed() {
    assertThatThrownBy(
            () ->
                run(
                    Workloads.INFERENCE,
                    engine("greedy", FakeEngines.Constant.class, "-XX:NoSuchOption")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("the process of greedy ended with exit code 1; it said last: ");
  }
}
