package org.vgg4j.data.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.image.TestImages;

class ImageFolderDatasetTest {
  @TempDir Path root;

  private ImageFolderDataset open() {
    return new ImageFolderDataset(root, "pets");
  }

  @Test
  void classesAreFoldersInAsciiOrder() throws IOException {
    TestImages.write(root, "b/1.png", 1);
    TestImages.write(root, "a/1.png", 2);
    TestImages.write(root, "Z/1.png", 3);
    TestImages.write(root, "10/1.png", 4);
    TestImages.write(root, "9/1.png", 5);
    ImageFolderDataset dataset = open();
    assertThat(dataset.name()).isEqualTo("pets");
    assertThat(dataset.classNames()).containsExactly("10", "9", "Z", "a", "b");
    assertThat(IntStream.range(0, 5).map(dataset::label)).containsExactly(0, 1, 2, 3, 4);
    assertThat(IntStream.range(0, 5).map(i -> dataset.image(i).width()))
        .containsExactly(4, 5, 3, 2, 1);
  }

  @Test
  void filesAreSortedNestedOnesIncludedOthersPassedOver() throws IOException {
    TestImages.write(root, "cat/b.PNG", 1);
    TestImages.write(root, "cat/a.png", 2);
    TestImages.write(root, "cat/deep/er/c.jpeg", 3);
    TestImages.write(root, "cat/.hidden.png", 4);
    TestImages.write(root, "cat/.thumbs/d.png", 5);
    TestImages.write(root, "dog/x.bmp", 6);
    TestImages.write(root, ".git/y.png", 7);
    Files.writeString(root.resolve("cat/notes.txt"), "text");
    Files.writeString(root.resolve("README"), "text");
    ImageFolderDataset dataset = open();
    assertThat(dataset.classNames()).containsExactly("cat", "dog");
    assertThat(IntStream.range(0, dataset.size()).mapToObj(dataset::id))
        .containsExactly(
            root + "/cat/a.png",
            root + "/cat/b.PNG",
            root + "/cat/deep/er/c.jpeg",
            root + "/dog/x.bmp");
    assertThat(IntStream.range(0, 4).map(dataset::label)).containsExactly(0, 0, 0, 1);
    assertThat(dataset.image(2).width()).isEqualTo(3);
  }

  @Test
  void linkedClassFolderCounts() throws IOException {
    TestImages.write(root, "store/one/1.png", 1);
    TestImages.write(root, "pets/dog/1.png", 2);
    Files.createSymbolicLink(root.resolve("pets/cat"), root.resolve("store/one"));
    ImageFolderDataset dataset = new ImageFolderDataset(root.resolve("pets"), "pets");
    assertThat(dataset.classNames()).containsExactly("cat", "dog");
    assertThat(dataset.image(0).width()).isEqualTo(1);
  }

  @Test
  void fingerprintChangesWithNamesAndSizes() throws IOException {
    TestImages.write(root, "cat/1.png", 1);
    TestImages.write(root, "dog/1.png", 2);
    String fingerprint = open().fingerprint();
    assertThat(fingerprint).matches("[0-9a-f]{64}").isEqualTo(open().fingerprint());
    Files.write(root.resolve("dog/1.png"), new byte[] {1});
    String otherSize = open().fingerprint();
    Files.move(root.resolve("dog/1.png"), root.resolve("dog/2.png"));
    assertThat(open().fingerprint()).isNotEqualTo(otherSize);
    assertThat(otherSize).isNotEqualTo(fingerprint);
  }

  @Test
  void missingFolder() {
    Path missing = root.resolve("photos");
    assertThatThrownBy(() -> new ImageFolderDataset(missing, "photos"))
        .isInstanceOf(InputException.class)
        .hasMessage("there is no folder " + missing + ": check the path");
  }

  @Test
  void fileInsteadOfFolder() throws IOException {
    Path file = Files.createFile(root.resolve("photos"));
    assertThatThrownBy(() -> new ImageFolderDataset(file, "photos"))
        .isInstanceOf(InputException.class)
        .hasMessage(file + " is a file: give a folder with one sub-folder of images per class");
  }

  @Test
  void imagesWithoutClassFolders() throws IOException {
    TestImages.write(root, "1.png", 1);
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s holds images but no class folders: put the images of each class into a sub-folder"
                + " of its own, such as %s/cat/1.jpg and %s/dog/1.jpg",
            root, root, root);
  }

  @Test
  void emptyFolder() {
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(root + " holds neither images nor class folders: put the images");
  }

  @Test
  void oneClass() throws IOException {
    TestImages.write(root, "cat/1.png", 1);
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(root + " holds only one class folder (cat): a classifier needs at least two");
  }

  @Test
  void classFolderWithoutImage() throws IOException {
    TestImages.write(root, "cat/1.png", 1);
    Files.createDirectory(root.resolve("dog"));
    Files.writeString(root.resolve("dog/notes.txt"), "text");
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "class folder %s/dog holds no image (jpg, jpeg, png, bmp, gif, tif, tiff, webp, ppm,"
                + " pgm, pbm or pnm): put some in or remove the folder",
            root);
  }

  @Test
  void linkThatGoesRoundInCircles() throws IOException {
    TestImages.write(root, "cat/1.png", 1);
    TestImages.write(root, "dog/1.png", 1);
    Files.createSymbolicLink(root.resolve("dog/loop"), root.resolve("dog"));
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot list the folder " + root + "/dog (")
        .hasMessageEndingWith("): check permissions and links");
  }

  @Test
  void imageThatCannotBeDecodedIsNamed() throws IOException {
    TestImages.write(root, "cat/1.png", 1);
    TestImages.write(root, "dog/1.png", 1);
    Files.writeString(root.resolve("dog/1.png"), "text");
    ImageFolderDataset dataset = open();
    assertThatThrownBy(() -> dataset.image(1))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(root + "/dog/1.png is not an image");
  }

  @Test
  void fileGoneBeforeTheFingerprint() throws IOException {
    TestImages.write(root, "cat/1.png", 1);
    TestImages.write(root, "dog/1.png", 1);
    ImageFolderDataset dataset = open();
    Files.delete(root.resolve("dog/1.png"));
    assertThatThrownBy(dataset::fingerprint)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "an image below %s cannot be read any more (there is no such file): start again", root);
  }
}
