package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.ParameterShape;

/** Sums of squares of arrays of several chunks. */
class SquaredNormTest {
  private static final int LENGTH = 200_001;

  private static double norm(float[] gradient, int threads) {
    ParameterShape shape = new ParameterShape("classifier.0.weight", "fc6", List.of(LENGTH));
    try (Workers workers = new Workers(threads)) {
      SquaredNorm norm = new SquaredNorm(workers);
      norm.add(shape, LENGTH, gradient);
      norm.add(shape, 3, gradient);
      return norm.root();
    }
  }

  @Test
  void everyValueCountsOnceAndThreadsChangeNothing() {
    Random random = new Random(1);
    float[] gradient = new float[LENGTH];
    double sum = 0;
    for (int i = 0; i < LENGTH; i++) {
      gradient[i] = random.nextFloat() - 0.5f;
      sum += (i < 3 ? 2.0 : 1.0) * gradient[i] * gradient[i];
    }
    double one = norm(gradient, 1);
    assertThat(one).isCloseTo(Math.sqrt(sum), within(1e-9));
    assertThat(norm(gradient, 5)).isEqualTo(one);
  }
}
