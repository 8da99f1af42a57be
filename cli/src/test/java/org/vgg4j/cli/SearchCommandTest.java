package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.image.RgbImage;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.search.IndexBuilder;
import org.vgg4j.search.IndexHeader;
import org.vgg4j.search.SearchIndex;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/** {@code vgg index} and {@code vgg search}. */
class SearchCommandTest {
  private static final FileTime THEN = FileTime.fromMillis(1_600_000_000_000L);

  @TempDir static Path shared;
  private static Path model;
  private static Path otherModel;

  @TempDir Path root;
  private Path photos;
  private Path index;

  @BeforeAll
  static void models() throws IOException {
    Trained trained = Trained.in(shared);
    model = trained.model();
    ModelFile file = Models.read(model);
    file.arrays().values().iterator().next()[0] += 1; // as if it had been trained on
    otherModel = shared.resolve("other.safetensors");
    file.write(otherModel);
  }

  @BeforeEach
  void photos() throws IOException {
    photos = root.resolve("photos");
    index = root.resolve("photos.index");
    for (int i = 0; i < 12; i++) {
      picture(photos.resolve("a/b").resolve(i + ".png"), i);
    }
  }

  /** Large blots of different colours, so that each has its own descriptor. */
  private static BufferedImage blots(int seed) {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(96, 80, BufferedImage.TYPE_INT_RGB);
    int[] colors = random.ints(6, 0, 1 << 24).toArray();
    int side = 16 + random.nextInt(24);
    for (int y = 0; y < 80; y++) {
      for (int x = 0; x < 96; x++) {
        image.setRGB(x, y, colors[(x / side + 2 * (y / side)) % 6]);
      }
    }
    return image;
  }

  private static Path picture(Path file, int seed) throws IOException {
    return save(file, blots(seed));
  }

  private static Path save(Path file, BufferedImage image) throws IOException {
    Files.createDirectories(file.getParent());
    String name = file.toString();
    assertThat(ImageIO.write(image, name.substring(name.length() - 3), file.toFile())).isTrue();
    Files.setLastModifiedTime(file, THEN);
    return file;
  }

  private Vgg index(Object... options) {
    List<Object> words =
        new ArrayList<>(List.of("index", photos, "--model", model, "--out", index));
    words.addAll(List.of(options));
    return Vgg.run(words.toArray());
  }

  private Vgg search(Object... options) {
    List<Object> words = new ArrayList<>(List.of("search", index));
    words.addAll(List.of(options));
    return Vgg.run(words.toArray());
  }

  private static JsonNode json(Vgg vgg) throws IOException {
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return new ObjectMapper().readTree(vgg.out());
  }

  private static void assertRefused(Vgg vgg, String sentence) {
    assertThat(vgg.exitCode()).as(vgg.out()).isEqualTo(1);
    assertThat(vgg.err().lines()).as(vgg.err()).hasSize(1);
    assertThat(vgg.err()).startsWith("vgg: ").contains(sentence);
  }

  private void assertCounts(JsonNode done, int... expected) {
    String[] keys = {"images", "new", "changed", "renamed", "vanished", "kept"};
    for (int i = 0; i < keys.length; i++) {
      assertThat(done.get(keys[i]).asInt()).as(keys[i] + " of " + done).isEqualTo(expected[i]);
    }
  }

  @Test
  void anImageIsFoundByItself() throws IOException {
    assertThat(index().out())
        .contains("photos.index: 12 images of ", "(fc7, average, Q = ", "): 12 new");
    JsonNode found = json(search(photos.resolve("a/b/7.png"), "--top=3", "--json")).get(0);
    assertThat(found.get("file").asText()).endsWith("7.png");
    assertThat(found.get("matches")).hasSize(3);
    assertThat(found.get("matches").get(0).get("file").asText())
        .isEqualTo(photos.toRealPath().resolve("a/b/7.png").toString());
    assertThat(found.get("matches").get(0).get("cosine").asDouble()).isCloseTo(1, within(1e-5));
    assertThat(found.get("matches").get(1).get("cosine").asDouble()).isLessThan(0.99999);

    Path page = root.resolve("page.html");
    Vgg text = search(photos.resolve("a/b"), "--top=2", "--html", page);
    assertThat(text.exitCode()).isZero();
    assertThat(text.out().lines()).hasSize(12 * 3);
    assertThat(Files.readString(page)).contains("data:image/png;base64,", "a/b/3.png", "sought");
  }

  /** Thousands of pictures in full would fill the heap. */
  @Test
  void noPictureIsKeptInFull() {
    assertThat(SearchCommand.class.getDeclaredClasses())
        .isNotEmpty()
        .flatExtracting(type -> Arrays.asList(type.getDeclaredFields()))
        .noneMatch(field -> ((Field) field).getType() == RgbImage.class);
  }

  @Test
  void onlyWhatIsNewIsReadAndTheBytesAreThoseOfANewIndex() throws IOException {
    assertCounts(json(index("--json")), 12, 12, 0, 0, 0, 0);
    byte[] first = Files.readAllBytes(index);
    assertCounts(json(index("--json")), 12, 0, 0, 0, 0, 12);
    assertThat(index).hasBinaryContent(first);

    Files.delete(photos.resolve("a/b/0.png"));
    Files.move(photos.resolve("a/b/1.png"), photos.resolve("a/moved.png"));
    picture(photos.resolve("a/b/2.png"), 99);
    Files.setLastModifiedTime(photos.resolve("a/b/2.png"), FileTime.fromMillis(1));
    Files.setLastModifiedTime(photos.resolve("a/b/3.png"), FileTime.fromMillis(1)); // touched
    picture(photos.resolve("new.png"), 100);
    Files.copy(photos.resolve("a/b/4.png"), photos.resolve("copy.png"));
    Files.writeString(photos.resolve("broken.png"), "no image");
    Files.writeString(photos.resolve("notes.txt"), "no image");
    Vgg vgg = index("--json");
    JsonNode done = json(vgg);
    assertCounts(done, 13, 2, 1, 1, 1, 9);
    assertThat(done.get("unreadable").fieldNames()).toIterable().containsExactly("broken.png");
    assertThat(vgg.err()).contains("1 image is passed over as unreadable", "notes.txt");

    JsonNode found =
        json(search(photos.resolve("a/moved.png"), photos.resolve("new.png"), "--json", "--top=1"));
    assertThat(found.get(0).get("matches").get(0).get("file").asText()).endsWith("a/moved.png");
    assertThat(found.get(1).get("matches").get(0).get("file").asText()).endsWith("/new.png");
    assertThat(index.resolveSibling("photos.index.part")).doesNotExist();
  }

  @Test
  void anInterruptedRunContinuesAndEndsWithTheSameBytes() throws IOException {
    for (int i = 12; i < 70; i++) {
      picture(photos.resolve("a/b").resolve(i + ".png"), i);
    }
    index();
    byte[] expected = Files.readAllBytes(index);
    IndexHeader header = SearchIndex.open(index).header();
    Files.delete(index);
    ModelFile file = Models.read(model);
    List<Integer> blocks = new ArrayList<>();
    try (Engine engine = Engines.open(Device.of("cpu"), 2);
        Network network =
            engine.load(new Parameters(file.architecture(), file.arrays()), FcWeights.FP32);
        Descriptors descriptors =
            new Descriptors(
                engine.hostThreads(), network, file.preprocessing(), header.descriptors(), 16)) {
      IndexBuilder.Result stopped =
          new IndexBuilder(engine.hostThreads(), descriptors, header, index)
              .run(() -> !blocks.isEmpty(), (done, of) -> blocks.add(done));
      assertThat(stopped.finished()).isFalse();
      assertThat(stopped.images()).isEqualTo(32);
    }
    assertThat(index).doesNotExist();
    Path part = root.resolve("photos.index.part");
    Files.write(part, new byte[] {0, 0, 1, 0, 7}, StandardOpenOption.APPEND); // half a block
    assertCounts(json(index("--json")), 70, 70, 0, 0, 0, 0);
    assertThat(index).hasBinaryContent(expected);
    assertThat(part).doesNotExist();
  }

  @Test
  void unfinishedWorkOfAnotherIndexOrWithADamagedEndDoesNoHarm() throws IOException {
    index();
    byte[] expected = Files.readAllBytes(index);
    Files.delete(index);
    Files.write(root.resolve("photos.index.part"), new byte[] {0, 0, 0, 5, 1, 2, 3, 4, 5});
    index();
    assertThat(index).hasBinaryContent(expected);
  }

  private static List<String> names(JsonNode matches) {
    List<String> names = new ArrayList<>();
    matches.forEach(
        match -> names.add(Path.of(match.get("file").asText()).getFileName().toString()));
    return names;
  }

  @Test
  void croppedRecolouredAndReencodedCopiesAreGroups() throws IOException {
    BufferedImage original = blots(5);
    save(photos.resolve("z-cropped.png"), original.getSubimage(3, 3, 90, 74));
    save(photos.resolve("z-encoded.jpg"), original);
    BufferedImage bright = blots(5);
    for (int i = 0; i < 96 * 80; i++) {
      int rgb = bright.getRGB(i % 96, i / 96);
      int less = (rgb >> 4) & 0x0f0f0f;
      bright.setRGB(i % 96, i / 96, rgb - less);
    }
    save(photos.resolve("z-recoloured.png"), bright);
    Files.copy(photos.resolve("a/b/6.png"), photos.resolve("z-same.png"));
    index("--tap=relu3_1");
    JsonNode best =
        json(search(photos.resolve("a/b/5.png"), "--top=4", "--json")).get(0).get("matches");
    List<String> copies = List.of("5.png", "z-cropped.png", "z-encoded.jpg", "z-recoloured.png");
    assertThat(names(best)).containsExactlyInAnyOrderElementsOf(copies);
    double threshold = best.get(3).get("cosine").asDouble() - 1e-5;
    List<List<String>> names = new ArrayList<>();
    json(search("--duplicates", "--threshold=" + threshold, "--json"))
        .forEach(group -> names.add(names(group)));
    assertThat(names).anyMatch(group -> group.containsAll(copies));
    names.clear();
    json(search("--duplicates", "--threshold=0.99999", "--json"))
        .forEach(group -> names.add(names(group)));
    assertThat(names).contains(List.of("6.png", "z-same.png"));
    Path page = root.resolve("groups.html");
    assertThat(search("--duplicates", "--threshold=" + threshold, "--html", page).out())
        .contains(" of near-duplicates (cosine from " + threshold + "), ", " of 16 images");
    assertThat(Files.readString(page)).contains("Group 1 of ", "z-recoloured.png");
  }

  @Test
  void whitenedDescriptorsAreSmallerAndFindTheSame() throws IOException {
    JsonNode done = json(index("--pca=6", "--json"));
    assertThat(done.get("dimensions").asInt()).isEqualTo(6);
    byte[] first = Files.readAllBytes(index);
    for (int i = 0; i < 12; i++) {
      JsonNode found = json(search(photos.resolve("a/b/" + i + ".png"), "--json", "--top=1"));
      assertThat(found.get(0).get("matches").get(0).get("file").asText())
          .endsWith("/" + i + ".png");
    }
    Files.delete(index);
    index("--pca=6", "--threads=1");
    assertThat(index).hasBinaryContent(first);
    picture(photos.resolve("new.png"), 77);
    assertCounts(json(index("--pca=6", "--json")), 13, 1, 0, 0, 0, 12);
    Files.delete(index);
    assertRefused(index("--pca=13"), "option pca is 13, but 13 images with descriptors of ");
  }

  @Test
  void whatCannotBeComparedIsRefused() throws IOException {
    index();
    byte[] before = Files.readAllBytes(index);
    assertRefused(
        Vgg.run("index", photos, "--model", otherModel, "--out", index),
        "was made with another model (");
    assertRefused(index("--tap=fc6"), "was made with another recipe (fc7, average, Q = ");
    assertRefused(index("--pca=4"), "was made with another whitening (none, not 4)");
    Path elsewhere = Files.createDirectories(root.resolve("elsewhere"));
    picture(elsewhere.resolve("1.png"), 1);
    assertRefused(
        Vgg.run("index", elsewhere, "--model", model, "--out", index),
        "was made with another folder (");
    assertThat(index).hasBinaryContent(before);
    Path photo = photos.resolve("a/b/1.png");
    assertRefused(
        search(photo, "--model", otherModel), "is not the model that made the index " + index);
    assertRefused(Vgg.run("search", photo, photo), "is no index of vgg4j: give the file that");
    assertRefused(search(photo, "--top=0"), "option top is 0 but must be at least 1");
    assertRefused(search("--duplicates", "--threshold=2"), "option threshold is 2.0 but must be");
    assertRefused(index("--pca=0"), "option pca is 0 but must be at least 1");
    assertRefused(
        Vgg.run("index", root.resolve("gone"), "--model", model, "--out", index),
        "there is no folder ");
    assertThat(search().exitCode()).isEqualTo(2);
    assertThat(search().err()).contains("an image is missing: vgg search INDEX IMAGE");
    assertThat(search(photo, "--duplicates").exitCode()).isEqualTo(2);
    before[before.length / 2] ^= 1;
    Files.write(index, before);
    assertRefused(search(photo), "is damaged (the checksum of bytes 0 to");
  }
}
