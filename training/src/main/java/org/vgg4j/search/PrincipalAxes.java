package org.vgg4j.search;

import java.util.Arrays;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.network.HostThreads;

/**
 * The eigenvectors of a symmetric matrix with the largest eigenvalues, by subspace iteration: a few
 * vectors more than are wanted are multiplied by the matrix and made orthonormal, until nothing
 * moves.
 *
 * @param axes {@code [count][size]}, orthonormal
 * @param variances the eigenvalues, falling
 */
record PrincipalAxes(double[][] axes, double[] variances) {
  private static final int SPARE = 16;
  private static final int MOST_ROUNDS = 100;
  private static final double TOLERANCE = 1e-9;

  /** Length that is left of a unit vector which others make up. */
  private static final double DEPENDENT = 1e-10;

  static PrincipalAxes of(double[][] matrix, int size, int count, HostThreads threads) {
    int vectors = Math.min(size, count + SPARE);
    double[][] basis = new double[vectors][size];
    for (int v = 0; v < vectors; v++) {
      RandomStream random = new RandomStream(0, 0, v, Purpose.PRINCIPAL_AXES);
      for (int i = 0; i < size; i++) {
        basis[v][i] = random.nextGaussian();
      }
    }
    orthonormalise(basis);
    double[] values = new double[vectors];
    for (int round = 0; round < MOST_ROUNDS; round++) {
      double[][] image = times(matrix, basis, threads);
      double[][] small = new double[vectors][vectors];
      for (int a = 0; a < vectors; a++) {
        for (int b = a; b < vectors; b++) {
          small[a][b] = dot(basis[a], image[b]);
          small[b][a] = small[a][b];
        }
      }
      Jacobi found = Jacobi.of(small);
      basis = combined(image, found.vectors(), threads);
      orthonormalise(basis);
      double change = 0;
      for (int v = 0; v < count; v++) {
        change = Math.max(change, Math.abs(found.values()[v] - values[v]));
      }
      values = found.values();
      if (change <= TOLERANCE * values[0]) {
        break;
      }
    }
    return new PrincipalAxes(Arrays.copyOf(basis, count), Arrays.copyOf(values, count));
  }

  private static double[][] times(double[][] matrix, double[][] basis, HostThreads threads) {
    double[][] image = new double[basis.length][];
    threads.parallel(
        basis.length,
        v -> {
          double[] product = new double[matrix.length];
          for (int i = 0; i < product.length; i++) {
            product[i] = dot(matrix[i], basis[v]);
          }
          image[v] = product;
        });
    return image;
  }

  /** Sums of the vectors with the weights of each row. */
  private static double[][] combined(double[][] vectors, double[][] weights, HostThreads threads) {
    double[][] sums = new double[weights.length][];
    threads.parallel(
        weights.length,
        v -> {
          double[] sum = new double[vectors[0].length];
          for (int u = 0; u < vectors.length; u++) {
            add(sum, weights[v][u], vectors[u]);
          }
          sums[v] = sum;
        });
    return sums;
  }

  /**
   * Gram and Schmidt's way, twice, since once leaves what rounding made of small remainders. A
   * vector of which nothing but rounding remains is set to zero: the matrix has no such direction.
   */
  private static void orthonormalise(double[][] basis) {
    for (int v = 0; v < basis.length; v++) {
      for (int pass = 0; pass < 2; pass++) {
        Unit.normalise(basis[v]);
        for (int u = 0; u < v; u++) {
          add(basis[v], -dot(basis[u], basis[v]), basis[u]);
        }
        if (dot(basis[v], basis[v]) < DEPENDENT * DEPENDENT) {
          Arrays.fill(basis[v], 0);
        }
      }
      Unit.normalise(basis[v]);
    }
  }

  private static void add(double[] sum, double factor, double[] vector) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * vector[i];
    }
  }

  /** Eight sums, which need not wait for each other. */
  private static double dot(double[] a, double[] b) {
    double[] sums = new double[8];
    int i = 0;
    for (; i + 8 <= a.length; i += 8) {
      for (int k = 0; k < 8; k++) {
        sums[k] += a[i + k] * b[i + k];
      }
    }
    double sum = 0;
    for (; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    for (double part : sums) {
      sum += part;
    }
    return sum;
  }

  /**
   * All eigenvalues of a small symmetric matrix, falling, by Jacobi's rotations.
   *
   * @param values the eigenvalues
   * @param vectors the eigenvectors, one a row
   */
  record Jacobi(double[] values, double[][] vectors) {
    private static final int SWEEPS = 60;

    static Jacobi of(double[][] a) {
      int n = a.length;
      double[][] v = new double[n][n];
      for (int i = 0; i < n; i++) {
        v[i][i] = 1;
      }
      for (int sweep = 0; sweep < SWEEPS && off(a) > 0; sweep++) {
        for (int p = 0; p < n; p++) {
          for (int q = p + 1; q < n; q++) {
            rotate(a, v, p, q);
          }
        }
      }
      Integer[] order = new Integer[n];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, (i, j) -> Double.compare(a[j][j], a[i][i]));
      double[] values = new double[n];
      double[][] vectors = new double[n][];
      for (int i = 0; i < n; i++) {
        values[i] = a[order[i]][order[i]];
        vectors[i] = v[order[i]];
      }
      return new Jacobi(values, vectors);
    }

    /** The largest element beside the diagonal, or 0 if rounding leaves nothing to be done. */
    private static double off(double[][] a) {
      double largest = 0;
      double diagonal = 0;
      for (int i = 0; i < a.length; i++) {
        diagonal = Math.max(diagonal, Math.abs(a[i][i]));
        for (int j = 0; j < i; j++) {
          largest = Math.max(largest, Math.abs(a[i][j]));
        }
      }
      return largest <= diagonal * 1e-15 ? 0 : largest;
    }

    private static void rotate(double[][] a, double[][] v, int p, int q) {
      if (a[p][q] == 0) {
        return;
      }
      double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
      double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
      double c = 1 / Math.sqrt(t * t + 1);
      double s = t * c;
      for (double[] row : a) {
        double left = row[p];
        double right = row[q];
        row[p] = c * left - s * right;
        row[q] = s * left + c * right;
      }
      turn(a, p, q, c, s);
      turn(v, p, q, c, s);
    }

    private static void turn(double[][] rows, int p, int q, double c, double s) {
      for (int k = 0; k < rows.length; k++) {
        double upper = rows[p][k];
        double lower = rows[q][k];
        rows[p][k] = c * upper - s * lower;
        rows[q][k] = s * upper + c * lower;
      }
    }
  }
}
