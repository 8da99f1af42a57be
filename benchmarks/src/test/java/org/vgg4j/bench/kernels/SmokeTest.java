package org.vgg4j.bench.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmarks run; how fast is not for a test to say. */
class SmokeTest {
  @Test
  void everyBenchmarkRuns() throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                once("kernels\\..*")
                    .exclude("FullyConnectedBenchmark")
                    .param("layer", "conv1_1", "conv5_2")
                    .build())
            .run();
    results.addAll(new Runner(once("FullyConnectedBenchmark").build()).run());

    Set<String> names =
        results.stream()
            .map(result -> result.getParams().getBenchmark().replaceAll(".*kernels\\.", ""))
            .collect(Collectors.toSet());
    assertThat(names)
        .contains(
            "ProbeBenchmark.product",
            "ConvolutionBenchmark.forward",
            "ConvolutionBenchmark.backwardData",
            "ConvolutionBenchmark.backwardWeights",
            "FullyConnectedBenchmark.forward",
            "LrnBenchmark.forward",
            "PoolBenchmark.maxPool",
            "LossAndUpdateBenchmark.softmax",
            "LossAndUpdateBenchmark.sgd",
            "WorkersBenchmark.awake",
            "WorkersBenchmark.asleep");
    assertThat(results)
        .allSatisfy(result -> assertThat(result.getPrimaryResult().getScore()).isPositive());
  }

  @Test
  void operationsAreThoseOfTheDefinition() throws RunnerException {
    RunResult result =
        new Runner(once("ConvolutionBenchmark.forward$").param("layer", "conv1_1").build())
            .runSingle();

    double calls = result.getPrimaryResult().getScore();
    double gigaflop = result.getSecondaryResults().get("gigaflop").getScore();
    // 3 to 16 channels, 3x3 filters, 32x32 pixels, two operations for each multiply-add
    assertThat(gigaflop / calls).isCloseTo(2e-9 * 16 * 3 * 9 * 32 * 32, withinPercentage(0.1));
  }

  private static ChainedOptionsBuilder once(String benchmarks) {
    return new OptionsBuilder()
        .include(benchmarks)
        .forks(0)
        .warmupIterations(0)
        .measurementIterations(1)
        .measurementTime(TimeValue.milliseconds(1))
        .param("network", "SMOKE")
        .param("threads", "2")
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT);
  }
}
