package org.vgg4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.network.HostThreads;

/** The index as a file of rows: what is found in it, and what damage does. */
class SearchIndexTest {
  @TempDir Path root;

  private static IndexHeader header(int described, int kept) {
    return new IndexHeader(
        "/photos",
        "/model",
        "ab".repeat(32),
        DescriptorRecipe.paper().asMap(),
        described,
        kept,
        kept != described);
  }

  private static List<IndexedFile> images(int count) {
    List<IndexedFile> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(
          new IndexedFile("a b/%05d-\u00e9.jpg".formatted(i), i, 3L * i, "%064x".formatted(i)));
    }
    return images;
  }

  private static RowSource source(List<float[]> rows) {
    return new RowSource() {
      @Override
      public int count() {
        return rows.size();
      }

      @Override
      public void read(int row, float[] into) {
        System.arraycopy(rows.get(row), 0, into, 0, into.length);
      }
    };
  }

  private static float[] random(Random random, int width) {
    float[] descriptor = new float[width];
    for (int i = 0; i < width; i++) {
      descriptor[i] = (float) random.nextGaussian();
    }
    return descriptor;
  }

  private Path write(List<float[]> descriptors) {
    int width = descriptors.get(0).length;
    List<float[]> rows =
        descriptors.stream()
            .map(row -> SearchIndex.row(row, null, SearchIndex.stride(width)))
            .toList();
    Path file = root.resolve("index");
    IndexWriter.write(file, header(width, width), null, images(rows.size()), source(rows));
    return file;
  }

  /** All cosines in double precision, the best first, of equal ones the first row. */
  private static List<Match> naive(List<float[]> descriptors, float[] query, int top) {
    List<Match> all = new ArrayList<>();
    for (int row = 0; row < descriptors.size(); row++) {
      double[] sums = new double[3];
      for (int i = 0; i < query.length; i++) {
        double a = descriptors.get(row)[i];
        double b = query[i];
        sums[0] += a * b;
        sums[1] += a * a;
        sums[2] += b * b;
      }
      double size = Math.sqrt(sums[1] * sums[2]);
      all.add(new Match(row, size == 0 ? 0 : sums[0] / size));
    }
    all.sort(Comparator.comparingDouble(Match::cosine).reversed().thenComparingInt(Match::row));
    return all.subList(0, Math.min(top, all.size()));
  }

  /** Rows in clusters so close that codes alone would put them into another order. */
  @ParameterizedTest
  @CsvSource({"1, 5, 1", "40, 17, 50", "1500, 64, 10", "18000, 16, 25", "2500, 100, 700"})
  void whatIsFoundIsWhatComparingAllFinds(int count, int width, int top) {
    Random random = new Random(count);
    float[] centre = random(random, width);
    List<float[]> descriptors = new ArrayList<>();
    for (int row = 0; row < count; row++) {
      float[] descriptor = random(random, width);
      if (row % 3 == 0) {
        for (int i = 0; i < width; i++) {
          descriptor[i] = centre[i] + 0.003f * descriptor[i];
        }
      }
      descriptors.add(row % 7 == 6 ? descriptors.get(row - 3) : descriptor);
    }
    SearchIndex index = SearchIndex.open(write(descriptors));
    try (HostThreads one = new HostThreads(1);
        HostThreads three = new HostThreads(3)) {
      for (float[] query : List.of(centre, descriptors.get(count / 2), random(random, width))) {
        List<Match> found = index.search(query, top, one);
        List<Match> expected = naive(descriptors, query, top);
        assertThat(found).hasSize(Math.min(top, count));
        for (int i = 0; i < found.size(); i++) {
          assertThat(found.get(i).cosine()).isCloseTo(expected.get(i).cosine(), within(1e-6));
          if (i > 0) {
            Match before = found.get(i - 1);
            assertThat(before.cosine()).isGreaterThanOrEqualTo(found.get(i).cosine());
            if (before.cosine() == found.get(i).cosine()) {
              assertThat(before.row()).isLessThan(found.get(i).row());
            }
          }
        }
        assertThat(index.search(query, top, three)).isEqualTo(found);
      }
    }
  }

  @Test
  void nothingButZerosIsLikeAllAndCountsAsNothing() {
    List<float[]> descriptors =
        List.of(new float[] {0, 0, 0}, new float[] {1, 0, 0}, new float[] {-1, 0, 0});
    SearchIndex index = SearchIndex.open(write(descriptors));
    try (HostThreads threads = new HostThreads(1)) {
      assertThat(index.search(new float[3], 2, threads))
          .containsExactly(new Match(0, 0), new Match(1, 0));
      assertThat(index.search(new float[] {2, 0, 0}, 9, threads))
          .containsExactly(new Match(1, 1), new Match(0, 0), new Match(2, -1));
    }
  }

  @Test
  void namesSizesAndTimesAreKept() {
    Random random = new Random(1);
    List<float[]> descriptors = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      descriptors.add(random(random, 5));
    }
    SearchIndex index = SearchIndex.open(write(descriptors));
    assertThat(index.header()).isEqualTo(header(5, 5));
    for (int row = 0; row < 20; row++) {
      assertThat(index.image(row)).isEqualTo(images(20).get(row));
    }
  }

  /** Whatever byte is wrong, and wherever the file ends: a sentence, never a wrong result. */
  @Test
  void damageIsToldWhereverItIs() throws IOException {
    Random random = new Random(3);
    List<float[]> descriptors = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      descriptors.add(random(random, 20));
    }
    Path file = write(descriptors);
    byte[] whole = Files.readAllBytes(file);
    List<Integer> places = new ArrayList<>(List.of(8, 12, 16, 24, 33, whole.length - 1));
    for (int i = 0; i < 60; i++) {
      places.add(8 + random.nextInt(whole.length - 8));
    }
    try (HostThreads threads = new HostThreads(1)) {
      for (int place : places) {
        byte[] damaged = whole.clone();
        damaged[place] ^= 0x10;
        Files.write(file, damaged);
        assertThatThrownBy(() -> use(file, descriptors.get(0), threads))
            .as("byte %d", place)
            .isInstanceOf(InputException.class)
            .hasMessageContaining(file.toString())
            .hasMessageContaining("vgg index");
        Files.write(file, Arrays.copyOf(whole, place));
        assertThatThrownBy(() -> use(file, descriptors.get(0), threads))
            .as("cut at %d", place)
            .isInstanceOf(InputException.class)
            .hasMessageContaining("vgg index");
      }
    }
  }

  private static void use(Path file, float[] query, HostThreads threads) {
    SearchIndex index = SearchIndex.open(file);
    index.search(query, 5, threads);
  }

  @Test
  void anotherVersionAndOtherFilesAreRefused() throws IOException {
    Path file = write(List.of(new float[] {1, 2}));
    byte[] whole = Files.readAllBytes(file);
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 2);
    Files.write(file, whole);
    assertThatThrownBy(() -> SearchIndex.open(file))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the index %s has version 2 of its format, but this vgg4j reads version 1: delete it,"
                + " and make it again with vgg index",
            file);
    Path other = Files.writeString(root.resolve("other"), "no index, but long enough to be one");
    assertThatThrownBy(() -> SearchIndex.open(other))
        .hasMessageContaining("other is no index of vgg4j: give the file that vgg index");
    assertThatThrownBy(() -> SearchIndex.open(root.resolve("gone")))
        .hasMessageContaining("there is no such file");
  }

  /** Descriptors of known axes and variances: those are found, and rows are uncorrelated. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void whiteningFindsTheAxes(int threadCount) {
    Random random = new Random(5);
    double[] deviations = {4, 2, 1, 0.25, 0.125};
    List<float[]> descriptors = new ArrayList<>();
    for (int n = 0; n < 600; n++) {
      float[] row = new float[8];
      for (int k = 0; k < deviations.length; k++) {
        row[k] = (float) (deviations[k] * random.nextGaussian());
      }
      row[7] = 3;
      descriptors.add(row);
    }
    try (HostThreads threads = new HostThreads(threadCount)) {
      Whitening whitening = Whitening.learn(source(descriptors), 8, 3, threads);
      assertThat(whitening.kept()).isEqualTo(3);
      double[][] products = new double[3][3];
      double along = 0;
      for (float[] descriptor : descriptors) {
        double[] row = whitening.apply(descriptor);
        for (int a = 0; a < 3; a++) {
          for (int b = 0; b < 3; b++) {
            products[a][b] += row[a] * row[b] / 599;
          }
        }
        along += row[0] * descriptor[0] / 4 / 599;
      }
      assertThat(Math.abs(along)).isCloseTo(1, within(0.15));
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
          assertThat(products[a][b]).isCloseTo(a == b ? 1 : 0, within(1e-5));
        }
      }
      assertThat(
              Whitening.of(
                      ByteBuffer.wrap(whitening.toBytes()).order(ByteOrder.LITTLE_ENDIAN), 8, 3)
                  .toBytes())
          .isEqualTo(whitening.toBytes());
      assertThatThrownBy(() -> Whitening.learn(source(descriptors), 8, 6, threads))
          .hasMessage(
              "option pca is 6, but the descriptors of these images have only 5 independent"
                  + " directions: take no more");
      assertThatThrownBy(() -> Whitening.learn(source(descriptors.subList(0, 4)), 8, 4, threads))
          .hasMessageContaining(
              "option pca is 4, but 4 images with descriptors of 8 numbers have at most 3");
    }
  }

  @Test
  void groupsAreLinkedByPairsAndNothingElse() {
    Random random = new Random(9);
    List<float[]> descriptors = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      descriptors.add(random(random, 40));
    }
    for (int[] pair : new int[][] {{3, 399}, {3, 70}, {10, 11}, {200, 300}}) {
      float[] copy = descriptors.get(pair[0]).clone();
      copy[0] += 0.3f;
      descriptors.set(pair[1], copy);
    }
    SearchIndex index = SearchIndex.open(write(descriptors));
    try (HostThreads one = new HostThreads(1);
        HostThreads three = new HostThreads(3)) {
      List<List<Match>> groups = new Duplicates(index, 0.98).groups(one, () -> false, n -> {});
      assertThat(groups.stream().map(group -> group.stream().map(Match::row).toList()))
          .containsExactly(List.of(3, 70, 399), List.of(10, 11), List.of(200, 300));
      assertThat(groups.get(0)).allMatch(match -> match.cosine() > 0.98);
      assertThat(new Duplicates(index, 0.98).groups(three, () -> false, n -> {})).isEqualTo(groups);
      assertThat(new Duplicates(index, 0.98).groups(one, () -> true, n -> {})).isEmpty();
      assertThat(new Duplicates(index, 1e-9).groups(one, () -> false, n -> {}).get(0)).hasSize(400);
    }
    assertThatThrownBy(() -> new Duplicates(index, 1.5))
        .hasMessage("option threshold is 1.5 but must be more than 0, and at most 1");
  }

  @Test
  void unfinishedWorkHasOneWriter() {
    Path index = root.resolve("busy.index");
    Map<String, String> identity = Map.of("model", "a");
    try (Journal first = Journal.open(index, identity, 4)) {
      assertThat(first.all()).isEmpty();
      assertThatThrownBy(() -> Journal.open(index, identity, 4))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("another process is writing " + index);
    }
    try (Journal next = Journal.open(index, identity, 4)) {
      assertThat(next.all()).isEmpty();
    }
  }
}
