package org.vgg4j.data.ilsvrc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Synsets;
import org.vgg4j.data.archive.TarArchive;
import org.vgg4j.data.archive.TarIndex;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.image.RgbImage;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.Sinks;
import us.hebi.matlab.mat.types.Struct;

/** On a miniature ILSVRC that Python made in the formats of the real one. */
class IlsvrcFolderTest {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens/ilsvrc");
  private static final String TRAIN = "ILSVRC2012_img_train.tar";
  private static final String VALIDATION = "ILSVRC2012_img_val.tar";
  private static final String DEVKIT = "ILSVRC2012_devkit_t12.tar.gz";

  @TempDir Path temporary;
  private Path distributed;
  private Path kaggle;

  @BeforeEach
  void copyGoldens() throws IOException {
    distributed = temporary.resolve("distributed");
    kaggle = temporary.resolve("kaggle");
    try (Stream<Path> files = Files.walk(GOLDENS)) {
      files.forEach(file -> copy(file, temporary.resolve(GOLDENS.relativize(file).toString())));
    }
  }

  private static void copy(Path from, Path to) {
    try {
      if (Files.isDirectory(from)) {
        Files.createDirectories(to);
      } else {
        Files.copy(from, to);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DataSplits open(Path folder) {
    return DataSources.open(folder.toString(), 0.1, 1);
  }

  private static String file(Dataset dataset, int index) {
    String id = dataset.id(index);
    return id.substring(id.lastIndexOf('/') + 1);
  }

  /** The class of each image by its file's name. */
  private static Map<String, String> classes(Dataset dataset) {
    Map<String, String> classes = new TreeMap<>();
    for (int i = 0; i < dataset.size(); i++) {
      classes.put(file(dataset, i), dataset.classNames().get(dataset.label(i)));
    }
    return classes;
  }

  private static Map<String, byte[]> pixels(Dataset dataset) {
    Map<String, byte[]> pixels = new TreeMap<>();
    for (int i = 0; i < dataset.size(); i++) {
      pixels.put(file(dataset, i), dataset.image(i).pixels());
    }
    return pixels;
  }

  @Test
  void classesAreRanksOfWnids() {
    DataSplits splits = open(distributed);
    assertThat(splits.train().classNames())
        .containsExactly(
            "n01440764 tench",
            "n01443537 goldfish",
            "n02100735 English setter",
            "n02119789 kit fox");
    assertThat(splits.validation().classNames()).isEqualTo(splits.train().classNames());
    assertThat(splits.train().size()).isEqualTo(40);
    assertThat(splits.validation().size()).isEqualTo(12);
    assertThat(splits.test()).isNull();
    for (int i = 0; i < 40; i++) {
      assertThat(splits.train().label(i)).isEqualTo(i / 10);
      assertThat(file(splits.train(), i))
          .startsWith(splits.train().classNames().get(i / 10).substring(0, 9) + "_");
    }
  }

  /** Python wrote both, by ways that share nothing after the images. */
  @Test
  void bothLayoutsSayTheSame() {
    DataSplits one = open(distributed);
    DataSplits other = open(kaggle);
    assertThat(classes(one.train())).isEqualTo(classes(other.train()));
    assertThat(classes(one.validation())).isEqualTo(classes(other.validation()));
    Map<String, byte[]> pixels = pixels(other.validation());
    pixels(one.validation())
        .forEach((file, values) -> assertThat(values).isEqualTo(pixels.get(file)));
  }

  @Test
  void unpackedItIsTheSame() throws IOException {
    Map<String, String> train = classes(open(distributed).train());
    Map<String, String> validation = classes(open(distributed).validation());
    Files.delete(distributed.resolve(TRAIN));
    Files.delete(distributed.resolve(VALIDATION));
    Path images = kaggle.resolve("ILSVRC/Data/CLS-LOC");
    Files.move(images.resolve("train"), distributed.resolve("train"));
    Files.move(images.resolve("val"), distributed.resolve("val"));
    assertThat(classes(open(distributed).train())).isEqualTo(train);
    assertThat(classes(open(distributed).validation())).isEqualTo(validation);
  }

  /** Were the development kit's numbers taken for labels, or mapped in another order. */
  @Test
  void shuffledNumbersMakeOtherLabels() throws IOException {
    Map<String, String> right = classes(open(distributed).validation());
    rewriteDevkit(id -> id % 4 + 1);
    Map<String, String> wrong = classes(open(distributed).validation());
    assertThat(wrong.keySet()).isEqualTo(right.keySet());
    right.forEach((file, name) -> assertThat(wrong.get(file)).isNotEqualTo(name));
  }

  /** The same kit by another library, its classes in another order and with other numbers. */
  private void rewriteDevkit(IntUnaryOperator numbers) throws IOException {
    Devkit devkit = Devkit.read(distributed.resolve(DEVKIT));
    List<Synsets.Synset> synsets = new ArrayList<>(devkit.synsets().sorted());
    Struct struct = Mat5.newStruct(synsets.size(), 1);
    for (int i = 0; i < synsets.size(); i++) {
      struct.set("ILSVRC2012_ID", i, Mat5.newScalar(numbers.applyAsInt(synsets.get(i).id())));
      struct.set("WNID", i, Mat5.newString(synsets.get(i).wnid()));
      struct.set("words", i, Mat5.newString(synsets.get(i).words()));
      struct.set("num_children", i, Mat5.newScalar(0));
    }
    Path data = distributed.resolve("ILSVRC2012_devkit_t12").resolve("data");
    Files.createDirectories(data);
    try (MatFile file = Mat5.newMatFile().addArray("synsets", struct)) {
      try (var sink = Sinks.newStreamingFile(data.resolve("meta.mat").toFile())) {
        Mat5.newWriter(sink).writeMat(file);
      }
    }
    List<String> truth = IntStream.of(devkit.validationIds()).mapToObj(Integer::toString).toList();
    Files.write(data.resolve("ILSVRC2012_validation_ground_truth.txt"), truth);
    Files.writeString(data.resolve("ILSVRC2014_clsloc_validation_blacklist.txt"), "3\n7\n");
    Files.delete(distributed.resolve(DEVKIT));
  }

  @Test
  void blacklistIsForLocalisationOnly() throws IOException {
    rewriteDevkit(id -> id);
    DataSources.Found found = DataSources.recognise(distributed.toString());
    assertThat(found.notes())
        .containsExactly(
            "2 validation images are blacklisted for localisation; classification takes them all");
    assertThat(open(distributed).validation().size()).isEqualTo(12);
  }

  @Test
  void testImagesHaveNoLabels() {
    for (Path folder : List.of(distributed, kaggle)) {
      Dataset test = DataSources.openUnlabelled(folder.toString());
      assertThat(test.size()).isEqualTo(8);
      assertThat(test.isLabelled()).isFalse();
      assertThat(test.label(7)).isEqualTo(Dataset.UNKNOWN);
      assertThat(file(test, 0)).isEqualTo("ILSVRC2012_test_00000001.JPEG");
      RgbImage image = test.image(3);
      assertThat(image.width()).isBetween(48, 80);
      assertThatThrownBy(() -> DataSources.openLabelled(folder.toString(), Split.TEST, 0.1, 1))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("have no labels: evaluate split val, or write a submission");
    }
  }

  @Test
  void validationImagesSuffice() throws IOException {
    Files.delete(distributed.resolve(TRAIN));
    Dataset dataset = DataSources.openLabelled(distributed.toString(), null, 0.1, 1);
    assertThat(dataset.name()).isEqualTo("distributed/val");
    assertThat(DataSources.openLabelled(distributed.toString(), Split.VAL, 0.1, 1).size())
        .isEqualTo(12);
    assertThatThrownBy(() -> open(distributed))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no training images");
  }

  @Test
  void indexIsKeptAndChecked() throws IOException {
    Dataset first = open(distributed).train();
    Path index = distributed.resolve(TRAIN + ".vgg4j-index");
    byte[] content = Files.readAllBytes(index);
    assertThat(open(distributed).train().fingerprint()).isEqualTo(first.fingerprint());
    Random random = new Random(5);
    for (int i = 0; i < 50; i++) {
      byte[] damaged = content.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(index, damaged);
      assertThat(open(distributed).train().fingerprint()).isEqualTo(first.fingerprint());
      assertThat(Files.readAllBytes(index)).isEqualTo(content);
    }
  }

  /** Such as macOS leaves, and what else is no image: in archives as in folders. */
  @Test
  void onlyVisibleImagesCount() throws IOException {
    Path archive = distributed.resolve(VALIDATION);
    tar(
        archive,
        Map.of(
            "ILSVRC2012_val_00000002.JPEG",
            jpeg(),
            "._ILSVRC2012_val_00000002.JPEG",
            new byte[9],
            "sub/.hidden/ILSVRC2012_val_00000003.JPEG",
            jpeg(),
            "README.txt",
            new byte[9]));
    assertThat(open(distributed).validation().size()).isEqualTo(1);
    Files.delete(archive);
    Path images = kaggle.resolve("ILSVRC/Data/CLS-LOC/val");
    Files.write(images.resolve("._ILSVRC2012_val_00000002.JPEG"), new byte[9]);
    assertThat(open(kaggle).validation().size()).isEqualTo(12);
    Files.move(images, distributed.resolve("val"));
    assertThat(open(distributed).validation().size()).isEqualTo(12);
  }

  @Test
  void unpackingThatWasCutShort() throws IOException {
    Path images = kaggle.resolve("ILSVRC/Data/CLS-LOC");
    deleteBelow(images.resolve("train/n01440764"));
    assertThatThrownBy(() -> open(kaggle))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "kaggle/train and the list of classes differ: 1 have no images, such as n01440764"
                + " tench");
    for (String part : List.of("train", "val", "test")) {
      deleteBelow(images.resolve(part));
    }
    assertThatThrownBy(() -> open(kaggle))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("CLS-LOC holds neither train nor val nor test: unpack the images");
  }

  private static void deleteBelow(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void testImagesNeedTheClasses() throws IOException {
    for (String file : List.of(TRAIN, VALIDATION, DEVKIT)) {
      Files.delete(distributed.resolve(file));
    }
    assertThatThrownBy(() -> open(distributed))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("holds only test images, and the classes are missing: put " + DEVKIT);
  }

  /** In the user's cache, where nothing can be written beside the archive. */
  @Test
  void indexIsKeptElsewhere() throws IOException {
    Path archive = distributed.resolve(VALIDATION);
    Files.createDirectory(distributed.resolve(VALIDATION + ".vgg4j-index")); // in its way
    Path cache = temporary.resolve("cache");
    TarIndex first = TarArchive.open(archive, cache).index();
    Path kept;
    try (Stream<Path> files = Files.list(cache)) {
      kept = files.findFirst().orElseThrow();
    }
    long made = Files.getLastModifiedTime(kept).toMillis();
    Files.setLastModifiedTime(kept, FileTime.fromMillis(made - 5000));
    TarIndex second = TarArchive.open(archive, cache).index();
    assertThat(second.size()).isEqualTo(first.size()).isEqualTo(12);
    assertThat(Files.getLastModifiedTime(kept).toMillis()).as("read").isEqualTo(made - 5000);
    Path nowhere = Files.writeString(temporary.resolve("file"), "in the way of a folder");
    assertThat(TarArchive.open(archive, nowhere).index().size()).isEqualTo(12);
  }

  /** Another archive of the same name. */
  @Test
  void indexOfAnotherArchiveIsMadeAnew() throws IOException {
    assertThat(open(distributed).validation().size()).isEqualTo(12);
    tar(distributed.resolve(VALIDATION), Map.of("ILSVRC2012_val_00000005.JPEG", jpeg()));
    Dataset validation = open(distributed).validation();
    assertThat(validation.size()).isEqualTo(1);
    assertThat(validation.id(0)).endsWith("ILSVRC2012_val_00000005.JPEG");
  }

  private byte[] jpeg() throws IOException {
    return Files.readAllBytes(
        kaggle.resolve("ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000001.JPEG"));
  }

  private static void tar(Path file, Map<String, byte[]> files) throws IOException {
    try (OutputStream stream = Files.newOutputStream(file);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(stream)) {
      for (Map.Entry<String, byte[]> entry : new TreeMap<>(files).entrySet()) {
        TarArchiveEntry header = new TarArchiveEntry(entry.getKey());
        header.setSize(entry.getValue().length);
        tar.putArchiveEntry(header);
        tar.write(entry.getValue());
        tar.closeArchiveEntry();
      }
    }
  }

  @Test
  void cutArchivesAreASentence() throws IOException {
    for (String name : List.of(TRAIN, VALIDATION, DEVKIT)) {
      Path file = distributed.resolve(name);
      byte[] content = Files.readAllBytes(file);
      for (int length :
          new int[] {0, 100, 512, 1300, content.length / 2, content.length - 11_000}) {
        if (length < 0 || length >= content.length) {
          continue;
        }
        Files.write(file, Arrays.copyOf(content, length));
        assertThat(catchThrowable(() -> open(distributed)))
            .as("%s of %d bytes", name, length)
            .isInstanceOf(InputException.class)
            .hasMessageContaining(name)
            .hasMessageContaining("copy it again");
      }
      Files.write(file, content);
    }
  }

  @Test
  void whatIsMissingIsASentence() throws IOException {
    Files.delete(distributed.resolve(DEVKIT));
    assertThatThrownBy(() -> open(distributed))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("but not their labels: put " + DEVKIT + " beside them");
    Files.delete(kaggle.resolve("LOC_val_solution.csv"));
    assertThatThrownBy(() -> open(kaggle))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("lacks the labels of its images: put ")
        .hasMessageContaining("LOC_val_solution.csv there");
  }

  @Test
  void whatDoesNotFitIsASentence() throws IOException {
    Path solution = kaggle.resolve("LOC_val_solution.csv");
    String text = Files.readString(solution);
    Files.writeString(solution, text.replace("n01440764", "n99999999"));
    assertThatThrownBy(() -> open(kaggle))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("names no class of LOC_synset_mapping.txt");
    Files.writeString(solution, text.replaceFirst("ILSVRC2012_val_0000000\\d,.*\n", ""));
    assertThatThrownBy(() -> open(kaggle))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no line in");
    tar(
        distributed.resolve(VALIDATION),
        Map.of("ILSVRC2012_val_00000013.JPEG", "".getBytes(StandardCharsets.UTF_8)));
    assertThatThrownBy(() -> open(distributed))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "has no line in ILSVRC2012_validation_ground_truth.txt, which has 12");
  }

  @Test
  void solutionMustAgreeWithTheFolders() throws IOException {
    Path solution = kaggle.resolve("LOC_train_solution.csv");
    String text = Files.readString(solution);
    Files.writeString(solution, text.replaceFirst(",n01440764 ", ",n02119789 "));
    assertThatThrownBy(() -> open(kaggle))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("lies in the folder of n01440764 tench, but")
        .hasMessageContaining("says n02119789 kit fox");
  }

  /** Spreadsheets add a mark, CR and quotes. */
  @Test
  void listsThatWereSavedAnew() throws IOException {
    Map<String, String> before = classes(open(kaggle).validation());
    for (String file : List.of("LOC_synset_mapping.txt", "LOC_val_solution.csv")) {
      Path list = kaggle.resolve(file);
      String text = Files.readString(list).replaceAll("(?m)^(ILSVRC\\w+),(.*)$", "$1,\"$2\"");
      Files.writeString(list, "\uFEFF" + text.replace("\n", "\r\n"));
    }
    assertThat(classes(open(kaggle).validation())).isEqualTo(before);
  }

  @Test
  void contradictionsAndMissingFirstLinesAreRefused() throws IOException {
    Path solution = kaggle.resolve("LOC_val_solution.csv");
    List<String> lines = Files.readAllLines(solution);
    Files.write(solution, lines.subList(1, lines.size()));
    assertThatThrownBy(() -> open(kaggle))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("does not begin with the line ImageId,PredictionString");
    String image = lines.get(1).substring(0, lines.get(1).indexOf(','));
    String other = lines.get(1).contains("n01440764") ? "n01443537" : "n01440764";
    List<String> more = new ArrayList<>(lines);
    more.add(image + "," + other + " 1 1 2 2 ");
    Files.write(solution, more);
    assertThatThrownBy(() -> open(kaggle))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "says " + other + " of " + image + ", but an earlier line another class");
  }

  @Test
  void lostValidationImagesAreSaid() throws IOException {
    Files.delete(kaggle.resolve("ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000003.JPEG"));
    assertThat(open(kaggle).notes())
        .contains(
            "1 images of %s are missing: results are for the others"
                .formatted(kaggle.resolve("LOC_val_solution.csv")));
    assertThat(open(distributed).notes()).noneMatch(note -> note.contains("missing"));
  }

  /** Someone sorted them, so that their classes are known. */
  @Test
  void testImagesInClassFoldersAreLabelled() throws IOException {
    Files.delete(distributed.resolve("ILSVRC2012_img_test.tar"));
    for (Path images : List.of(kaggle.resolve("ILSVRC/Data/CLS-LOC"), distributed)) {
      if (Files.exists(images.resolve("test"))) {
        deleteBelow(images.resolve("test"));
      }
      for (String wnid : List.of("n01440764", "n01443537", "n02100735", "n02119789")) {
        Path folder = Files.createDirectories(images.resolve("test").resolve(wnid));
        Files.write(folder.resolve("some.JPEG"), jpeg());
      }
    }
    for (Path folder : List.of(distributed, kaggle)) {
      DataSplits splits = open(folder);
      assertThat(splits.test().size()).isEqualTo(4);
      assertThat(splits.test().label(3)).isEqualTo(3);
      assertThat(splits.test().classNames()).isEqualTo(splits.train().classNames());
    }
  }

  /** Those of other data sets, or of some classes only. */
  @Test
  void testImagesInOtherClassFoldersStayUnlabelled() throws IOException {
    Files.delete(distributed.resolve("ILSVRC2012_img_test.tar"));
    Path other = Files.createDirectories(distributed.resolve("test/n01440764"));
    Files.write(other.resolve("some.JPEG"), jpeg());
    assertThat(open(distributed).test()).isNull();
    Path unknown = Files.createDirectories(distributed.resolve("test/n99999999"));
    Files.write(unknown.resolve("some.JPEG"), jpeg());
    assertThat(open(distributed).test()).isNull();
  }

  @Test
  void testImagesThatAreLeftOutAreSaid() throws IOException {
    Files.delete(distributed.resolve(DEVKIT));
    Files.delete(distributed.resolve(VALIDATION));
    assertThat(open(distributed).notes())
        .contains(
            "the test images in %s are left out, since the list of classes is missing: put %s beside them"
                .formatted(distributed, DEVKIT));
  }

  @Test
  void aFolderThatIsNoClassHidesNoImages() throws IOException {
    Files.delete(distributed.resolve(VALIDATION));
    Path images = kaggle.resolve("ILSVRC/Data/CLS-LOC/val");
    Files.move(images, distributed.resolve("val"));
    Map<String, String> before = classes(open(distributed).validation());
    Files.createDirectory(distributed.resolve("val/notes"));
    Files.writeString(distributed.resolve("val/notes/read.txt"), "nothing");
    assertThat(classes(open(distributed).validation())).isEqualTo(before).hasSize(12);
  }

  /** As editors leave them. */
  @Test
  void blankLinesAtTheEndOfListsDoNotCount() throws IOException {
    Map<String, String> before = classes(open(kaggle).validation());
    Path list = kaggle.resolve("LOC_synset_mapping.txt");
    Files.writeString(list, Files.readString(list) + "\n \n");
    assertThat(classes(open(kaggle).validation())).isEqualTo(before);
    assertThat(Devkit.numbers(List.of("3", "4", "", " "), "list")).containsExactly(3, 4);
    assertThatThrownBy(() -> Devkit.numbers(List.of("3", "", "4"), "list"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 2 of list is ''");
  }

  /** Cut off after the files that are wanted, so that all of them may be there. */
  @Test
  void developmentKitWithoutItsEndIsRefused() throws IOException {
    Path kit = distributed.resolve(DEVKIT);
    byte[] plain;
    try (InputStream stream = new GZIPInputStream(Files.newInputStream(kit))) {
      plain = stream.readAllBytes();
    }
    int end = plain.length;
    while (plain[end - 1] == 0) {
      end--;
    }
    Files.write(kit, Arrays.copyOf(plain, (end + 511) / 512 * 512));
    assertThatThrownBy(() -> open(distributed))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s is cut off or damaged (the end-of-archive mark is missing): copy it again", kit);
  }

  /** Browsers unpack it, and leave the name. */
  @Test
  void developmentKitUnpackedUnderItsName() throws IOException {
    Map<String, String> before = classes(open(distributed).validation());
    Path kit = distributed.resolve(DEVKIT);
    byte[] plain;
    try (InputStream stream = new GZIPInputStream(Files.newInputStream(kit))) {
      plain = stream.readAllBytes();
    }
    Files.write(kit, plain);
    assertThat(classes(open(distributed).validation())).isEqualTo(before);
  }
}
