package org.vgg4j.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.packed.FashionMnist;
import org.vgg4j.data.packed.Idx;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;

class DataSourcesTest {
  @TempDir Path root;

  private void write(String file, int width) throws IOException {
    TestImages.write(root, file, width);
  }

  private DataSplits open() {
    return DataSources.open(root.toString(), 0.1, 7);
  }

  private Dataset openLabelled(Split split) {
    return DataSources.openLabelled(root.toString(), split, 0.1, 7);
  }

  private static List<String> ids(Dataset dataset) {
    return IntStream.range(0, dataset.size()).mapToObj(dataset::id).toList();
  }

  private static int[] countsPerClass(Dataset dataset) {
    int[] counts = new int[dataset.classNames().size()];
    for (int i = 0; i < dataset.size(); i++) {
      counts[dataset.label(i)]++;
    }
    return counts;
  }

  /**
   * Of each class its share; the same with the same seed; validation among them, test untouched.
   */
  @Test
  void someOfTheTrainingImages() {
    DataSplits some = DataSources.open("fashion-mini", 1000, 0.1, 7);
    assertThat(countsPerClass(some.train())).containsOnly(90);
    assertThat(countsPerClass(some.validation())).containsOnly(10);
    assertThat(some.test().size()).isEqualTo(1000);
    assertThat(some.fingerprint())
        .isEqualTo(DataSources.open("fashion-mini", 0.1, 7).fingerprint());
    Set<String> ids = new HashSet<>(ids(some.train()));
    ids.addAll(ids(some.validation()));
    assertThat(ids).hasSize(1000);
    DataSplits again = DataSources.open("fashion-mini", 1000, 0.2, 7);
    assertThat(ids).containsAll(ids(again.train())).containsAll(ids(again.validation()));
    assertThat(ids(DataSources.open("fashion-mini", 1000, 0.1, 8).train()))
        .isNotEqualTo(ids(some.train()));
    assertThat(ids(DataSources.openLabelled("fashion-mini", Split.VAL, 1000, 0.1, 7)))
        .isEqualTo(ids(some.validation()));
  }

  @Test
  void fashionMiniIsBalanced() {
    DataSplits splits = DataSources.open("fashion-mini", 0.1, 7);
    assertThat(splits.name()).isEqualTo("fashion-mini");
    assertThat(countsPerClass(splits.train())).hasSize(10).containsOnly(540);
    assertThat(countsPerClass(splits.validation())).hasSize(10).containsOnly(60);
    assertThat(countsPerClass(splits.test())).hasSize(10).containsOnly(100);
    assertThat(splits.test().classNames())
        .startsWith("T-shirt/top", "Trouser")
        .endsWith("Ankle boot");
    assertThat(splits.test().id(3)).isEqualTo("test/3");
    RgbImage image = splits.train().image(0);
    assertThat(List.of(image.width(), image.height())).containsExactly(28, 28);
  }

  /** Pins the content, so that a resource made anew of other images does not go unnoticed. */
  @Test
  void fashionMiniKeepsItsContent() {
    assertThat(DataSources.open("fashion-mini", 0.1, 7).fingerprint())
        .isEqualTo("8576305780bd1d10c28e287c72f1a35c6eb43cbb6fddbecffda21972fb20ae24");
  }

  @Test
  void fashionMiniFitsItsBudget() throws IOException {
    Path resources = Path.of("src/main/resources/org/vgg4j/data/fashion-mini");
    assumeTrue(Files.isDirectory(resources), "runs where the sources are");
    long bytes = 0;
    try (var files = Files.list(resources)) {
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
    }
    assertThat(bytes).isLessThan(4L << 20);
  }

  @Test
  void fashionMiniIsTheFirstOfFashionMnist() {
    assumeTrue(
        Files.isDirectory(FashionMnist.DEBIAN_FOLDER), "dataset-fashion-mnist is not installed");
    Dataset full = DataSources.openLabelled("fashion-mnist", Split.TEST, 0.1, 7);
    Dataset mini = DataSources.openLabelled("fashion-mini", Split.TEST, 0.1, 7);
    assertThat(full.size()).isEqualTo(10_000);
    assertThat(mini.classNames()).isEqualTo(full.classNames());
    assertThat(mini.label(0)).isEqualTo(full.label(0));
    assertThat(mini.image(0).pixels()).isEqualTo(full.image(0).pixels());
  }

  @Test
  void fashionMnistMissing() {
    Path folder = root.resolve("none");
    assertThatThrownBy(() -> FashionMnist.full(folder))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "Fashion-MNIST is not in %s: run apt-get install dataset-fashion-mnist, or give a"
                + " folder that holds its four IDX files as the data set",
            folder);
  }

  @Test
  void heldOutImagesDependOnTheSeedAlone() {
    DataSplits first = DataSources.open("fashion-mini", 0.1, 7);
    DataSplits again = DataSources.open("fashion-mini", 0.1, 7);
    DataSplits other = DataSources.open("fashion-mini", 0.1, 8);
    assertThat(ids(again.validation())).isEqualTo(ids(first.validation()));
    assertThat(again.validation().fingerprint()).isEqualTo(first.validation().fingerprint());
    assertThat(ids(other.validation())).isNotEqualTo(ids(first.validation()));
    assertThat(other.validation().fingerprint()).isNotEqualTo(first.validation().fingerprint());
    assertThat(other.fingerprint()).isEqualTo(first.fingerprint());
  }

  @Test
  void partsAreDisjointAndComplete() {
    DataSplits splits = DataSources.open("fashion-mini", 0.25, 7);
    Set<String> ids = new HashSet<>(ids(splits.train()));
    ids.addAll(ids(splits.validation()));
    assertThat(ids).hasSize(6000);
    assertThat(splits.validation().size()).isEqualTo(1500);
  }

  @Test
  void unequalClassesAreHeldOutAlike() throws IOException {
    for (int i = 0; i < 16; i++) {
      write("many/" + i + ".png", 1);
    }
    write("two/a.png", 1);
    write("two/b.png", 1);
    assertThat(countsPerClass(open().validation())).containsExactly(2, 1);
    DataSplits most = DataSources.open(root.toString(), 0.99, 7);
    assertThat(countsPerClass(most.train())).containsExactly(1, 1);
  }

  @Test
  void classOfOneImage() throws IOException {
    write("cat/1.png", 1);
    write("dog/1.png", 1);
    write("dog/2.png", 1);
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "class cat of %s has one image, too few to hold one out for validation: add images",
            root.getFileName());
    assertThat(openLabelled(null).size()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, 1.5, Double.NaN})
  void heldOutFractionOutOfRange(double fraction) {
    assertThatThrownBy(() -> DataSources.open("fashion-mini", fraction, 7))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the held-out fraction must be between 0 and 1, not %s: 0.1 is usual", fraction);
  }

  @Test
  void classFolders() throws IOException {
    for (int i = 0; i < 10; i++) {
      write("cat/" + i + ".png", 1);
      write("train/deep/" + i + ".png", 2);
    }
    DataSplits splits = open();
    assertThat(splits.name()).isEqualTo(root.getFileName().toString());
    assertThat(splits.train().name()).isEqualTo(root.getFileName() + "/train");
    assertThat(splits.train().classNames()).containsExactly("cat", "train");
    assertThat(countsPerClass(splits.train())).containsExactly(9, 9);
    assertThat(splits.test()).isNull();
    assertThat(openLabelled(null).size()).isEqualTo(20);
    assertThat(ids(openLabelled(Split.VAL))).isEqualTo(ids(splits.validation()));
    assertThat(ids(openLabelled(Split.TRAIN))).isEqualTo(ids(splits.train()));
  }

  @Test
  void trainValAndTestFolders() throws IOException {
    for (String part : List.of("train", "val", "test")) {
      write(part + "/cat/" + part + ".png", 1);
      write(part + "/dog/" + part + ".png", 2);
    }
    DataSplits splits = open();
    assertThat(ids(splits.train())).allMatch(id -> id.endsWith("/train.png")).hasSize(2);
    assertThat(ids(splits.validation())).allMatch(id -> id.endsWith("/val.png")).hasSize(2);
    assertThat(ids(splits.test())).allMatch(id -> id.endsWith("/test.png")).hasSize(2);
    assertThat(openLabelled(null).name()).isEqualTo(splits.test().name());
    assertThat(openLabelled(Split.VAL).name()).isEqualTo(root.getFileName() + "/val");
  }

  @Test
  void trainAndValFolders() throws IOException {
    for (String part : List.of("train", "val")) {
      write(part + "/cat/1.png", 1);
      write(part + "/dog/1.png", 2);
    }
    assertThat(openLabelled(null).name()).isEqualTo(root.getFileName() + "/val");
    assertThatThrownBy(() -> openLabelled(Split.TEST))
        .isInstanceOf(InputException.class)
        .hasMessage(
            root + " has no test images: add a folder test/ beside train/, or evaluate split val");
  }

  @Test
  void trainFolderAloneIsHeldOutFrom() throws IOException {
    for (int i = 0; i < 10; i++) {
      write("train/cat/" + i + ".png", 1);
      write("train/dog/" + i + ".png", 2);
    }
    assertThat(countsPerClass(open().validation())).containsExactly(1, 1);
    assertThat(countsPerClass(open().train())).containsExactly(9, 9);
  }

  @Test
  void partsOfOtherClasses() throws IOException {
    write("train/cat/1.png", 1);
    write("train/dog/1.png", 1);
    write("val/cat/1.png", 1);
    write("val/cow/1.png", 1);
    String name = root.getFileName().toString();
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s/train and %s/val differ in the class cow: give both the same class folders",
            name, name);
  }

  @Test
  void unknownDataSet() {
    for (String spec : List.of("fashion-nimi", "a\0b")) {
      assertThatThrownBy(() -> DataSources.open(spec, 0.1, 7))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "there is no data set "
                  + spec
                  + ": give fashion-mini, fashion-boxes, fashion-mnist or a folder of images");
    }
  }

  @Test
  void fileInsteadOfFolder() throws IOException {
    Map<String, String> sentences =
        Map.of(
            "a.zip", "an archive: unpack it, and give ",
            "a.tar.gz", "an archive: unpack it, and give ",
            "a.csv", "a list or a text, not images: give ",
            "a.jpg", "an image: give ",
            "a.npz", "not a folder of images: write what is in it as image files, and give ",
            "a", "a file: give ");
    for (Map.Entry<String, String> each : sentences.entrySet()) {
      Path file = Files.createFile(root.resolve(each.getKey()));
      assertThatThrownBy(() -> DataSources.open(file.toString(), 0.1, 7))
          .isInstanceOf(InputException.class)
          .hasMessage(
              file + " is " + each.getValue() + "a folder with one sub-folder of images per class");
    }
    for (String name : List.of("train-images-idx3-ubyte.gz", "ILSVRC2012_img_val.tar")) {
      Path file = Files.createFile(root.resolve(name));
      assertThatThrownBy(() -> DataSources.open(file.toString(), 0.1, 7))
          .hasMessage(
              file
                  + " is one file of a data set: give the folder with all of them, "
                  + file.toAbsolutePath().getParent());
    }
  }

  @Test
  void idxFolder() throws IOException {
    Idx.write(root, "train", 0, 1, 2, 0, 1, 2);
    Idx.write(root, "t10k", 2, 0);
    DataSplits splits = open();
    assertThat(splits.train().classNames()).containsExactly("0", "1", "2");
    assertThat(countsPerClass(splits.validation())).containsExactly(1, 1, 1);
    Dataset test = openLabelled(null);
    assertThat(test.size()).isEqualTo(2);
    assertThat(test.label(0)).isEqualTo(2);
    assertThat(test.image(1).pixels()).containsExactly(1, 1, 1, 0, 0, 0);
  }

  @Test
  void idxFolderWithClassNames() throws IOException {
    Idx.write(root, "train", 0, 1, 0, 1);
    Idx.write(root, "t10k", 1);
    Files.writeString(root.resolve("classes.txt"), "cat\nT-shirt/top \nnone\n");
    DataSplits splits = open();
    assertThat(splits.train().classNames()).containsExactly("cat", "T-shirt/top", "none");
    Files.writeString(root.resolve("classes.txt"), "cat\nT-shirt/top\nmore\n");
    assertThat(open().fingerprint()).isNotEqualTo(splits.fingerprint());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cat\n\ndog\n", "cat\ncat\ndog\n"})
  void emptyOrRepeatedClassName(String classes) throws IOException {
    Idx.write(root, "train", 0, 1, 0, 1);
    Idx.write(root, "t10k", 1);
    Files.writeString(root.resolve("classes.txt"), classes);
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "line 2 of %s is empty or repeats a class name: give one name per line",
            root.resolve("classes.txt"));
  }

  @Test
  void classNamesInAnotherEncoding() throws IOException {
    Idx.write(root, "train", 0, 1, 0, 1);
    Idx.write(root, "t10k", 1);
    Files.write(root.resolve("classes.txt"), new byte[] {'c', (byte) 0xE9, '\n'});
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot read " + root.resolve("classes.txt") + " (")
        .hasMessageEndingWith("): make it a UTF-8 text, one class name per line");
  }

  @Test
  void idxFileMissing() throws IOException {
    Idx.write(root, "train", 0, 1);
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s lacks t10k-images-idx3-ubyte (or t10k-images-idx3-ubyte.gz): put all four IDX files"
                + " into it",
            root);
  }

  @Test
  void idxLabelBeyondTheClasses() throws IOException {
    Idx.write(root, "train", 0, 1, 0, 1);
    Idx.write(root, "t10k", 1, 5);
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "label 5 of image 1 of %s/test is beyond the 2 classes: correct the labels or"
                + " classes.txt",
            root.getFileName());
  }

  @Test
  void idxOfOneClass() throws IOException {
    Idx.write(root, "train", 0, 0);
    Idx.write(root, "t10k", 0);
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s/train has only one class: a classifier needs images of at least two",
            root.getFileName());
  }

  @Test
  void idxCountsDiffer() throws IOException {
    Idx.write(root, "train", 0, 1, 0);
    Files.write(root.resolve("train-labels-idx1-ubyte.gz"), Idx.bytes(new int[] {2}, 0, 1));
    Idx.write(root, "t10k", 0);
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s/train has 3 images but 2 labels: give the label file that belongs to the images",
            root.getFileName());
  }

  /** As editors on Windows write it: a mark first, CR before LF, an empty line at the end. */
  @Test
  void idxClassesWithByteOrderMark() throws IOException {
    Idx.write(root, "train", 0, 1, 0, 1);
    Idx.write(root, "t10k", 1);
    Files.writeString(root.resolve("classes.txt"), "\uFEFFcat\r\ndog\r\n\r\n");
    assertThat(DataSources.open(root.toString(), 0.5, 1).train().classNames())
        .containsExactly("cat", "dog");
  }

  /** As copies of MNIST have them: with a dot, or each file in a folder of its name. */
  @Test
  void idxFilesByOtherUsualNames() throws IOException {
    Idx.write(root, "train", 0, 1, 0, 1);
    Idx.write(root, "t10k", 1, 0, 1);
    rename("train-images-idx3-ubyte", "train-images.idx3-ubyte");
    rename("train-labels-idx1-ubyte.gz", "train-labels.idx1-ubyte.gz");
    rename("t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.tmp");
    rename("t10k-images-idx3-ubyte.tmp", "t10k-images-idx3-ubyte/t10k-images-idx3-ubyte");
    DataSplits splits = DataSources.open(root.toString(), 0.5, 1);
    assertThat(splits.train().size() + splits.validation().size()).isEqualTo(4);
    assertThat(splits.test().size()).isEqualTo(3);
    assertThat(splits.test().label(1)).isZero();
  }

  private void rename(String from, String to) throws IOException {
    Files.createDirectories(root.resolve(to).getParent());
    Files.move(root.resolve(from), root.resolve(to));
  }

  /** As EMNIST's letters are: 1 to 26. */
  @Test
  void labelsFromOneLeaveTheFirstClassEmptyAndThatIsSaid() throws IOException {
    Idx.write(root, "train", 1, 2, 1, 2);
    Idx.write(root, "t10k", 1);
    assertThat(DataSources.open(root.toString(), 0.5, 1).notes())
        .containsExactly("1 of 3 classes have no training image, such as 0");
  }
}
