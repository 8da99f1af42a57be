package org.vgg4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.ImageEmbedder;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.weights.TestModels;

/** Search by image, with a model that is loaded for it or shared. */
class ImageSearchTest {
  private static final int IMAGES = 9;
  @TempDir static Path root;
  private static Path model;
  private static SearchIndex index;

  @BeforeAll
  static void writeIndex() {
    model = root.resolve("model.safetensors");
    TestModels.random(Configuration.C, "cat", "dog", "cow").write(model);
    List<float[]> rows = new ArrayList<>();
    List<IndexedFile> files = new ArrayList<>();
    try (ImageEmbedder embedder = ImageEmbedder.load(model)) {
      for (int i = 0; i < IMAGES; i++) {
        float[] descriptor = embedder.embed(image(i));
        rows.add(SearchIndex.row(descriptor, null, SearchIndex.stride(descriptor.length)));
        files.add(new IndexedFile("sub/" + i + ".png", 1, 2, "%064x".formatted(i)));
      }
      IndexHeader header =
          new IndexHeader(
              root.resolve("photos").toString(),
              model.toString(),
              FileDigest.sha256(model),
              DescriptorRecipe.paper().asMap(),
              embedder.dimensions(),
              embedder.dimensions(),
              false);
      Path file = root.resolve("photos.index");
      RowSource source =
          new RowSource() {
            @Override
            public int count() {
              return rows.size();
            }

            @Override
            public void read(int row, float[] into) {
              System.arraycopy(rows.get(row), 0, into, 0, into.length);
            }
          };
      IndexWriter.write(file, header, null, files, source);
      index = SearchIndex.open(file);
    }
  }

  private static RgbImage image(int seed) {
    return TestImages.noise(40 + 5 * seed, 50, seed);
  }

  private static ImageSearch open() {
    return ImageSearch.open(index, null, Device.CPU, 2);
  }

  @Test
  void anImageOfTheIndexFindsItself() {
    try (ImageSearch search = open()) {
      for (int i = 0; i < IMAGES; i++) {
        List<Match> matches = search.search(image(i), 3);
        assertThat(matches).hasSize(3);
        assertThat(matches.get(0).row()).isEqualTo(i);
        assertThat(matches.get(0).cosine()).isGreaterThan(0.99999);
        assertThat(index.path(matches.get(0).row()))
            .isEqualTo(root.resolve("photos/sub/" + i + ".png"));
      }
      assertThat(search.search(image(0), 100)).hasSize(IMAGES);
      assertThat(search.index().count()).isEqualTo(IMAGES);
      assertThatThrownBy(() -> search.search(image(0), 0))
          .isInstanceOf(InputException.class)
          .hasMessage("option top is 0 but must be at least 1");
    }
  }

  @Test
  void manyThreadsFindTheSame() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(6);
    try (ImageSearch search = open()) {
      List<List<Match>> expected =
          IntStream.range(0, IMAGES).mapToObj(i -> search.search(image(i), 4)).toList();
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 6 * IMAGES; i++) {
        int n = i % IMAGES;
        calls.add(
            callers.submit(
                () -> assertThat(search.search(image(n), 4)).isEqualTo(expected.get(n))));
      }
      for (Future<?> call : calls) {
        call.get();
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void anotherModelIsRefused() throws IOException {
    Path other = root.resolve("other.safetensors");
    byte[] bytes = Files.readAllBytes(model);
    bytes[bytes.length - 1] ^= 1;
    Files.write(other, bytes);
    Path gone = root.resolve("gone.safetensors");
    assertThatThrownBy(() -> ImageSearch.open(index, other, Device.CPU, 1))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "%s is not the model that made the index %s (%s, as it then was)",
            other, index.file(), model);
    assertThatThrownBy(() -> ImageSearch.open(index, gone, Device.CPU, 1))
        .isInstanceOf(InputException.class)
        .hasMessage("there is no file %s: check the path", gone);
  }

  @Test
  void closedItRefuses() {
    ImageSearch search = open();
    search.close();
    search.close();
    assertThatThrownBy(() -> search.search(image(1), 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this search was closed: open the index again");
  }

  /** Whoever waits while it is closed is refused, as later callers are. */
  @Test
  void closedWhileOthersSearch() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(4);
    try (ImageSearch search = open()) {
      List<Future<List<Match>>> calls = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int n = i % IMAGES;
        calls.add(callers.submit(() -> search.search(image(n), 1)));
      }
      search.close();
      for (Future<List<Match>> call : calls) {
        try {
          assertThat(call.get()).hasSize(1);
        } catch (ExecutionException e) {
          assertThat(e.getCause())
              .isInstanceOf(IllegalStateException.class)
              .hasMessage("this search was closed: open the index again");
        }
      }
    } finally {
      callers.shutdownNow();
    }
  }
}
