package org.vgg4j.network.cpu;

import java.util.Arrays;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.network.Parameters;

/** Turns the last map into a row of features in the order channel, row, column. */
record FlattenStage(String tap, MapLayout map, Kernels kernels, Workers workers)
    implements TrainingStage {
  @Override
  public int outputLength() {
    return Math.multiplyExact(map.channels(), map.height() * map.width());
  }

  @Override
  public StageMemory memory(Pass pass, int images, int threads) {
    return StageMemory.NONE;
  }

  @Override
  public float[] read(int images, float[] values) {
    return Arrays.copyOf(values, images * outputLength());
  }

  @Override
  public BackwardNeeds backwardNeeds() {
    return BackwardNeeds.NOTHING;
  }

  @Override
  public void forward(
      int images, float[] input, Parameters parameters, float[] prepared, float[] values) {
    kernels.flatten(map, images, input, values, workers);
  }

  @Override
  public float[] backward(
      TrainingPass pass, float[] input, float[] outputGradient, Saved saved, GradientSink sink) {
    kernels.unflatten(map, pass.images(), outputGradient, input, workers);
    return input;
  }
}
