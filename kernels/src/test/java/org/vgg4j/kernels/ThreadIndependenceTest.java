package org.vgg4j.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation gives the same bits with one, two and three threads. */
@ParameterizedClass
@MethodSource("org.vgg4j.kernels.TestedKernels#all")
class ThreadIndependenceTest {
  @Parameter TestedKernels tested;

  @ParameterizedTest
  @CsvSource({
    "1,16,16,3,1,1",
    "1,32,48,3,20,20",
    "4,16,16,3,7,5",
    "3,3,32,3,16,16",
    "2,16,32,5,9,9",
    "5,48,32,1,6,7",
    "1,64,128,3,14,14",
    "5,16,16,3,2,2"
  })
  void convolution(int images, int in, int out, int kernel, int height, int width) {
    ConvolutionShape shape = new ConvolutionShape(in, out, kernel, height, width);
    Threads.assertSameBits(
        workers -> {
          Random random = new Random(7);
          Convolution convolution = tested.kernels().convolution(shape);
          float[] weights = Maps.gaussian(random, shape.weightLength());
          float[] bias = Maps.gaussian(random, out);
          float[] plain = Maps.rectified(random, images * in * height * width);
          float[] input = shape.readsImage() ? plain : Maps.layOut(shape.input(), images, plain);
          float[] gradient =
              Maps.layOut(
                  shape.output(), images, Maps.gaussian(random, images * out * height * width));
          float[] forward = new float[convolution.forwardWeightsLength()];
          convolution.prepareForward(weights, forward, workers);
          float[] backward = new float[convolution.backwardWeightsLength()];
          convolution.prepareBackward(weights, backward, workers);
          float[] output = new float[gradient.length];
          convolution.forward(images, input, forward, bias, true, output, workers);
          float[] inputGradient = new float[input.length];
          convolution.backwardData(images, gradient, backward, input, inputGradient, workers);
          float[] weightGradient = new float[weights.length];
          float[] biasGradient = new float[out];
          convolution.backwardWeights(
              images, input, gradient, weightGradient, biasGradient, workers);
          List<float[]> results =
              new ArrayList<>(
                  List.of(forward, backward, output, inputGradient, weightGradient, biasGradient));
          if (height > 1) {
            float[] pooled = new float[images * shape.pooled().imageLength()];
            byte[] argmax = new byte[pooled.length];
            convolution.forwardPooled(images, input, forward, bias, pooled, argmax, workers);
            results.add(pooled);
            results.add(Maps.floats(argmax));
          }
          return results;
        });
  }

  @ParameterizedTest
  @CsvSource({"1,16,2", "5,144,33", "33,80,80", "1,1024,1000", "67,528,300"})
  void fullyConnected(int images, int in, int out) {
    Threads.assertSameBits(
        workers -> {
          Random random = new Random(8);
          FullyConnected layer = tested.kernels().fullyConnected(in, out);
          float[] input = Maps.rectified(random, images * in);
          float[] weights = Maps.gaussian(random, out * in);
          float[] bias = Maps.gaussian(random, out);
          float[] gradient = Maps.gaussian(random, images * out);
          float[] output = new float[images * out];
          layer.forward(images, input, weights, bias, true, output, workers);
          Bfloat16Weights rounded = Bfloat16Weights.round(in, out, weights, workers);
          float[] outputOfRounded = new float[images * out];
          layer.forward(images, input, rounded, bias, true, outputOfRounded, workers);
          WindowLayout windows = new WindowLayout(images);
          float[] windowInput = Maps.rectified(random, (int) windows.length(in));
          float[] windowOutput = new float[(int) windows.length(out)];
          layer.forwardWindows(windows, windowInput, weights, bias, true, windowOutput, workers);
          float[] inputGradient = new float[images * in];
          layer.backwardData(images, gradient, weights, input, 2f, inputGradient, workers);
          float[] weightGradient = new float[out * in];
          float[] biasGradient = new float[out];
          Factors factors = new Factors(images, input, gradient);
          layer.backwardWeights(
              List.of(factors, factors), 0, out, weightGradient, biasGradient, workers);
          return List.of(
              output, outputOfRounded, windowOutput, inputGradient, weightGradient, biasGradient);
        });
  }

  @ParameterizedTest
  @CsvSource({"1,16,2,2", "4,48,7,9", "2,32,20,20", "1,64,30,40"})
  void operationsOnMaps(int images, int channels, int height, int width) {
    MapLayout map = new MapLayout(channels, height, width);
    MapLayout half = new MapLayout(channels, height / 2, width / 2);
    LrnShape lrn = new LrnShape(map, 5, 2f, 1e-4f, 0.75f);
    Kernels kernels = tested.kernels();
    Threads.assertSameBits(
        workers -> {
          Random random = new Random(9);
          int values = images * channels * height * width;
          float[] input = Maps.layOut(map, images, Maps.rectified(random, values));
          float[] gradient = Maps.layOut(map, images, Maps.gaussian(random, values));
          float[] normalised = new float[input.length];
          kernels.lrn(lrn, images, input, normalised, workers);
          float[] lrnGradient = new float[input.length];
          kernels.lrnBackward(lrn, images, input, gradient, lrnGradient, workers);
          float[] pooled = new float[images * half.imageLength()];
          byte[] argmax = new byte[pooled.length];
          kernels.maxPool(map, images, input, pooled, argmax, workers);
          float[] poolGradient = new float[input.length];
          kernels.maxPoolBackward(map, images, pooled, argmax, poolGradient, workers);
          float[] features = new float[values];
          kernels.flatten(map, images, input, features, workers);
          float[] back = new float[input.length];
          kernels.unflatten(map, images, features, back, workers);
          return List.of(
              normalised, lrnGradient, pooled, Maps.floats(argmax), poolGradient, features, back);
        });
  }

  @ParameterizedTest
  @CsvSource({"16", "200000"})
  void dropoutAndSgd(int length) {
    Threads.assertSameBits(
        workers -> {
          Random random = new Random(10);
          float[] values = Maps.gaussian(random, length);
          byte[] mask = new byte[length];
          for (int i = 0; i < length; i++) {
            mask[i] = (byte) random.nextInt(2);
          }
          tested.kernels().dropout(length, values, mask, 2f, workers);
          float[] weights = Maps.gaussian(random, length);
          float[] velocity = Maps.gaussian(random, length);
          float[] gradient = Maps.gaussian(random, length);
          tested.kernels().sgd(0, length, weights, velocity, gradient, 0.01f, 0.9f, 5e-4f, workers);
          return List.of(values, weights, velocity, gradient);
        });
  }
}
