package org.vgg4j.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Subset;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.descriptor.LittleMemory;
import org.vgg4j.descriptor.Pooling;
import org.vgg4j.evaluate.NpyHeader;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

class EmbeddingTest {
  private static final int IMAGES = 200; // blocks of 64
  private static final BooleanSupplier NEVER = () -> false;
  private static final Embedding.Computer COMPUTER =
      new Embedding.Computer("model", "0123", "kernels", "fp32");
  private static final UnreadableLimit SOME = new UnreadableLimit(0, 5);

  @TempDir Path root;
  private final ModelFile model = TestModels.random(Configuration.A, "a", "b");
  private final AtomicInteger read = new AtomicInteger();
  private Engine engine;
  private Network network;
  private Path file;

  @BeforeEach
  void open() {
    engine = Engines.open(Device.CPU, 2);
    network = engine.load(new Parameters(model.architecture(), model.arrays()));
    file = root.resolve("rows.npy");
  }

  @AfterEach
  void close() {
    engine.close();
  }

  /** Images of three sizes; two cannot be read. */
  private Dataset images(long seed) {
    TestDataset images = new TestDataset("a", "b");
    Random random = new Random(seed);
    for (int i = 0; i < IMAGES; i++) {
      int width = 36 + 4 * (i % 3);
      byte[] pixels = new byte[3 * width * 40];
      random.nextBytes(pixels);
      images.add(i % 2, new RgbImage(width, 40, pixels));
    }
    return images.beforeImage(
        index -> {
          read.incrementAndGet();
          if (index == 3 || index == 150) {
            throw new UnreadableImageException("test/" + index + " is damaged");
          }
        });
  }

  private Descriptors descriptors(DescriptorRecipe recipe) {
    return new Descriptors(engine.hostThreads(), network, model.preprocessing(), recipe, 16);
  }

  private Embedding.Result run(Dataset dataset, BooleanSupplier stop) {
    return run(dataset, DescriptorRecipe.paper(), COMPUTER, SOME, stop);
  }

  private Embedding.Result run(
      Dataset dataset,
      DescriptorRecipe recipe,
      Embedding.Computer computer,
      UnreadableLimit limit,
      BooleanSupplier stop) {
    read.set(0);
    try (Descriptors descriptors = descriptors(recipe)) {
      return new Embedding(engine.hostThreads(), descriptors, computer, limit)
          .run(dataset, file, stop, done -> {});
    }
  }

  private static BooleanSupplier after(int blocks) {
    AtomicInteger asked = new AtomicInteger();
    return () -> asked.getAndIncrement() >= blocks;
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private byte[] whole(Dataset dataset) throws IOException {
    run(dataset, NEVER);
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    Files.delete(DescriptorTable.beside(file));
    return bytes;
  }

  @Test
  void rowsAreTheReadableImagesInOrder() throws IOException {
    Dataset images = images(1);
    Embedding.Result result = run(images, NEVER);
    assertThat(result)
        .isEqualTo(
            new Embedding.Result(
                true, IMAGES, IMAGES - 2, 80, 0, List.of(images.id(3), images.id(150))));
    DescriptorTable table = DescriptorTable.read(file);
    assertThat(table.ids()).hasSize(IMAGES - 2).doesNotContain(images.id(3), images.id(150));
    assertThat(table.classNames()).containsExactly("a", "b");
    assertThat(table.labels()).startsWith(0, 1, 0, 0, 1).hasSize(IMAGES - 2);
    assertThat(DescriptorRecipe.of(table.recipe()))
        .isEqualTo(DescriptorRecipe.paper().withScales(List.of(36)));
    assertThat(table.recipe()).containsEntry("modelSha256", "0123");
    assertThat(table.dataFingerprint()).isEqualTo(images.fingerprint());
    assertThat(files()).containsExactly("rows.json", "rows.npy");

    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(NpyHeader.read(bytes, InputException::new)).isEqualTo(new NpyHeader(198, 80));
    try (Descriptors descriptors = descriptors(DescriptorRecipe.paper())) {
      for (int row : new int[] {0, 3, 148, 197}) {
        int index = Integer.parseInt(table.ids().get(row).substring("test/".length()));
        float[] alone = descriptors.compute(List.of(descriptors.rescale(images.image(index))))[0];
        for (int i = 0; i < 80; i++) {
          assertThat(bytes.getFloat(NpyHeader.BYTES + 4 * (80 * row + i)))
              .isCloseTo(alone[i], within(1e-5f));
        }
      }
    }
  }

  @Test
  void stoppedItContinuesAndEndsWithTheSameBytes() throws IOException {
    Dataset images = images(1);
    byte[] expected = whole(images);
    assertThat(run(images, after(1)).finished()).isFalse();
    assertThat(files()).containsExactly("rows.npy.log", "rows.npy.part");
    assertThat(read).hasValue(64);
    Embedding.Result more = run(images, after(1));
    assertThat(more.finished()).isFalse();
    assertThat(more.kept()).isEqualTo(63);
    assertThat(more.images()).isEqualTo(128);
    assertThat(read).hasValue(64);
    Embedding.Result last = run(images, NEVER);
    assertThat(last.finished()).isTrue();
    assertThat(last.kept()).isEqualTo(127);
    assertThat(read).hasValue(IMAGES - 128);
    assertThat(last.unreadable()).containsExactly("test/3", "test/150");
    assertThat(Files.readAllBytes(file)).isEqualTo(expected);
    assertThat(files()).containsExactly("rows.json", "rows.npy");
  }

  /** As a killed process or a power failure leaves them; n bytes less, or changed. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "rows cut 1",
        "rows cut 40",
        "rows cut 20000",
        "rows more 100",
        "rows flip 5",
        "log cut 1",
        "log cut 30",
        "log flip 3",
        "log more 12",
        "rows zero 300"
      })
  void damagedEndsAreComputedAgain(String damage) throws IOException {
    Dataset images = images(1);
    byte[] expected = whole(images);
    run(images, after(2));
    String[] words = damage.split(" ");
    Path damaged = root.resolve(words[0].equals("log") ? "rows.npy.log" : "rows.npy.part");
    damage(damaged, words[1], Integer.parseInt(words[2]));
    Embedding.Result result = run(images, NEVER);
    boolean more = words[1].equals("more");
    assertThat(read).hasValue(IMAGES - (more ? 128 : 64));
    assertThat(result.kept()).isEqualTo(more ? 127 : 63);
    assertThat(Files.readAllBytes(file)).isEqualTo(expected);
  }

  private static void damage(Path file, String how, int bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
      long at = channel.size() - bytes;
      switch (how) {
        case "cut" -> channel.truncate(at);
        case "more" -> channel.write(ByteBuffer.allocate(bytes), channel.size());
        case "zero" -> channel.write(ByteBuffer.allocate(bytes), at);
        default -> channel.write(ByteBuffer.wrap(new byte[] {'#'}), at);
      }
    }
  }

  @Test
  void whatTheRowsDependOnMustBeTheSame() throws IOException {
    Dataset images = images(1);
    run(images, after(1));
    Dataset fewer = new Subset(images, "fewer", IntStream.range(0, 100).toArray());
    DescriptorRecipe recipe = DescriptorRecipe.paper();
    assertOther("recipe", () -> run(images, recipe.withMirrorImages(false), COMPUTER, SOME, NEVER));
    assertOther(
        "recipe", () -> run(images, recipe.withPooling(Pooling.max()), COMPUTER, SOME, NEVER));
    assertOther("set of images", () -> run(fewer, recipe, COMPUTER, SOME, NEVER));
    Embedding.Computer other = new Embedding.Computer("model", "4567", "kernels", "fp32");
    assertOther("model", () -> run(images, recipe, other, SOME, NEVER));
    Embedding.Computer rounded = new Embedding.Computer("model", "0123", "kernels", "bf16");
    assertOther("form of the weights", () -> run(images, recipe, rounded, SOME, NEVER));
    // the model may lie elsewhere
    Embedding.Computer moved = new Embedding.Computer("there", "0123", "kernels", "fp32");
    assertThat(run(images, recipe, moved, SOME, NEVER).kept()).isEqualTo(63);
  }

  private void assertOther(String what, ThrowingCallable run) throws IOException {
    assertThatThrownBy(run)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("an interrupted run with another " + what + " (")
        .hasMessageContaining("delete " + root.resolve("rows.npy.part") + " to begin anew");
    assertThat(files()).containsExactly("rows.npy.log", "rows.npy.part");
  }

  @Test
  void anOlderFileStaysUntilTheNewOneIsComplete() throws IOException {
    Dataset images = images(1);
    byte[] first = whole(images);
    Files.write(file, first);
    run(images(2), after(2));
    assertThat(Files.readAllBytes(file)).isEqualTo(first);
    run(images(2), NEVER);
    assertThat(Files.readAllBytes(file)).isNotEqualTo(first).hasSameSizeAs(first);
  }

  @Test
  void tooManyUnreadableImagesEndIt() throws IOException {
    Dataset images = images(1);
    UnreadableLimit one = new UnreadableLimit(0, 1);
    DescriptorRecipe recipe = DescriptorRecipe.paper();
    assertThatThrownBy(() -> run(images, recipe, COMPUTER, one, NEVER))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("2 of the 200 images of test cannot be read")
        .hasMessageContaining("test/150");
    assertThat(read).hasValue(192);
    // what is there is kept for a run that passes over more
    assertThat(run(images, recipe, COMPUTER, SOME, NEVER).kept()).isEqualTo(127);
    assertThatThrownBy(() -> run(images, recipe, COMPUTER, UnreadableLimit.NONE, NEVER))
        .hasMessageContaining("1 of the 200 images");
    assertThat(files()).as("nothing was done").containsExactly("rows.json", "rows.npy");
  }

  @Test
  void aPictureTooElongatedForTheMemoryCountsAsUnreadable() {
    TestDataset images = new TestDataset("a", "b");
    for (int i = 0; i < 70; i++) {
      images.add(0, TestImages.noise(i == 66 ? 400 : 40, 40, i));
    }
    network = LittleMemory.of(network, 200);
    assertThat(run(images, NEVER).unreadable()).containsExactly(images.id(66));
    assertThatThrownBy(
            () -> run(images, DescriptorRecipe.paper(), COMPUTER, UnreadableLimit.NONE, NEVER))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(images.id(66))
        .hasMessageContaining("it is too elongated: the network needs much memory");
  }

  @Test
  void oneFileOneWriter() {
    Dataset images = images(1);
    BooleanSupplier another =
        () -> {
          assertThatThrownBy(() -> run(images, NEVER))
              .isInstanceOf(InputException.class)
              .hasMessageStartingWith("another process is writing " + file);
          return true;
        };
    assertThat(run(images, another).finished()).isFalse();
  }

  @Test
  void tablesThatDoNotFitAreRefused() throws IOException {
    run(images(1), NEVER);
    Path table = DescriptorTable.beside(file);
    String text = Files.readString(table);
    byte[] rows = Files.readAllBytes(file);
    assertBroken(() -> Files.write(file, Arrays.copyOf(rows, rows.length - 1)), "is cut off");
    assertBroken(() -> Files.write(file, Arrays.copyOf(rows, 50)), "does not begin like one");
    assertBroken(() -> Files.write(file, new byte[] {1, 2}), "too short");
    Files.write(file, rows);
    for (String[] change :
        new String[][] {
          {"\"test/1\", ", "", "labels do not fit"},
          {"\"dimensions\" : 80", "\"dimensions\" : 81", "its shape is not"},
          {"\"labels\" : [ 0", "\"labels\" : [ 2", "labels do not fit"},
          {"\"labels\" : [ 0", "\"labels\" : [ -1", "labels do not fit"},
          {"\"ids\"", "\"names\"", ""},
          {"}", "", ""}
        }) {
      assertThat(text).contains(change[0]);
      assertBroken(
          () -> Files.writeString(table, text.replaceFirst(Pattern.quote(change[0]), change[1])),
          change[2]);
    }
    Files.delete(table);
    assertThatThrownBy(() -> DescriptorTable.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("belongs beside the .npy");
  }

  private interface Change {
    Object make() throws IOException;
  }

  private void assertBroken(Change change, String detail) throws IOException {
    assertThat(change.make()).isNotNull();
    assertThatThrownBy(() -> DescriptorTable.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("holds no descriptors of vgg4j (")
        .hasMessageContaining(detail);
  }
}
