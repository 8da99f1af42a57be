package org.vgg4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.descriptor.LittleMemory;
import org.vgg4j.descriptor.Pooling;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

/** What interrupted runs leave to others, and files that cannot be used. */
class IndexBuilderTest {
  private static final int IMAGES = 40; // blocks of 32
  private static final int ALL = 100;
  private static final DescriptorRecipe PAPER = DescriptorRecipe.paper();

  @TempDir Path root;
  private final ModelFile model = TestModels.random(Configuration.A, "a", "b");
  private final List<Integer> progress = new ArrayList<>();
  private Engine engine;
  private Network network;
  private Path photos;
  private Path index;
  private Path part;

  @BeforeEach
  void open() throws IOException {
    engine = Engines.open(Device.CPU, 2);
    network = engine.load(new Parameters(model.architecture(), model.arrays()));
    photos = Files.createDirectories(root.resolve("photos")).toRealPath();
    index = root.resolve("photos.index");
    part = root.resolve("photos.index.part");
    for (int i = 0; i < IMAGES; i++) {
      picture(i + ".png", 40, 50, i);
    }
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private void picture(String name, int width, int height, int seed) throws IOException {
    Files.write(photos.resolve(name), TestImages.noise(width, height, seed).toPng());
  }

  private IndexBuilder.Result run(int blocks) {
    return run(network, PAPER, "/model", "ab", 0, blocks);
  }

  /**
   * Runs it.
   *
   * @param kept numbers of a whitened row; 0: not whitened
   * @param blocks after which it is interrupted
   */
  private IndexBuilder.Result run(
      Network network, DescriptorRecipe recipe, String file, String digest, int kept, int blocks) {
    progress.clear();
    try (Descriptors descriptors =
        new Descriptors(engine.hostThreads(), network, model.preprocessing(), recipe, 16)) {
      int described = descriptors.dimensions();
      IndexHeader header =
          new IndexHeader(
              photos.toString(),
              file,
              digest.repeat(32),
              descriptors.recipe().asMap(),
              described,
              kept == 0 ? described : kept,
              kept > 0);
      return new IndexBuilder(engine.hostThreads(), descriptors, header, index)
          .run(() -> progress.size() >= blocks, (done, of) -> progress.add(done));
    }
  }

  @Test
  void workOfOtherOptionsIsNotThrownAway() throws IOException {
    assertThat(run(1).finished()).isFalse();
    byte[] work = Files.readAllBytes(part);
    assertThatThrownBy(() -> run(network, PAPER.withPooling(Pooling.max()), "/model", "ab", 0, ALL))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s has the work of an interrupted run with another recipe (fc7, average, Q = 36, now"
                    .formatted(part)
                + " fc7, max, Q = 36): give the same, or delete that file to begin anew");
    assertThatThrownBy(() -> run(network, PAPER, "/model", "cd", 0, ALL))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("an interrupted run with another model (abab");
    assertThat(part).hasBinaryContent(work);
    Files.delete(part);
    assertThat(run(network, PAPER, "/model", "cd", 0, ALL).finished()).isTrue();
  }

  /** Descriptors are kept as the network makes them, so these options concern the index alone. */
  @Test
  void whiteningAndAMovedModelContinueTheSameWork() {
    assertThat(run(1).finished()).isFalse();
    assertThat(run(network, PAPER, "/moved", "ab", 5, ALL).finished()).isTrue();
    assertThat(progress).containsExactly(IMAGES);
    assertThat(SearchIndex.open(index).header().kept()).isEqualTo(5);
    assertThat(part).doesNotExist();
  }

  /** Files whose rows were to come from an index that is gone are described. */
  @Test
  void anIndexThatVanishesDuringTheWorkIsMadeAnew() throws IOException {
    run(ALL);
    for (int i = 0; i < IMAGES; i++) {
      Files.copy(photos.resolve(i + ".png"), photos.resolve("again" + i + ".png"));
    }
    assertThat(run(1).finished()).isFalse();
    Files.delete(index);
    assertThat(run(ALL).images()).isEqualTo(2 * IMAGES);
    byte[] made = Files.readAllBytes(index);
    Files.delete(index);
    run(ALL);
    assertThat(index).hasBinaryContent(made);
  }

  @Test
  void tooManyComponentsAreRefusedBeforeAnyImageIsDescribed() {
    assertThatThrownBy(() -> run(network, PAPER, "/model", "ab", IMAGES, ALL))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option pca is 40, but 40 images with descriptors of 80 numbers");
    assertThat(progress).isEmpty();
    assertThat(part).doesNotExist();
  }

  @Test
  void aPictureTooElongatedForTheMemoryIsPassedOver() throws IOException {
    picture("long.png", 400, 40, 1);
    Network little = LittleMemory.of(network, 200);
    IndexBuilder.Result result = run(little, PAPER, "/model", "ab", 0, ALL);
    assertThat(result.finished()).isTrue();
    assertThat(result.images()).isEqualTo(IMAGES);
    assertThat(result.unreadable())
        .containsOnlyKeys("long.png")
        .containsValue("it is too elongated: the network needs much memory");
  }

  /** Passing over each picture would end with an index of none. */
  @Test
  void memoryForNoPictureEndsTheRun() {
    Network none = LittleMemory.of(network, 10);
    assertThatThrownBy(() -> run(none, PAPER, "/model", "ab", 0, ALL))
        .isInstanceOf(InputException.class)
        .hasMessage("the network needs much memory");
  }

  @Test
  void aNameInAnotherEncodingIsToldOf() throws Exception {
    Process process =
        new ProcessBuilder("sh", "-c", "mv 2.png $(printf 'caf\\351').png; echo >$(printf '\\334')")
            .directory(photos.toFile())
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isZero();
    assertThatThrownBy(() -> run(ALL))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("the name of " + photos.resolve("caf"))
        .hasMessageContaining("characters that are not UTF-8: rename it");
  }
}
