package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.LrnShape;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.network.Parameters;

/** Local response normalisation. */
record LrnStage(String tap, LrnShape shape, Kernels kernels, Workers workers)
    implements TrainingStage {
  private OutputMap output() {
    return new OutputMap(shape.map(), false, kernels, workers);
  }

  @Override
  public int outputLength() {
    return output().length();
  }

  @Override
  public StageMemory memory(Pass pass, int images, int threads) {
    return StageMemory.ofScratch(kernels.lrnScratchLength(shape));
  }

  @Override
  public float[] read(int images, float[] values) {
    return output().read(images, values);
  }

  @Override
  public void forward(
      int images, float[] input, Parameters parameters, float[] prepared, float[] values) {
    kernels.lrn(shape, images, input, values, workers);
  }

  @Override
  public float[] backward(
      TrainingPass pass, float[] input, float[] outputGradient, Saved saved, GradientSink sink) {
    // not written over the input, which the windows of neighbouring channels still read
    kernels.lrnBackward(shape, pass.images(), input, outputGradient, outputGradient, workers);
    return outputGradient;
  }
}
