package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Products and sums of rows in double precision, against exact arithmetic. */
@ParameterizedClass
@MethodSource("org.vgg4j.kernels.TestedKernels#all")
class RowsTest {
  private static final int AT = 5;
  private static final int FROM = 3;

  @Parameter TestedKernels tested;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 31, 32, 33, 4096, 5001})
  void theDotProductIsExactButForRoundingOfDoubles(int length) {
    Random random = new Random(length);
    float[] row = Maps.gaussian(random, length + AT + 2);
    double[] weights = random.doubles(length + FROM + 2, -1, 1).toArray();
    BigDecimal exact = BigDecimal.ZERO;
    double size = 0;
    for (int i = 0; i < length; i++) {
      exact = exact.add(new BigDecimal(row[AT + i]).multiply(new BigDecimal(weights[FROM + i])));
      size += Math.abs(row[AT + i] * weights[FROM + i]);
    }

    double dot = tested.kernels().dot(length, row, AT, weights, FROM);

    assertThat(dot).isCloseTo(exact.doubleValue(), within(size * 1e-13));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 31, 32, 33, 4096, 5001})
  void aMultipleOfTheRowIsAddedAndNothingBesideIt(int length) {
    Random random = new Random(length);
    float[] row = Maps.gaussian(random, length + AT + 2);
    double[] sums = random.doubles(length + FROM + 2, -1, 1).toArray();
    double[] expected = sums.clone();
    double factor = -0.3;
    for (int i = 0; i < length; i++) {
      expected[FROM + i] += factor * row[AT + i];
    }

    tested.kernels().addScaled(length, factor, row, AT, sums, FROM);

    assertThat(sums).containsExactly(expected, within(1e-14));
    assertThat(sums[FROM + length]).isEqualTo(expected[FROM + length]);
    assertThat(sums[FROM - 1]).isEqualTo(expected[FROM - 1]);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 31})
  void productsOfCodesAreExactButForRounding(int rows) {
    for (int length : new int[] {16, 48, 512}) {
      Random random = new Random(rows + length);
      byte[] codes = new byte[rows * length + 16];
      random.nextBytes(codes);
      float[] query = Maps.gaussian(random, length);
      float[] products = new float[rows + 1];
      products[rows] = 7;

      tested.kernels().productsOfCodes(rows, length, codes, query, products);

      for (int row = 0; row < rows; row++) {
        double exact = 0;
        double size = 0;
        for (int i = 0; i < length; i++) {
          double product = (double) query[i] * codes[row * length + i];
          exact += product;
          size += Math.abs(product);
        }
        assertThat((double) products[row]).isCloseTo(exact, within(size * length * 0x1p-24));
      }
      assertThat(products[rows]).isEqualTo(7);
    }
  }
}
