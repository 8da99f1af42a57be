package org.vgg4j.data.packed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Source;

/** EMNIST's IDX files have a name before the part's, and columns for rows. */
class EmnistTest {
  private static final String LETTERS = "emnist-letters-";
  @TempDir Path root;

  /** Two images of 1 x 2 and their labels. */
  private void write(String prefix, String part, int... labels) throws IOException {
    int[] pixels = new int[2 * labels.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = 10 * i;
    }
    Files.write(
        root.resolve(prefix + part + "-images-idx3-ubyte"),
        Idx.bytes(new int[] {labels.length, 1, 2}, pixels));
    Files.write(
        root.resolve(prefix + part + "-labels-idx1-ubyte"),
        Idx.bytes(new int[] {labels.length}, labels));
  }

  @BeforeEach
  void letters() throws IOException {
    write(LETTERS, "train", 1, 2, 1);
    write(LETTERS, "test", 2);
  }

  @Test
  void lettersHaveNamesAndStandUpright() throws IOException {
    Files.writeString(root.resolve(LETTERS + "mapping.txt"), "1 65 97\n2 66 98\n");
    assertThat(IdxFolder.isOne(root)).isTrue();
    Source source = IdxFolder.open(root, "letters", null);
    Dataset train = source.train();
    assertThat(train.classNames()).containsExactly("A/a", "B/b");
    assertThat(train.size()).isEqualTo(3);
    assertThat(train.label(0)).isZero();
    assertThat(train.label(1)).isEqualTo(1);
    assertThat(source.test().label(0)).isEqualTo(1);
    assertThat(train.image(1).width()).isEqualTo(1);
    assertThat(train.image(1).height()).isEqualTo(2);
    assertThat(train.image(1).pixels()).containsExactly(20, 20, 20, 30, 30, 30);
  }

  @Test
  void withoutTheListClassesAreNumbers() {
    Source source = IdxFolder.open(root, "letters", null);
    assertThat(source.train().classNames()).containsExactly("0", "1", "2");
    assertThat(source.allNotes()).contains("1 of 3 classes have no training image, such as 0");
  }

  @Test
  void pixelsAreTransposed() throws IOException {
    Path file = Files.write(root.resolve("x"), Idx.bytes(new int[] {1, 2, 3}, 1, 2, 3, 4, 5, 6));
    IdxFile turned = IdxFile.read(file, 3).transposed();
    assertThat(turned.dimensions).containsExactly(1, 3, 2);
    assertThat(turned.data).containsExactly(1, 4, 2, 5, 3, 6);
  }

  @Test
  void oneDataSetAtATime() throws IOException {
    write("emnist-digits-", "train", 0, 1);
    assertThatThrownBy(() -> IdxFolder.open(root, "x", null))
        .isInstanceOf(InputException.class)
        .hasMessage(
            root
                + " holds the IDX files of 2 data sets (emnist-digits-..., emnist-letters-...): put"
                + " the four of one into a folder of their own");
  }

  /** What macOS leaves beside each file on disks of other systems. */
  @Test
  void filesLeftBehindAreNoDataSet() throws IOException {
    Path folder = Files.createDirectory(root.resolve("rest"));
    Files.writeString(folder.resolve("._train-images-idx3-ubyte.gz"), "Mac OS X");
    assertThat(IdxFolder.isOne(folder)).isFalse();
    Files.writeString(root.resolve("._" + LETTERS + "train-images-idx3-ubyte"), "Mac OS X");
    assertThat(IdxFolder.open(root, "x", null).train().size()).isEqualTo(3);
  }

  @Test
  void whatIsMissingOrDamagedIsNamed() throws IOException {
    Path mapping = Files.writeString(root.resolve(LETTERS + "mapping.txt"), "1 65 97\n3 67\n");
    assertThatThrownBy(() -> IdxFolder.open(root, "x", null))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "label 2 of the images is not in %s: copy all files of the data set again", mapping);
    Files.writeString(mapping, "1 A\n");
    assertThatThrownBy(() -> IdxFolder.open(root, "x", null))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(mapping + " does not have a label");
    Files.delete(mapping);
    Files.delete(root.resolve(LETTERS + "train-labels-idx1-ubyte"));
    assertThatThrownBy(() -> IdxFolder.open(root, "x", null))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("lacks " + LETTERS + "train-labels-idx1-ubyte");
  }
}
