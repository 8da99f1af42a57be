package org.vgg4j.network.cpu;

import java.util.Map;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.ScoreMaps;

/** Class scores of whole images, computed on the host's processors. */
final class CpuDenseInference implements DenseInference {
  private final Head head;
  private final DensePass pass;

  /**
   * @param heap that it may use, in bytes
   */
  CpuDenseInference(Parameters parameters, Kernels kernels, Workers workers, long heap) {
    Parameters folded = parameters.withoutBatchNorm();
    Architecture architecture = folded.architecture();
    this.head = Head.of(architecture, kernels);
    this.pass = new DensePass(folded, kernels, workers, heap, DenseTaps.scores(architecture));
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
        count, result.rows(), result.columns(), architecture().classes(), result.last());
  }

  @Override
  public float[] posteriors(float[] scores) {
    return head.answers(1, scores);
  }

  @Override
  public Map<String, Long> stageNanos() {
    return pass.stageNanos();
  }
}
