package org.vgg4j.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.network.HostThreads;

/**
 * Groups of images that are nearly the same: two images whose cosine reaches a threshold are in one
 * group, and so are those that a chain of such pairs links. All pairs are looked at, by codes first
 * (see {@link Scan}), so that time grows with the square of the images. Not thread-safe.
 */
public final class Duplicates {
  /** Images that are compared with others at a time. */
  private static final int QUERIES = 64;

  /** Bytes of codes that are copied at a time. */
  private static final int CHUNK = 1 << 17;

  private final SearchIndex index;
  private final double threshold;
  private final Kernels kernels = KernelLookup.get().kernels();
  private final int[] parent;

  /**
   * @param threshold least cosine of a pair, more than 0, at most 1
   * @throws InputException if it is out of its range
   */
  public Duplicates(SearchIndex index, double threshold) {
    this.index = index;
    this.threshold = requireThreshold(threshold);
    this.parent = new int[index.count()];
    Arrays.setAll(parent, row -> row);
  }

  /**
   * Requires a cosine that tells images apart.
   *
   * @throws InputException if it is not more than 0, and at most 1
   */
  public static double requireThreshold(double threshold) {
    if (!(threshold > 0 && threshold <= 1)) {
      throw new InputException(
          "option threshold is " + threshold + " but must be more than 0, and at most 1");
    }
    return threshold;
  }

  /**
   * Finds the groups.
   *
   * @param stop asked now and then whether to stop
   * @param done receives how many images were compared with all later ones
   * @return the groups of two or more, in the order of their first images; of each, its images in
   *     order, with the cosine to the first. Empty if it was stopped
   */
  public List<List<Match>> groups(HostThreads threads, BooleanSupplier stop, IntConsumer done) {
    int tasks = (index.count() + QUERIES - 1) / QUERIES;
    int round = 4 * threads.count();
    for (int first = 0; first < tasks; first += round) {
      if (stop.getAsBoolean()) {
        return List.of();
      }
      int from = first;
      int some = Math.min(round, tasks - first);
      threads.parallel(some, task -> compare((from + task) * QUERIES));
      done.accept(Math.min(index.count(), (first + some) * QUERIES));
    }
    Map<Integer, List<Match>> groups = new TreeMap<>();
    for (int row = 0; row < parent.length; row++) {
      groups.computeIfAbsent(root(row), key -> new ArrayList<>()).add(new Match(row, 1));
    }
    return groups.values().stream()
        .filter(group -> group.size() > 1)
        .map(this::withCosines)
        .toList();
  }

  private List<Match> withCosines(List<Match> group) {
    double[] first = wide(row(group.get(0).row()));
    return group.stream()
        .map(match -> new Match(match.row(), cosine(first, row(match.row()))))
        .toList();
  }

  private float[] row(int number) {
    float[] row = new float[index.stride()];
    index.readRows(number, row, 1);
    return row;
  }

  private static double[] wide(float[] row) {
    double[] values = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      values[i] = row[i];
    }
    return values;
  }

  private double cosine(double[] query, float[] row) {
    return kernels.dot(row.length, row, 0, query, 0);
  }

  /** Compares some rows with themselves and all later ones. */
  private void compare(int from) {
    int stride = index.stride();
    int queries = Math.min(QUERIES, index.count() - from);
    float[][] rows = new float[queries][];
    for (int q = 0; q < queries; q++) {
      rows[q] = row(from + q);
    }
    int chunk = Math.max(1, CHUNK / stride);
    byte[] codes = new byte[chunk * stride + SearchIndex.LANES];
    float[] products = new float[chunk];
    for (int first = from; first < index.count(); first += chunk) {
      int count = Math.min(chunk, index.count() - first);
      index.readCodes(first, codes, count);
      for (int q = 0; q < queries; q++) {
        kernels.productsOfCodes(count, stride, codes, rows[q], products);
        for (int r = Math.max(0, from + q + 1 - first); r < count; r++) {
          float middle = products[r] * index.scale(first + r);
          float slack = index.slack(first + r) * 1.00001f; // rows' lengths are 1, but for rounding
          if (middle + slack >= threshold
              && (middle - slack >= threshold
                  || cosine(wide(rows[q]), row(first + r)) >= threshold)) {
            join(from + q, first + r);
          }
        }
      }
    }
  }

  private synchronized void join(int one, int other) {
    int a = root(one);
    int b = root(other);
    parent[Math.max(a, b)] = Math.min(a, b);
  }

  private int root(int row) {
    int at = row;
    while (parent[at] != at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  }
}
