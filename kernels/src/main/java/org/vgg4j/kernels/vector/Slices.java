package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.Workers;

/**
 * Partial sums, one slice per task, so that no task waits for another. The shape alone fixes their
 * number, and they are added in order whichever thread computed them.
 */
final class Slices {
  private static final int PART = 1 << 12;

  private Slices() {}

  /** Index of the first item of a slice. */
  static int first(int things, int slices, int slice) {
    return (int) ((long) things * slice / slices);
  }

  /**
   * Adds all slices to the first.
   *
   * @param values {@code [slices][length]}
   * @param length floats of a slice, a multiple of 16
   */
  static void reduce(float[] values, int length, int slices, Workers workers) {
    workers.run(
        (length + PART - 1) / PART,
        (task, scratch) -> {
          int from = task * PART;
          int end = Math.min(length, from + PART);
          for (int slice = 1; slice < slices; slice++) {
            add(values, from, end, slice * length);
          }
        });
  }

  private static void add(float[] values, int from, int end, int distance) {
    for (int i = from; i < end; i += LANES) {
      FloatVector.fromArray(SPECIES, values, i)
          .add(FloatVector.fromArray(SPECIES, values, i + distance))
          .intoArray(values, i);
    }
  }
}
