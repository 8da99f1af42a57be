package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/**
 * Soft-max, sigmoids and their cross-entropies, see {@code loss.cu}. Scores are floats {@code
 * [images][padded]}, as {@link Convolution#scores} leaves them.
 */
public final class Loss {
  private static final int SHARED = KernelLibrary.THREADS * Double.BYTES;

  private final KernelLibrary library;
  private final int classes;

  public Loss(KernelLibrary library, int classes) {
    this.library = library;
    this.classes = classes;
  }

  private int padded() {
    return MapShape.padded(classes);
  }

  /**
   * @param posteriors floats {@code [images][classes]}, overwritten
   */
  public void softmax(CudaStream stream, int images, long scores, long posteriors) {
    library
        .kernel("loss", "softmax")
        .launch(
            stream,
            images,
            1,
            1,
            KernelLibrary.THREADS,
            SHARED,
            scores,
            posteriors,
            classes,
            padded());
  }

  /** Bytes of the workspace of {@link #crossEntropy}, and of {@link BoxComparison}. */
  public static long workspace(int images) {
    return 16L * images;
  }

  /** Ints of {@link #common}. */
  public static int commonInts(int classes) {
    return 2 * (classes + 1);
  }

  /**
   * What all images' targets have in common, as the kernel reads it.
   *
   * @param ofClasses each class's
   * @param sum of these
   */
  public static int[] common(double[] ofClasses, double sum) {
    int[] ints = new int[commonInts(ofClasses.length)];
    Halves.put(ints, 0, ofClasses);
    Halves.put(ints, 2 * ofClasses.length, sum);
    return ints;
  }

  /**
   * Computes the loss and its gradient with respect to the scores.
   *
   * @param labels ints {@code [images][2]}
   * @param shares of these labels in the target: doubles {@code [images][2]}, as {@link Halves}
   * @param common what all images' targets have in common, as {@link #common} makes it; 0: nothing
   * @param gradientScale factor of the gradient
   * @param gradient {@code [images][1][1][padded]}, overwritten
   * @param totals two doubles: the sum of the losses in nats, and how many first labels have the
   *     largest score; written, or added to
   */
  public void crossEntropy(
      CudaStream stream,
      int images,
      long scores,
      long labels,
      long shares,
      long common,
      float gradientScale,
      Planes gradient,
      long totals,
      boolean add,
      long workspace) {
    long correct = workspace + 8L * images;
    library
        .kernel("loss", "softmax_cross_entropy")
        .launch(
            stream,
            images,
            1,
            1,
            KernelLibrary.THREADS,
            SHARED,
            scores,
            labels,
            shares,
            common,
            gradientScale,
            gradient.high(),
            gradient.low(),
            workspace,
            correct,
            classes,
            padded());
    sum(library, stream, images, totals, add, workspace);
  }

  /**
   * Computes the loss of images that may show several classes, and its gradient with respect to the
   * scores.
   *
   * @param targets floats {@code [images][classes]}, NaN where nothing is known
   * @param weights of the classes: doubles {@code [classes]}; 0: all count alike
   * @param gradientScale factor of the gradient
   * @param gradient {@code [images][1][1][padded]}, overwritten
   * @param totals two doubles: the sum of the losses in nats, and how many images have all known
   *     labels right; written, or added to
   */
  public void labelCrossEntropy(
      CudaStream stream,
      int images,
      long scores,
      long targets,
      long weights,
      float gradientScale,
      Planes gradient,
      long totals,
      boolean add,
      long workspace) {
    library
        .kernel("loss", "label_cross_entropy")
        .launch(
            stream,
            images,
            1,
            1,
            KernelLibrary.THREADS,
            SHARED,
            scores,
            targets,
            weights,
            gradientScale,
            gradient.high(),
            gradient.low(),
            workspace,
            workspace + 8L * images,
            classes,
            padded());
    sum(library, stream, images, totals, add, workspace);
  }

  /**
   * Sums what a kernel has found for each image.
   *
   * @param totals two doubles, written or added to
   * @param workspace the losses, doubles {@code [images]}, and behind them the same of 1 where an
   *     image is right and 0 where it is not
   */
  static void sum(
      KernelLibrary library,
      CudaStream stream,
      int images,
      long totals,
      boolean add,
      long workspace) {
    library
        .kernel("loss", "sum_losses")
        .launch(
            stream,
            1,
            1,
            1,
            KernelLibrary.THREADS,
            SHARED,
            workspace,
            workspace + 8L * images,
            images,
            totals,
            add ? 1 : 0);
  }
}
