package org.vgg4j.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.network.HostThreads;

/**
 * One query of all rows. The first pass reads their codes, which say between which bounds a cosine
 * lies; the second reads those rows in full whose upper bound reaches the best lower bounds. So the
 * result is that of reading all rows in full.
 */
final class Scan {
  /** Rows of a part, which is one task: a fixed number, so that threads change nothing. */
  private static final int PART = 1 << 14;

  /** Bytes of codes that are copied at a time: they stay in the second-level cache. */
  private static final int CHUNK = 1 << 17;

  private final SearchIndex index;
  private final float[] query;
  private final double[] exactQuery;
  private final double length;
  private final Kernels kernels = KernelLookup.get().kernels();

  /** What a part leaves: its best lower bounds, and the rows that may be among the best. */
  private record Part(float[] lower, int[] rows, float[] upper) {}

  Scan(SearchIndex index, float[] query) {
    this.index = index;
    this.query = query;
    this.exactQuery = new double[query.length];
    double sum = 0;
    for (int i = 0; i < query.length; i++) {
      exactQuery[i] = query[i];
      sum += exactQuery[i] * exactQuery[i];
    }
    this.length = Math.sqrt(sum);
  }

  List<Match> best(int top, HostThreads threads) {
    int count = index.count();
    Part[] parts = new Part[(count + PART - 1) / PART];
    threads.parallel(
        parts.length, p -> parts[p] = part(p * PART, Math.min(count, (p + 1) * PART), top));
    float least = least(parts, top);
    List<Match> found = new ArrayList<>();
    float[] row = new float[query.length];
    for (Part part : parts) {
      for (int i = 0; i < part.rows().length; i++) {
        if (part.upper()[i] >= least) {
          found.add(new Match(part.rows()[i], cosine(part.rows()[i], row)));
        }
      }
    }
    found.sort(Comparator.comparingDouble(Match::cosine).reversed().thenComparingInt(Match::row));
    return List.copyOf(found.subList(0, Math.min(top, found.size())));
  }

  /** The top-th best lower bound of all. */
  private static float least(Part[] parts, int top) {
    int all = Arrays.stream(parts).mapToInt(part -> part.lower().length).sum();
    float[] lower = new float[all];
    int at = 0;
    for (Part part : parts) {
      System.arraycopy(part.lower(), 0, lower, at, part.lower().length);
      at += part.lower().length;
    }
    Arrays.sort(lower);
    return all < top ? Float.NEGATIVE_INFINITY : lower[all - top];
  }

  private double cosine(int row, float[] values) {
    index.readRows(row, values, 1);
    return kernels.dot(values.length, values, 0, exactQuery, 0);
  }

  private Part part(int from, int to, int top) {
    int stride = query.length;
    int chunk = Math.max(1, CHUNK / stride);
    byte[] codes = new byte[chunk * stride + SearchIndex.LANES];
    float[] products = new float[chunk];
    Candidates candidates = new Candidates(top);
    for (int first = from; first < to; first += chunk) {
      int rows = Math.min(chunk, to - first);
      index.readCodes(first, codes, rows);
      kernels.productsOfCodes(rows, stride, codes, query, products);
      for (int r = 0; r < rows; r++) {
        float middle = products[r] * index.scale(first + r);
        float slack = (float) (index.slack(first + r) * length);
        candidates.add(first + r, middle - slack, middle + slack);
      }
    }
    return candidates.part();
  }

  /** The rows of a part that may be among the best. */
  private static final class Candidates {
    private final int top;
    private float[] lower = new float[16]; // falling
    private int held;
    private float least = Float.NEGATIVE_INFINITY;
    private int[] rows = new int[64];
    private float[] upper = new float[64];
    private int size;

    Candidates(int top) {
      this.top = top;
    }

    void add(int row, float low, float high) {
      if (!(high >= least)) {
        return;
      }
      if (low > least || held < top) {
        hold(low);
      }
      if (size == rows.length) {
        prune();
        if (size > rows.length / 2) {
          rows = Arrays.copyOf(rows, 2 * size);
          upper = Arrays.copyOf(upper, 2 * size);
        }
      }
      rows[size] = row;
      upper[size++] = high;
    }

    private void hold(float low) {
      if (held == lower.length && held < top) {
        lower = Arrays.copyOf(lower, Math.min(top, 2 * held));
      }
      int at = held < Math.min(top, lower.length) ? held++ : held - 1;
      for (; at > 0 && lower[at - 1] < low; at--) {
        lower[at] = lower[at - 1];
      }
      lower[at] = low;
      least = held == top ? lower[held - 1] : Float.NEGATIVE_INFINITY;
    }

    private void prune() {
      int kept = 0;
      for (int i = 0; i < size; i++) {
        if (upper[i] >= least) {
          rows[kept] = rows[i];
          upper[kept++] = upper[i];
        }
      }
      size = kept;
    }

    Part part() {
      prune();
      return new Part(
          Arrays.copyOf(lower, held), Arrays.copyOf(rows, size), Arrays.copyOf(upper, size));
    }
  }
}
