package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageEmbedder;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.embed.DescriptorTable;
import org.vgg4j.evaluate.NpyHeader;

class EmbedCommandTest {
  private static final int MOST_SECONDS = 120;

  @TempDir static Path shared;
  private static Trained trained;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
  }

  private Path out() {
    return root.resolve("out").resolve("rows.npy");
  }

  private Vgg embed(Object... words) {
    List<Object> all =
        new ArrayList<>(List.of("embed", "--model", trained.model(), "--out", out()));
    all.addAll(List.of(words));
    return Vgg.run(all.toArray());
  }

  private void assertRefused(Vgg vgg, String sentence) {
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err().lines()).as(vgg.err()).hasSize(1);
    assertThat(vgg.err()).startsWith("vgg: ").contains(sentence);
    assertThat(out()).doesNotExist();
  }

  private DescriptorTable table(Vgg vgg) {
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return DescriptorTable.read(out());
  }

  private float[] row(int row, int width) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(out())).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[width];
    bytes.position(NpyHeader.BYTES + row * width * Float.BYTES);
    bytes.asFloatBuffer().get(values);
    return values;
  }

  @Test
  void partOfADataSetWithClasses() throws IOException {
    Vgg vgg = embed(trained.data(), "--split=test", "--test-scales=64,80", "--stack", "--json");
    DescriptorTable table = table(vgg);
    assertThat(table.classNames()).isEqualTo(Pictures.CLASSES);
    assertThat(table.labels()).containsExactly(0, 0, 0, 1, 1, 1, 2, 2, 2);
    assertThat(table.ids().get(0)).endsWith("0.png");
    DescriptorRecipe recipe =
        DescriptorRecipe.paper().withScales(List.of(64, 80)).withStacking(true);
    assertThat(DescriptorRecipe.of(table.recipe())).isEqualTo(recipe);
    JsonNode json = new ObjectMapper().readTree(vgg.out());
    assertThat(json.get("descriptors").intValue()).isEqualTo(9);
    assertThat(json.get("dimensions").intValue()).isEqualTo(table.dimensions());
    assertThat(json.get("names").textValue()).isEqualTo(root.resolve("out/rows.json").toString());
    // the API gives the same
    try (ImageEmbedder embedder =
        ImageEmbedder.load(trained.model(), recipe, ClassifierOptions.defaults())) {
      float[] expected = embedder.embed(Path.of(table.ids().get(4)));
      float[] actual = row(4, table.dimensions());
      for (int i = 0; i < expected.length; i++) {
        assertThat(actual[i]).isCloseTo(expected[i], within(1e-5f));
      }
    }
  }

  @Test
  void partsMustBeChosen() {
    assertRefused(
        embed(trained.data()), trained.data() + " has the parts train, val, test: say which one");
    assertRefused(
        embed("fashion-mini", "--split=val"), "fashion-mini has the parts train, test: say which");
  }

  @Test
  void foldersOfClassesAndImagesWithoutClasses() throws IOException {
    Path classes = Pictures.writeClasses(root.resolve("classes"), 2, 5);
    DescriptorTable labelled = table(embed(classes, "--tap=relu5_1", "--pool=rmac:2"));
    assertThat(labelled.labels()).containsExactly(0, 0, 1, 1, 2, 2);
    assertThat(labelled.recipe()).containsEntry("pooling", "rmac:2");

    DescriptorTable loose = table(embed(classes, "--unlabelled"));
    assertThat(loose.hasClasses()).isFalse();
    assertThat(loose.ids()).isEqualTo(labelled.ids());

    Path flat = classes.resolve("red");
    assertThat(table(embed(flat)).ids())
        .containsExactly(flat.resolve("0.png").toString(), flat.resolve("1.png").toString());
    Path file = classes.resolve("blue").resolve("1.png");
    Vgg both = embed(file, flat);
    assertThat(table(both).ids()).hasSize(3).startsWith(file.toString());
    assertThat(both.out())
        .startsWith(out() + ": 3 descriptors of ")
        .contains("numbers of 3 files (fc7, average, Q = ");
    assertThat(table(embed(file)).ids()).containsExactly(file.toString());
  }

  @Test
  void unreadableImagesHaveNoRow() throws IOException {
    Path folder = Files.createDirectories(root.resolve("flat"));
    Random random = new Random(1);
    for (int i = 0; i < 12; i++) {
      Pictures.write(folder.resolve("%02d.png".formatted(i)), i % 3, random);
    }
    Path bad = folder.resolve("05.png");
    Files.writeString(bad, "no image");
    Vgg vgg = embed(folder);
    DescriptorTable table = table(vgg);
    assertThat(table.unreadable()).containsExactly(bad.toString());
    assertThat(table.ids()).hasSize(11).doesNotContain(bad.toString());
    assertThat(vgg.err()).contains("1 of the images cannot be read and is passed over", "05.png");
    Files.delete(out());
    Vgg strict = embed(folder, "--max-unreadable=0");
    assertThat(strict.exitCode()).isEqualTo(1);
    assertThat(strict.err()).contains("1 of the 12 images of flat cannot be read");
    assertThat(out()).doesNotExist();
  }

  /** What is odd about the data is said with -q, too. */
  @Test
  void notesOfTheDataAreWarnings() throws IOException {
    Path folder = Pictures.writeClasses(root.resolve("colours"), 1, 5);
    Files.copy(folder.resolve("red/0.png"), folder.resolve("stray.png"));
    Vgg vgg = embed(folder, "-q");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.err()).startsWith("vgg: ").contains("stray.png");
  }

  @Test
  void mistakesAreOneSentence() throws IOException {
    Path file = Pictures.write(root.resolve("one.png"), 1, new Random(1));
    assertRefused(embed(file, "--tap=fc9"), "has no output 'fc9': choose from ");
    assertRefused(
        embed(file, "--pool=mean"), "option pool is mean but must be average, max, gem:P");
    assertRefused(embed(file, "--pool=gem", "--tap=fc8"), "fc8, the network's last output");
    assertRefused(embed(file, "--test-scales=20"), "test scale Q = 20 is below crop");
    assertRefused(embed(file, "--test-scales=64,64"), "twice: name each once");
    assertRefused(embed(file, "--batch=0"), "option batch is 0 but must be at least 1");
    assertRefused(embed(file, "--split=test"), "option split is test, but images without classes");
    assertRefused(embed(root.resolve("missing")), "there is no data set " + root);
    assertRefused(embed(file, root.resolve("missing")), "there is no file or folder " + root);
    Path csv = root.resolve("rows.csv");
    assertRefused(
        Vgg.run("embed", file, "--model", trained.model(), "--out", csv), "must end with .npy");
    assertRefused(Vgg.run("embed", file, "--model", file, "--out", out()), "is an image");
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  /** So many images take so long that it can be stopped between two blocks of them. */
  private static final int INTERRUPTED = 250;

  /** Stopped or killed, it continues where it was, and ends with the same bytes. */
  @DisabledOnOs(OS.WINDOWS)
  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143", "KILL, 137"})
  void interruptedItContinues(String signal, int code) throws Exception {
    Path images = Files.createDirectories(root.resolve("images"));
    Random random = new Random(1);
    for (int i = 0; i < INTERRUPTED; i++) {
      Pictures.write(images.resolve("%03d.png".formatted(i)), i % 3, random);
    }
    List<String> words =
        List.of("embed", images.toString(), "--model=" + trained.model(), "--test-scales=128");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-Xmx512m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(words);
    command.add("--out=" + out());
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("output.txt").toFile())
            .start();
    try {
      Path log = root.resolve("out/rows.npy.log");
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
      while (!Files.exists(log) || Files.readAllLines(log).size() < 2) {
        assertThat(process.isAlive()).as(Files.readString(root.resolve("output.txt"))).isTrue();
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.sleep(5);
      }
      assertThat(new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor())
          .isZero();
      assertThat(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).isEqualTo(code);
    assertThat(files(root.resolve("out"))).containsExactly("rows.npy.log", "rows.npy.part");
    if (!signal.equals("KILL")) {
      assertThat(root.resolve("output.txt"))
          .content()
          .contains(" of " + INTERRUPTED + " images are done; the same command continues");
    }
    Vgg rest = Vgg.run(Stream.concat(words.stream(), Stream.of("--out=" + out())).toArray());
    assertThat(rest.exitCode()).as(rest.err()).isZero();
    assertThat(rest.out())
        .containsPattern(INTERRUPTED + " descriptors of .*, (64|128|192|256|320) of them kept");
    Path whole = root.resolve("whole.npy");
    Vgg.run(Stream.concat(words.stream(), Stream.of("--out=" + whole)).toArray());
    assertThat(Files.readAllBytes(out())).isEqualTo(Files.readAllBytes(whole));
    assertThat(root.resolve("out/rows.json")).hasSameTextualContentAs(root.resolve("whole.json"));
  }

  /** What fits is kept, and the rest is computed once there is room. */
  @Test
  void fullDisk() throws IOException {
    Path images = Files.createDirectories(root.resolve("images"));
    Random random = new Random(1);
    for (int i = 0; i < 192; i++) {
      Pictures.write(images.resolve("%03d.png".formatted(i)), i % 3, random);
    }
    try (SmallDisk disk = SmallDisk.mount(root.resolve("out"), 200)) {
      Path filler = root.resolve("out/filler");
      Files.write(filler, new byte[110_000]);
      Vgg vgg = embed(images);
      assertThat(vgg.exitCode()).isEqualTo(1);
      assertThat(vgg.err().lines().filter(line -> line.startsWith("vgg: cannot write"))).hasSize(1);
      assertThat(vgg.err()).contains("are kept: make room, and give the same command again");
      Files.delete(filler);
      Vgg rest = embed(images);
      assertThat(rest.exitCode()).as(rest.err()).isZero();
      assertThat(rest.out()).containsPattern(", (64|128) of them kept from before");
      assertThat(disk).isNotNull();
    }
  }

  @Test
  void filesOfOthersAreKept() throws IOException {
    Path photos = Pictures.writeClasses(root.resolve("photos"), 1, 5);
    for (String name : List.of("rows.json", "rows.1-of-1.json")) {
      Path results = out().resolveSibling(name);
      Files.createDirectories(results.getParent());
      Files.writeString(results, "{\"accuracy\": 0.9}");
      String sentence = "holds something else, and would be lost: give another name (option out)";
      assertRefused(
          embed(photos, "--unlabelled", "--share", "1/1"), results + ", which is written");
      assertRefused(embed(photos, "--unlabelled", "--share", "1/1"), sentence);
      assertThat(results).hasContent("{\"accuracy\": 0.9}");
      Files.delete(results);
    }
    table(embed(photos, "--unlabelled"));
    table(embed(photos, "--unlabelled", "--no-normalize"));
  }

  /** Shares by processes of their own end with the bytes of one run. */
  @Test
  void sharesArePutTogether() throws IOException {
    Path photos = root.resolve("photos");
    Random random = new Random(5);
    for (int i = 0; i < 150; i++) {
      Pictures.write(photos.resolve("%03d.png".formatted(i)), i % 3, random);
    }
    Files.writeString(photos.resolve("070.png"), "no image");
    Path one = root.resolve("one").resolve("rows.npy");
    Vgg whole = Vgg.run("embed", photos, "--model", trained.model(), "--out", one);
    assertThat(whole.exitCode()).as(whole.err()).isZero();

    for (String share : List.of("3/3", "1/3")) {
      Vgg vgg = embed(photos, "--share", share);
      assertThat(vgg.exitCode()).as(vgg.err()).isZero();
      assertThat(vgg.err()).contains("is made when the other shares are there, too", "2/3");
      assertThat(out()).doesNotExist();
    }
    assertThat(out().resolveSibling("rows.3-of-3.npy")).exists();
    Vgg last = embed(photos, "--share", "2/3");
    assertThat(last.exitCode()).as(last.err()).isZero();
    assertThat(last.err()).contains("all 3 shares are together", "149 descriptors");
    assertThat(out()).hasSameBinaryContentAs(one);
    assertThat(DescriptorTable.beside(out())).hasSameBinaryContentAs(DescriptorTable.beside(one));

    Files.delete(out());
    Files.delete(DescriptorTable.beside(out()));
    assertRefused(embed(photos, "--share", "4/3"), "option share is 4/3 but must be which of how");
    assertRefused(embed(photos, "--share", "1/4"), "are 3 block(s) of up to 64: take");
    Vgg other = embed(photos, "--share", "2/3", "--no-flip");
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err()).contains("rows.2-of-3.npy was made with another model, recipe");
  }
}
