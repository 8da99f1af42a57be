package org.vgg4j.evaluate;

import org.jspecify.annotations.Nullable;
import org.vgg4j.model.Architecture;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.views.View;
import org.vgg4j.views.ViewOutputs;

/** Counts what a network has evaluated: windows, work, and the sizes of class score maps. */
final class LookedAt {
  private final Architecture architecture;
  private final long multiplyAddsOfCrop;
  private long windows;
  private long multiplyAdds;
  private @Nullable MapSize smallest;
  private @Nullable MapSize largest;

  /** A class score map. */
  private record MapSize(int rows, int columns) {
    int area() {
      return rows * columns;
    }

    @Override
    public String toString() {
      return rows + "x" + columns;
    }
  }

  /** Starts at zero. */
  LookedAt(Architecture architecture) {
    this.architecture = architecture;
    this.multiplyAddsOfCrop = architecture.multiplyAdds();
  }

  void add(View view, ViewOutputs outputs) {
    windows += (long) outputs.rows() * outputs.columns();
    if (view.whole()) {
      multiplyAdds += architecture.multiplyAdds(view.height(), view.width());
      note(new MapSize(outputs.rows(), outputs.columns()));
    } else {
      multiplyAdds += multiplyAddsOfCrop;
    }
  }

  private void note(MapSize size) {
    smallest = smallest == null || size.area() < smallest.area() ? size : smallest;
    largest = largest == null || size.area() > largest.area() ? size : largest;
  }

  /** Adds the counts of the other processes of a group, which call this at the same time. */
  void gather(ProcessGroup group) {
    double[] counts = {windows, multiplyAdds};
    group.allReduce(counts);
    windows = (long) counts[0];
    multiplyAdds = (long) counts[1];
    double[] sizes = new double[4 * group.size()]; // each process fills its own part
    if (smallest != null && largest != null) {
      int at = 4 * group.rank();
      sizes[at] = smallest.rows();
      sizes[at + 1] = smallest.columns();
      sizes[at + 2] = largest.rows();
      sizes[at + 3] = largest.columns();
    }
    group.allReduce(sizes);
    for (int i = 0; i < sizes.length; i += 2) {
      if (sizes[i] > 0) {
        note(new MapSize((int) sizes[i], (int) sizes[i + 1]));
      }
    }
  }

  double windowsPerImage(int images) {
    return (double) windows / images;
  }

  /** Multiply-adds of an image, as a multiple of those of a centre crop. */
  double relativeCost(int images) {
    return (double) multiplyAdds / images / multiplyAddsOfCrop;
  }

  /** Rows x columns of the smallest class score map; 1x1 for crops. */
  String smallestMap() {
    return smallest == null ? "1x1" : smallest.toString();
  }

  /** Rows x columns of the largest class score map; 1x1 for crops. */
  String largestMap() {
    return largest == null ? "1x1" : largest.toString();
  }
}
