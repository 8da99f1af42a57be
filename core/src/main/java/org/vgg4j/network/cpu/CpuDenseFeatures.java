package org.vgg4j.network.cpu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.Taps;

/** Outputs of layers for whole images, computed on the CPU. */
final class CpuDenseFeatures implements DenseFeatures {
  private final Taps taps;
  private final DensePass pass;

  /**
   * @param weights shared with other passes
   * @param memory planned for the workers' number of threads
   * @throws org.vgg4j.base.InputException if there is no such output
   */
  CpuDenseFeatures(PreparedWeights weights, CpuMemory memory, Workers workers, Set<String> taps) {
    this.taps = Taps.of(weights.parameters().architecture(), taps);
    this.pass = new DensePass(weights, memory, workers, this.taps);
  }

  @Override
  public Architecture architecture() {
    return pass.architecture();
  }

  @Override
  public Set<String> taps() {
    return taps.names();
  }

  @Override
  public int smallestSide() {
    return taps.smallestSide();
  }

  @Override
  public int capacity(int imageHeight, int imageWidth, int wanted) {
    return pass.capacity(imageHeight, imageWidth, wanted);
  }

  @Override
  public Map<String, FeatureMaps> features(
      float[] images, int count, int imageHeight, int imageWidth) {
    Map<String, FeatureMaps> maps = new LinkedHashMap<>();
    DensePass.Visitor copier =
        (stages, stage, output) -> {
          String name = stages.list().get(stage).tap();
          if (taps.names().contains(name)) {
            maps.put(name, stages.read(stage, count, output));
          }
        };
    pass.run(images, count, imageHeight, imageWidth, copier);
    return maps;
  }
}
