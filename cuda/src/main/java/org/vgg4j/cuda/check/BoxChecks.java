package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vgg4j.cuda.kernels.BoxComparison;
import org.vgg4j.cuda.kernels.Loss;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.Learner;

/** Checks of the loss of boxes, beside what the CPU computes of the same outputs in doubles. */
final class BoxChecks {
  private static final float SCALE = 1f / 8;

  private static final int IMAGES = 7;

  private static final int CLASSES = 600;
  private static final int[] LABELS = {0, 1, 599, 257, 256, 513, 3};

  private BoxChecks() {}

  static List<KernelCheck> all() {
    List<KernelCheck> checks = new ArrayList<>();
    for (BoxLoss loss : BoxLoss.values()) {
      for (Task form : List.of(Task.SINGLE_BOX, Task.BOX_PER_CLASS)) {
        String name = loss.label() + " " + form.label();
        for (Precision p : Precision.values()) {
          double map = p == Precision.BF16 ? 4e-3 : 1e-5;
          checks.add(
              new KernelCheck(
                  "box loss' gradient, %s, %s".formatted(name, p),
                  map,
                  values -> new Trial(values, loss, form).gradient(p)));
        }
        checks.add(
            new KernelCheck(
                "box loss, right, " + name,
                1e-12,
                values -> new Trial(values, loss, form).totals()));
      }
    }
    return checks;
  }

  /** Outputs and true boxes, and what the CPU makes of them. */
  private static final class Trial {
    private final DeviceValues values;
    private final BoxLoss loss;
    private final Task form;
    private final int outputs;
    private final int padded;
    private final double[] found;
    private final CropBox[] truths = new CropBox[IMAGES];

    Trial(DeviceValues values, BoxLoss loss, Task form) {
      this.values = values;
      this.loss = loss;
      this.form = form;
      this.outputs = form == Task.SINGLE_BOX ? Task.BOX : Task.BOX * CLASSES;
      this.padded = MapShape.padded(outputs);
      this.found = values.random((long) IMAGES * padded, 1);
      for (int n = 0; n < IMAGES; n++) {
        double[] random = values.random(Task.BOX, 0.2);
        truths[n] =
            new CropBox(
                0.5 + random[0],
                0.5 + random[1],
                0.1 + Math.abs(random[2]),
                0.6 + Math.abs(random[3]));
        Arrays.fill(found, n * padded + outputs, (n + 1) * padded, Double.NaN);
      }
      set(1, truths[1].code()); // the same box
      set(2, new double[] {9, 9, 1, 1}); // far away
      set(3, new double[] {0, 0, -5, -4}); // no area
      double[] near = truths[4].code();
      near[2] += 0.1; // not the same, but right
      set(4, near);
      truths[5] = new CropBox(0.5, 0.5, 0.5, 0.5);
      set(5, new double[] {0, 0, 2, 0}); // twice as wide, which is just right
    }

    /** The outputs of the box of an image's class; they become floats. */
    private void set(int image, double[] code) {
      for (int i = 0; i < Task.BOX; i++) {
        found[at(image) + i] = (float) code[i];
      }
    }

    private int at(int image) {
      return image * padded + form.boxOf(LABELS[image]);
    }

    private int[] boxes() {
      int[] ints = new int[BoxComparison.INTS * IMAGES];
      for (int n = 0; n < IMAGES; n++) {
        CropBox box = truths[n];
        BoxComparison.box(
            box.centerX(), box.centerY(), box.width(), box.height(), ints, BoxComparison.INTS * n);
      }
      return ints;
    }

    private void compare(long outputsAt, Planes gradient, long totals, boolean add) {
      new BoxComparison(values.library(), outputs, loss == BoxLoss.GIOU)
          .compare(
              values.stream(),
              IMAGES,
              outputsAt,
              values.ints(LABELS),
              oddly(boxes()),
              SCALE,
              gradient,
              totals,
              add,
              values.room(Loss.workspace(IMAGES)));
    }

    /** At an address that is no multiple of 8, as it may be behind images. */
    private long oddly(int[] ints) {
      int[] more = new int[ints.length + 1];
      System.arraycopy(ints, 0, more, 1, ints.length);
      return values.ints(more) + Integer.BYTES;
    }

    private float[] outputsAsFloats() {
      float[] floats = new float[found.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) found[i];
      }
      return floats;
    }

    /** With numbers only, and with an output that is none. */
    double gradient(Precision precision) {
      double error = gradientError(precision);
      found[at(6) + 2] = Double.NaN;
      return Math.max(error, gradientError(precision));
    }

    private double gradientError(Precision precision) {
      Planes gradient = values.room((long) IMAGES * padded, precision);
      compare(values.floats(found), gradient, values.room(16), false);
      float[] floats = outputsAsFloats();
      double[] wanted = new double[IMAGES * padded];
      for (int n = 0; n < IMAGES; n++) {
        double[] ofBox = new double[Task.BOX];
        double unused = loss.compare(floats, at(n), truths[n], ofBox);
        for (int i = 0; i < Task.BOX; i++) {
          wanted[at(n) + i] = ofBox[i] * SCALE;
        }
      }
      return Errors.largest(values.read(gradient, wanted.length), wanted);
    }

    /** Two micro-batches: the second is added; then one whose loss is no number. */
    double totals() {
      long at = values.floats(found);
      long totals = values.room(16);
      Planes gradient = values.room((long) IMAGES * padded, Precision.BF16);
      compare(at, gradient, totals, false);
      compare(at, gradient, totals, true);
      double sum = 0;
      double right = 0;
      for (int n = 0; n < IMAGES; n++) {
        float[] floats = outputsAsFloats();
        sum += 2 * loss.compare(floats, at(n), truths[n], new double[Task.BOX]);
        double overlap = CropBox.decode(floats, at(n)).overlap(truths[n]);
        right += overlap >= Learner.OVERLAP ? 2 : 0;
      }
      double error = Errors.largest(values.readDoubles(totals, 2), new double[] {sum, right});
      found[at(4) + 1] = Double.NaN; // which was right
      compare(values.floats(found), gradient, totals, false);
      double[] without = {Double.NaN, right / 2 - 1};
      return Math.max(error, Errors.largest(values.readDoubles(totals, 2), without));
    }
  }
}
