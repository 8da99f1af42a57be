package org.vgg4j.data.loading;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.vgg4j.base.RandomStream;
import org.vgg4j.model.Rgb;

/**
 * The principal components of the colours of a data set's pixels, along which training shifts the
 * colour of whole images (Krizhevsky et al. 2012, section 4.1, which the paper adopts): {@code [p1
 * p2 p3] [a1 l1, a2 l2, a3 l3]}, where the a are drawn again each time an image is used.
 *
 * <p>Neither paper states the units of the eigenvalues l. With those of pixels in 0..255 a shift
 * would leave the range of colours; like most others, we take those of pixels in [0, 1].
 *
 * @param axes the components, in descending order of their eigenvalues
 */
public record ColorPca(List<Axis> axes) {
  /**
   * One component. Of a vector and its negative, the one whose largest component is positive is
   * taken.
   *
   * @param eigenvalue variance along the axis, of pixels in [0, 1]
   * @param red component of the unit vector
   * @param green component of the unit vector
   * @param blue component of the unit vector
   */
  public record Axis(double eigenvalue, double red, double green, double blue) {}

  private static final int CHANNELS = 3;

  /** Jacobi's method converges quadratically: a 3x3 matrix needs about six sweeps. */
  private static final int SWEEPS = 30;

  /** Copies the list. */
  public ColorPca {
    axes = List.copyOf(axes);
  }

  /**
   * Decomposes a covariance matrix by Jacobi's rotations.
   *
   * @param covariance [3][3], symmetric, of red, green and blue in [0, 1]; not changed
   */
  public static ColorPca of(double[][] covariance) {
    double[][] matrix = new double[CHANNELS][];
    double[][] vectors = new double[CHANNELS][CHANNELS];
    for (int i = 0; i < CHANNELS; i++) {
      matrix[i] = covariance[i].clone();
      vectors[i][i] = 1;
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int p = 0; p < CHANNELS - 1; p++) {
        for (int q = p + 1; q < CHANNELS; q++) {
          rotate(matrix, vectors, p, q);
        }
      }
    }
    List<Axis> axes = new ArrayList<>();
    for (int k = 0; k < CHANNELS; k++) {
      axes.add(axis(matrix[k][k], vectors[0][k], vectors[1][k], vectors[2][k]));
    }
    axes.sort(Comparator.comparingDouble(Axis::eigenvalue).reversed());
    return new ColorPca(axes);
  }

  /** Rotates the plane of axes p and q so that element (p, q) becomes zero. */
  private static void rotate(double[][] matrix, double[][] vectors, int p, int q) {
    if (matrix[p][q] == 0) {
      return;
    }
    double theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
    double tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + StrictMath.sqrt(theta * theta + 1));
    double cosine = 1 / StrictMath.sqrt(tangent * tangent + 1);
    double sine = tangent * cosine;
    for (int k = 0; k < CHANNELS; k++) {
      double kp = matrix[k][p];
      double kq = matrix[k][q];
      matrix[k][p] = cosine * kp - sine * kq;
      matrix[k][q] = sine * kp + cosine * kq;
    }
    for (int k = 0; k < CHANNELS; k++) {
      double pk = matrix[p][k];
      double qk = matrix[q][k];
      matrix[p][k] = cosine * pk - sine * qk;
      matrix[q][k] = sine * pk + cosine * qk;
      double vp = vectors[k][p];
      double vq = vectors[k][q];
      vectors[k][p] = cosine * vp - sine * vq;
      vectors[k][q] = sine * vp + cosine * vq;
    }
    matrix[p][q] = 0;
    matrix[q][p] = 0;
  }

  private static Axis axis(double eigenvalue, double red, double green, double blue) {
    double largest = red;
    for (double part : new double[] {green, blue}) {
      largest = Math.abs(part) > Math.abs(largest) ? part : largest;
    }
    double sign = largest < 0 ? -1 : 1;
    return new Axis(Math.max(0, eigenvalue), sign * red, sign * green, sign * blue);
  }

  /**
   * Draws a shift.
   *
   * @param random gives the a, in the order of the axes
   * @param std standard deviation of the a; 0.1 in the paper
   * @return what to add to each channel, of pixels in 0..255
   */
  Rgb draw(RandomStream random, double std) {
    double red = 0;
    double green = 0;
    double blue = 0;
    for (Axis axis : axes) {
      double along = random.nextGaussian() * std * axis.eigenvalue() * 255;
      red += along * axis.red();
      green += along * axis.green();
      blue += along * axis.blue();
    }
    return new Rgb((float) red, (float) green, (float) blue);
  }
}
