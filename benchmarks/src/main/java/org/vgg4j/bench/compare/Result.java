package org.vgg4j.bench.compare;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The results of a workload, engine by engine; the first is the reference.
 *
 * @param workload what was measured
 * @param threads number of threads of each engine
 * @param version of vgg4j
 * @param java version of the JVM that ran them
 * @param engines the result of each engine
 */
public record Result(
    Workload workload, int threads, String version, String java, List<Measured> engines) {
  /**
   * The result of one engine.
   *
   * @param engine its name
   * @param title its name for people
   * @param medianMsPerImage median of the rounds
   * @param fastestMsPerImage smallest of the rounds
   * @param slowestMsPerImage largest of the rounds
   * @param imagesPerSecond from the median
   * @param timesReference how many times as long as the reference it takes: median over the rounds
   *     of the ratio within the round, on which anything that slows both has little influence
   * @param peakBytes most memory that its process held (VmHWM); null on systems other than Linux
   * @param scoreDifference largest difference of its scores from the reference's, as a fraction of
   *     the largest score
   * @param tolerance largest difference that would have been accepted
   * @param roundsMsPerImage all rounds
   */
  public record Measured(
      String engine,
      String title,
      double medianMsPerImage,
      double fastestMsPerImage,
      double slowestMsPerImage,
      double imagesPerSecond,
      double timesReference,
      @Nullable Long peakBytes,
      double scoreDifference,
      double tolerance,
      List<Double> roundsMsPerImage) {}

  /** The result that the others are compared with. */
  Measured reference() {
    return engines.get(0);
  }

  /** Number of rounds. */
  int rounds() {
    return reference().roundsMsPerImage().size();
  }
}
