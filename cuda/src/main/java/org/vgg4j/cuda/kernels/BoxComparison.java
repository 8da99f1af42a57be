package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/**
 * The loss of boxes, see {@code box_loss.cu}. Outputs are floats {@code [images][padded]}, as
 * {@link Convolution#scores} leaves them.
 */
public final class BoxComparison {
  private static final int NUMBERS = 4;

  /** Ints of {@link #box}. */
  public static final int INTS = 2 * NUMBERS;

  private final KernelLibrary library;
  private final int outputs;
  private final boolean generalised;

  /**
   * @param outputs 4 numbers of a box for each class, or of one box for all classes
   * @param generalised whether the loss is 1 minus the generalised intersection over union, and not
   *     half the sum of squared differences
   */
  public BoxComparison(KernelLibrary library, int outputs, boolean generalised) {
    this.library = library;
    this.outputs = outputs;
    this.generalised = generalised;
  }

  /**
   * Writes a true box as the kernel reads it, in shares of the crop's side.
   *
   * @param to gets it from the index on
   */
  public static void box(
      double centerX, double centerY, double width, double height, int[] to, int at) {
    Halves.put(to, at, centerX, centerY, width, height);
  }

  /**
   * Computes the loss and its gradient with respect to the outputs.
   *
   * @param found address of the outputs
   * @param labels address of ints {@code [images]}: the classes of the boxes
   * @param boxes address of a {@link #box} for each image
   * @param gradientScale factor of the gradient
   * @param gradient {@code [images][1][1][padded]}, overwritten
   * @param totals two doubles: the sum of the losses, and how many boxes are right; written, or
   *     added to
   * @param workspace as that of {@link Loss}
   */
  public void compare(
      CudaStream stream,
      int images,
      long found,
      long labels,
      long boxes,
      float gradientScale,
      Planes gradient,
      long totals,
      boolean add,
      long workspace) {
    library
        .kernel("box_loss", "box_loss")
        .launch(
            stream,
            images,
            1,
            1,
            KernelLibrary.THREADS,
            0,
            found,
            labels,
            boxes,
            outputs == NUMBERS ? 0 : 1,
            generalised ? 1 : 0,
            gradientScale,
            gradient.high(),
            gradient.low(),
            workspace,
            workspace + 8L * images,
            MapShape.padded(outputs));
    Loss.sum(library, stream, images, totals, add, workspace);
  }
}
