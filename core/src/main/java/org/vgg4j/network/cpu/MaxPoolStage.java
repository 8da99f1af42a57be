package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.network.Parameters;

/** A max pool that is not part of the stage before it, for example because its input is tapped. */
record MaxPoolStage(String tap, MapLayout map, Kernels kernels, Workers workers)
    implements TrainingStage {
  private OutputMap output() {
    return new OutputMap(map, true, kernels, workers);
  }

  @Override
  public int outputLength() {
    return output().length();
  }

  @Override
  public StageMemory memory(Pass pass, int images, int threads) {
    return StageMemory.NONE;
  }

  @Override
  public float[] read(int images, float[] values) {
    return output().read(images, values);
  }

  @Override
  public BackwardNeeds backwardNeeds() {
    return BackwardNeeds.NOTHING.withArgmax(outputLength());
  }

  @Override
  public void forward(
      int images, float[] input, Parameters parameters, float[] prepared, float[] values) {
    kernels.maxPool(map, images, input, values, null, workers);
  }

  @Override
  public void forwardTraining(TrainingPass pass, float[] input, float[] values, Saved saved) {
    kernels.maxPool(map, pass.images(), input, values, saved.argmax(), workers);
  }

  @Override
  public float[] backward(
      TrainingPass pass, float[] input, float[] outputGradient, Saved saved, GradientSink sink) {
    kernels.maxPoolBackward(map, pass.images(), outputGradient, saved.argmax(), input, workers);
    return input;
  }
}
