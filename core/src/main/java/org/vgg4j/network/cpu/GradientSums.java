package org.vgg4j.network.cpu;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.ParameterShape;

/** Sums of the gradients of several micro-batches. Not thread-safe. */
final class GradientSums implements GradientSink {
  private static final int CHUNK = 1 << 16;

  private final List<ParameterShape> shapes;
  private final Map<String, float[]> sums = new LinkedHashMap<>();
  private final Workers workers;

  GradientSums(List<ParameterShape> shapes, Workers workers) {
    this.shapes = shapes;
    this.workers = workers;
    for (ParameterShape shape : shapes) {
      sums.put(shape.name(), new float[shape.length()]);
    }
  }

  /** Adds. */
  @Override
  public void take(ParameterShape shape, int first, int count, float[] gradient) {
    float[] sum = values(shape.name());
    workers.ranges(
        count,
        CHUNK,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            sum[first + i] += gradient[i];
          }
          Arrays.fill(gradient, from, to, 0f);
        });
  }

  /** The sum of that parameter's gradients, not a copy. */
  float[] values(String name) {
    float[] sum = sums.get(name);
    if (sum == null) {
      throw new IllegalArgumentException("no gradients of " + name + " are summed here");
    }
    return sum;
  }

  /** Adds all sums, which stay as they are, to a norm. */
  void measure(SquaredNorm norm) {
    for (ParameterShape shape : shapes) {
      norm.add(shape, shape.length(), values(shape.name()));
    }
  }

  /** Hands over all sums; afterwards they are zero, ready for the next batch. */
  void passTo(GradientSink sink) {
    for (ParameterShape shape : shapes) {
      sink.take(shape, 0, shape.length(), values(shape.name()));
    }
  }
}
