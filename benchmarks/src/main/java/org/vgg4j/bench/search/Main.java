package org.vgg4j.bench.search;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.network.HostThreads;
import org.vgg4j.search.IndexHeader;
import org.vgg4j.search.IndexWriter;
import org.vgg4j.search.IndexedFile;
import org.vgg4j.search.Match;
import org.vgg4j.search.SearchIndex;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmarks/search}: makes an index, or searches in it. */
@Command(name = "benchmarks/search", sortOptions = false)
final class Main implements Callable<Integer> {
  private static final int TOP = 10;
  private static final int WARM_UP = 20;

  @Option(names = "--folder", required = true)
  private Path folder = Path.of("");

  @Option(names = "--rows", required = true)
  private int rows;

  @Option(names = "--width", required = true)
  private int width;

  @Option(names = "--queries", defaultValue = "100")
  private int queries;

  @Option(names = "--threads", defaultValue = "0", description = "0: make the index")
  private int threads;

  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    if (threads == 0) {
      make();
    } else {
      search();
    }
    return 0;
  }

  /** The row that a query is near. */
  private int wanted(int query) {
    return (int) ((query + 0.5) / queries * rows);
  }

  /** Writes the index, and for others the same rows and the queries as plain floats. */
  private void make() throws IOException {
    Rows source = new Rows(rows, width);
    List<IndexedFile> images =
        new AbstractList<>() {
          @Override
          public IndexedFile get(int row) {
            return new IndexedFile("%09d.jpg".formatted(row), 1, 1, "0".repeat(64));
          }

          @Override
          public int size() {
            return rows;
          }
        };
    IndexHeader header =
        new IndexHeader(
            folder.toString(),
            "none",
            "none",
            DescriptorRecipe.paper().asMap(),
            width,
            width,
            false);
    IndexWriter.write(folder.resolve("index"), header, null, images, source);
    float[] row = new float[width];
    try (OutputStream out = open("rows")) {
      for (int r = 0; r < rows; r++) {
        source.read(r, row);
        out.write(bytes(row));
      }
    }
    try (OutputStream out = open("queries")) {
      for (int q = 0; q < queries; q++) {
        out.write(bytes(source.near(wanted(q))));
      }
    }
  }

  private OutputStream open(String name) throws IOException {
    return new BufferedOutputStream(Files.newOutputStream(folder.resolve(name)), 1 << 20);
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private void search() {
    long start = System.nanoTime();
    SearchIndex index = SearchIndex.open(folder.resolve("index"));
    double opened = milliseconds(start);
    Rows source = new Rows(rows, width);
    double[] times = new double[queries];
    double first = 0;
    int found = 0;
    try (HostThreads host = new HostThreads(threads)) {
      for (int q = -WARM_UP; q < queries; q++) {
        int wanted = wanted(Math.floorMod(q, queries));
        float[] query = source.near(wanted);
        start = System.nanoTime();
        List<Match> matches = index.search(query, TOP, host);
        double taken = milliseconds(start);
        if (q == -WARM_UP) {
          first = taken;
        }
        if (q >= 0) {
          times[q] = taken;
          found += matches.get(0).row() == wanted ? 1 : 0;
        }
      }
    }
    Arrays.sort(times);
    System.out.printf(
        Locale.ROOT,
        "vgg4j, %d thread(s): median %.1f ms, 90 %% within %.1f; opening %.0f ms, first query %.0f"
            + " ms, which checks the file; %d of %d found%n",
        threads,
        times[queries / 2],
        times[queries * 9 / 10],
        opened,
        first,
        found,
        queries);
  }

  private static double milliseconds(long start) {
    return (System.nanoTime() - start) / 1e6;
  }
}
