package org.vgg4j.network.cpu;

import java.util.Map;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.ScoreMaps;
import org.vgg4j.network.Taps;

/** Class scores of whole images, computed on the CPU. */
final class CpuDenseInference implements DenseInference {
  private final Head head;
  private final DensePass pass;

  /**
   * @param weights shared with other passes
   * @param memory planned for the workers' number of threads
   */
  CpuDenseInference(PreparedWeights weights, CpuMemory memory, Workers workers) {
    Architecture architecture = weights.parameters().architecture();
    this.head = Head.of(architecture, memory.kernels());
    this.pass = new DensePass(weights, memory, workers, Taps.scores(architecture));
  }

  @Override
  public Architecture architecture() {
    return pass.architecture();
  }

  @Override
  public int capacity(int imageHeight, int imageWidth, int wanted) {
    return pass.capacity(imageHeight, imageWidth, wanted);
  }

  @Override
  public ScoreMaps scores(float[] images, int count, int imageHeight, int imageWidth) {
    DensePass.Result result =
        pass.run(images, count, imageHeight, imageWidth, (stages, stage, output) -> {});
    return new ScoreMaps(
        count, result.rows(), result.columns(), architecture().outputs(), result.last());
  }

  @Override
  public float[] posteriors(float[] scores) {
    return head.posteriors(1, scores);
  }

  @Override
  public Map<String, Long> stageNanos() {
    return pass.stageNanos();
  }
}
