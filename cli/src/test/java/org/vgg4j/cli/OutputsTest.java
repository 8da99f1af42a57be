package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Nothing is written over what is read, and what cannot be written is found before any work. */
class OutputsTest {
  /** What commands write; every other path is read. */
  private static final Map<String, List<String>> WRITTEN =
      Map.ofEntries(
          Map.entry("train", List.of("--out FOLDER", "--resume FOLDER")),
          Map.entry("sweep", List.of("--out FOLDER", "--resume FOLDER")),
          Map.entry("finetune", List.of("--out FOLDER", "--resume FOLDER")),
          Map.entry("localize", List.of("--out IMAGES")),
          Map.entry("localize evaluate", List.of("--submission FILE")),
          Map.entry("localize train", List.of("--out FOLDER", "--resume FOLDER")),
          Map.entry("index", List.of("--out FILE")),
          Map.entry("search", List.of("--html FILE")),
          Map.entry("report", List.of("RUN FOLDER")),
          Map.entry("evaluate", List.of("--save-posteriors FILE", "--submission FILE")),
          Map.entry("calibrate", List.of("--out FILE")),
          Map.entry("heatmap", List.of("--out FILE")),
          Map.entry("serve", List.of("--access-log LOG")),
          Map.entry("reproduce", List.of("--out FOLDER")),
          Map.entry("reproduce localisation", List.of("--out FOLDER")),
          Map.entry("reproduce features", List.of("--out FOLDER")),
          Map.entry("import", List.of("--out FILE")),
          Map.entry("export", List.of("OUT FILE")),
          Map.entry("models get", List.of("--cache FOLDER")),
          Map.entry("data inspect", List.of("--sheet FILE")),
          Map.entry("embed", List.of("--out FILE")),
          Map.entry("svm train", List.of("--out FILE")),
          Map.entry("data export", List.of("--out IMAGES")));

  /** Options of other types than Path that name a place to be read. */
  private static final List<String> READ =
      List.of(
          "IMAGE",
          "INDEX",
          "FOLDER",
          "FILE",
          "FILE.npy",
          "--model",
          "MODEL",
          "--svm",
          "--config",
          "--recipe",
          "--fuse",
          "--compare",
          "--classes",
          "--labels",
          "--boxes",
          "--voc-2007",
          "--voc-2012",
          "--caltech-101",
          "--caltech-256",
          "--token-file",
          "--tls-cert",
          "--tls-key",
          "--index",
          "--localizer",
          "--from");

  @TempDir static Path shared;
  private static Trained trained;

  @TempDir Path root;
  private Path photos;
  private Path photo;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
  }

  @BeforeEach
  void photos() throws IOException {
    photos = Pictures.writeClasses(root.resolve("photos"), 3, 1);
    photo = photos.resolve("red/0.png");
  }

  private static String name(ArgSpec arg) {
    return arg instanceof OptionSpec option ? option.longestName() : arg.paramLabel();
  }

  /** An option that names a path and is in neither list has been forgotten. */
  @Test
  void everyPathIsReadOrWritten() {
    Map<String, List<String>> written = new TreeMap<>();
    List<String> unknown = new ArrayList<>();
    collect(Main.commandLine(), "", written, unknown);
    assertThat(written).isEqualTo(new TreeMap<>(WRITTEN));
    assertThat(unknown).isEmpty();
  }

  private static void collect(
      CommandLine line, String prefix, Map<String, List<String>> written, List<String> unknown) {
    line.getSubcommands()
        .forEach(
            (word, command) -> {
              String name = (prefix + " " + word).strip();
              for (ArgSpec arg : command.getCommandSpec().args()) {
                Writes.Kind kind = Outputs.writes(arg);
                boolean path =
                    arg.type() == Path.class
                        || Arrays.asList(arg.auxiliaryTypes()).contains(Path.class);
                if (kind != null) {
                  written
                      .computeIfAbsent(name, key -> new ArrayList<>())
                      .add(name(arg) + " " + kind);
                } else if (path && !READ.contains(name(arg))) {
                  unknown.add(name + " " + name(arg));
                }
              }
              collect(command, name, written, unknown);
            });
    written.values().forEach(options -> options.sort(null));
  }

  /** As in a container, whose working directory may not be written, nor a log's folder. */
  @ParameterizedTest
  @ValueSource(
      strings = {"-", "/dev/null", "/proc/self/comm"}) // the last: a file, in such a folder
  void logMayBeStandardOutputOrADevice(String place) {
    assumeTrue(place.equals("-") || Files.exists(Path.of(place)));
    CommandLine.ParseResult parsed =
        Main.commandLine()
            .parseArgs("serve", "--model", trained.model().toString(), "--access-log", place);
    Outputs.check(parsed.subcommand().commandSpec());
  }

  private void assertKept(Path file, Vgg vgg, byte[] before) throws IOException {
    assertThat(vgg.err().lines()).hasSize(1);
    assertThat(vgg.err()).startsWith("vgg: " + file).contains("would be lost: give another file");
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(file).hasBinaryContent(before);
  }

  /** The ways in which a path can be another's. */
  static Stream<String> ways() {
    return Stream.of("same", "relative", "dots", "symbolic", "hard", "through");
  }

  private Path way(String way, Path file) throws IOException {
    Path name = file.getFileName();
    return switch (way) {
      case "relative" -> Path.of("").toAbsolutePath().relativize(file.toRealPath());
      case "dots" -> file.resolveSibling("../" + file.getParent().getFileName() + "/" + name);
      case "symbolic" -> Files.createSymbolicLink(root.resolve("link-" + name), file);
      case "hard" -> Files.createLink(root.resolve("hard-" + name), file);
      case "through" ->
          Files.createSymbolicLink(root.resolve("through"), file.getParent()).resolve(name);
      default -> file;
    };
  }

  @ParameterizedTest
  @MethodSource("ways")
  void heatMapOverItsPhoto(String way) throws IOException {
    byte[] before = Files.readAllBytes(photo);
    Path out = way(way, photo);
    assertKept(out, Vgg.run("heatmap", photo, "--model", trained.model(), "--out", out), before);
    assertThat(photo).hasBinaryContent(before);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void importOverItsInput(String way) throws IOException {
    Path file = Files.copy(trained.model(), root.resolve("weights.safetensors"));
    byte[] before = Files.readAllBytes(file);
    Path out = way(way, file);
    assertKept(out, Vgg.run("import", file, "--out", out), before);
  }

  @Test
  void importOverItsListOfClasses() throws IOException {
    Path names = Files.writeString(root.resolve("names.txt"), "a\nb\nc\n");
    assertKept(
        names,
        Vgg.run("import", trained.model(), "--classes", names, "--out", names),
        "a\nb\nc\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"photos", "photos/red", "symbolic"})
  void sheetOverAPictureOfTheData(String place) throws IOException {
    byte[] before = Files.readAllBytes(photo);
    Path out = photo;
    if (place.equals("symbolic")) { // the class folder is a link to elsewhere
      Path elsewhere = Files.move(photo.getParent(), root.resolve("elsewhere"));
      Files.createSymbolicLink(photo.getParent(), elsewhere);
      out = elsewhere.resolve("0.png");
    }
    Path sheet = out;
    Vgg vgg = Vgg.run("data", "inspect", photos, "--sheet", sheet);
    assertThat(vgg.err().strip())
        .isEqualTo(
            "vgg: "
                + sheet
                + " is read with "
                + photos
                + ", and would be lost: give another file to write");
    assertThat(photo).hasBinaryContent(before);
    Path fresh = out.resolveSibling("sheet.png");
    assertThat(Vgg.run("data", "inspect", photos, "--sheet", fresh).err().strip())
        .isEqualTo(
            "vgg: "
                + fresh
                + " would be an image of "
                + photos
                + ": give a file in another folder");
    assertThat(fresh).doesNotExist();
  }

  @Test
  void noSheetThatWasNotAskedFor() {
    Vgg vgg = Vgg.run("data", "inspect", photos);
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out()).doesNotContain("sheet");
    assertThat(Path.of("contact-sheet.png")).doesNotExist();
    Path sheet = photos.resolve("sheet.png"); // beside the classes, of none
    for (int again = 0; again < 2; again++) {
      assertThat(Vgg.run("data", "inspect", photos, "--sheet", sheet).exitCode()).isZero();
    }
    assertThat(sheet).isNotEmptyFile();
  }

  @Test
  void exportIntoTheDataThatIsRead() {
    for (Path out : List.of(photos, photos.resolve("red"), photos.resolve("new/deep"))) {
      Vgg vgg = Vgg.run("data", "export", "--data", photos, "--out", out);
      assertThat(vgg.exitCode()).isEqualTo(1);
      assertThat(vgg.err())
          .startsWith(
              "vgg: " + out + " is in the data set " + photos + ", whose images these would be");
    }
    assertThat(photos.resolve("new")).doesNotExist();
  }

  @Test
  void posteriorsOverThoseThatAreRead() throws IOException {
    Path first = root.resolve("first.npy");
    Path table = root.resolve("first.json");
    Object[] evaluate = {"evaluate", "--model", trained.model(), "--data", trained.data()};
    assertThat(with(evaluate, "--save-posteriors", first).exitCode()).isZero();
    byte[] before = Files.readAllBytes(first);
    byte[] words = Files.readAllBytes(table);
    assertKept(first, with(evaluate, "--fuse", first, "--save-posteriors", first), before);
    assertKept(first, with(evaluate, "--compare", first, "--save-posteriors", first), before);
    assertKept(table, with(evaluate, "--fuse", first, "--submission", table), words);
    assertThat(with(evaluate, "--save-posteriors", first).exitCode()).isZero();
    Path model = trained.model();
    assertKept(model, with(evaluate, "--save-posteriors", model), Files.readAllBytes(model));
    Path twice = root.resolve("twice.npy");
    assertThat(with(evaluate, "--save-posteriors", twice, "--submission", twice).err().strip())
        .isEqualTo("vgg: " + twice + " is to be written twice: give two files");
  }

  private static Vgg with(Object[] command, Object... more) {
    return Vgg.run(Stream.of(command, more).flatMap(Arrays::stream).toArray());
  }

  /** All outputs that are one file, in a command that would work for long or not at all. */
  private List<Object[]> writers(Object out) {
    Path model = trained.model();
    return List.of(
        new Object[] {"heatmap", photo, "--model", model, "--out", out},
        new Object[] {"import", model, "--out", out},
        new Object[] {"export", out, "--model", model},
        new Object[] {"evaluate", "--model", model, "--data", photos, "--save-posteriors", out},
        new Object[] {"evaluate", "--model", model, "--data", photos, "--submission", out},
        new Object[] {"data", "inspect", photos, "--sheet", out});
  }

  private List<Object[]> folderWriters(Object out) {
    return List.of(
        new Object[] {"train", "--data", photos, "--out", out},
        new Object[] {"finetune", "--model", trained.model(), "--data", photos, "--out", out},
        new Object[] {"train", "--data", photos, "--dry-run", "--out", out},
        new Object[] {"reproduce", "--quick", "--data", photos, "--out", out},
        new Object[] {"report", out},
        new Object[] {"models", "get", "vgg16-torchvision", "--cache", out},
        new Object[] {"data", "export", "--data", photos, "--out", out});
  }

  private static void assertSays(Object[] command, String sentence) {
    Vgg vgg = Vgg.run(command);
    assertThat(vgg.err().lines()).as(Arrays.toString(command)).containsExactly("vgg: " + sentence);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.out()).isEmpty();
  }

  @Test
  void folderForAFile() throws IOException {
    Path folder = Files.createDirectory(root.resolve("folder.onnx"));
    for (Object[] command : writers(folder)) {
      Vgg vgg = Vgg.run(command);
      assertThat(vgg.exitCode()).isEqualTo(1);
      assertThat(vgg.err().strip())
          .matches("vgg: \\Q" + folder + "\\E is a folder, but \\S+ names a file to write");
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void fileForAFolder() throws IOException {
    Path file = Files.writeString(root.resolve("notes"), "mine");
    for (Object[] command : folderWriters(file)) {
      assertSays(command, file + " is a file, but a folder is wanted: give another one");
    }
    Path below = file.resolve("below.onnx");
    List<Object[]> all = new ArrayList<>(writers(below));
    all.addAll(folderWriters(below));
    for (Object[] command : all) {
      assertSays(command, "cannot write " + below + ": " + file + " is a file, not a folder");
    }
    assertThat(file).hasContent("mine");
  }

  @Test
  void device() {
    Path nothing = Path.of("/dev/null");
    assumeTrue(Files.exists(nothing));
    for (Object[] command : writers(nothing)) {
      assertSays(command, nothing + " is neither a file nor new: give a file to write");
    }
    assertThat(Files.isRegularFile(nothing)).isFalse();
  }

  /** Linux's /proc is a folder in which nobody may make files. */
  @Test
  void folderThatCannotBeWritten() {
    assumeTrue(Files.isDirectory(Path.of("/proc/self")));
    for (String place : List.of("/proc/out.onnx", "/proc/new/out.onnx")) {
      List<Object[]> all = new ArrayList<>(writers(place));
      all.addAll(folderWriters(place));
      for (Object[] command : all) {
        Vgg vgg = Vgg.run(command);
        assertThat(vgg.exitCode()).as(Arrays.toString(command)).isEqualTo(1);
        assertThat(vgg.err())
            .startsWith("vgg: cannot write " + place + ": nothing can be written in /proc (")
            .doesNotContain("Exception");
      }
    }
  }

  @Test
  void missingFoldersAreMade() {
    Path deep = root.resolve("a/b/c");
    Path model = trained.model();
    assertThat(
            Vgg.run("heatmap", photo, "--model", model, "--out", deep.resolve("1/h.png"))
                .exitCode())
        .isZero();
    assertThat(Vgg.run("export", deep.resolve("2/m.onnx"), "--model", model).exitCode()).isZero();
    assertThat(
            Vgg.run("data", "inspect", photos, "--sheet", deep.resolve("3/sheet.png")).exitCode())
        .isZero();
    assertThat(Vgg.run("data", "export", "--data", photos, "--out", deep.resolve("4/5")).exitCode())
        .isZero();
    assertThat(deep.resolve("1/h.png")).isNotEmptyFile();
    assertThat(deep.resolve("3/sheet.png")).isNotEmptyFile();
  }

  @Test
  void pngOnAFullDisk() throws IOException {
    Path disk = root.resolve("disk");
    try (SmallDisk mounted = SmallDisk.mount(disk, 4)) {
      assertThat(mounted).isNotNull();
      Path sheet = disk.resolve("sheet.png");
      Files.writeString(disk.resolve("old.txt"), "x".repeat(4000));
      assertSays(
          new Object[] {"data", "inspect", photos, "--sheet", sheet},
          "cannot write " + sheet + ": No space left on device");
      assertThat(sheet).doesNotExist();
      assertThat(disk.resolve("sheet.png.tmp")).doesNotExist();
    }
  }
}
