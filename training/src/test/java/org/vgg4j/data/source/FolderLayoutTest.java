package org.vgg4j.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.packed.Idx;
import org.vgg4j.image.TestImages;

/**
 * Folders as people have them: parts are parts, classes are classes, and what is neither is said.
 */
class FolderLayoutTest {
  @TempDir Path temporary;

  /** Writes two images into each folder; its name's end may be another image of its own. */
  private Path tree(String... folders) throws IOException {
    Path root = temporary.resolve("pets");
    Files.createDirectories(root);
    for (String folder : folders) {
      TestImages.write(root, folder + "/1.png", 3);
      TestImages.write(root, folder + "/2.png", 4);
    }
    return root;
  }

  private static Map<String, Integer> sizes(DataSources.Found found) {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    found.parts().forEach((part, images) -> sizes.put(part, images.size()));
    return sizes;
  }

  private void assertParts(Path root, List<String> parts) {
    DataSources.Found found = DataSources.recognise(root.toString());
    assertThat(found.parts().keySet()).containsExactlyElementsOf(parts);
    found
        .parts()
        .values()
        .forEach(
            images -> {
              assertThat(images.classNames()).containsExactly("cat", "dog");
              assertThat(images.size()).isEqualTo(4);
            });
  }

  private static void assertRefused(Path root, String... words) {
    assertThatThrownBy(() -> DataSources.recognise(root.toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll(words);
  }

  @ParameterizedTest
  @CsvSource({
    "train, valid, val",
    "train, validation, val",
    "train, Val, val",
    "train, dev, val",
    "Training, Testing, test",
    "TRAIN, TEST, test",
    "training, validation, val",
    "seg_train, seg_test, test",
    "images_train, images_val, val",
    "train_images, test_images, test",
    "train-set, test-set, test",
    "trainset, testset, test",
    "TrainSet, ValidationSet, val",
    "trainData, testData, test",
    "01_train, 02_test, test",
    "train2017, val2017, val",
    "fruits-360_Training, fruits-360_Test, test",
    "tr, te, test",
    "train, eval, test",
    "trainval, test, test",
    "train_val, test, test",
    "train.resized, test.resized, test"
  })
  void twoParts(String train, String other, String part) throws IOException {
    Path root = tree(train + "/cat", train + "/dog", other + "/cat", other + "/dog");
    assertParts(root, List.of("train", part));
    DataSplits splits = DataSources.open(root.toString(), 0.1, 1);
    assertThat(splits.train().id(0)).contains("/" + train + "/");
    Dataset held = part.equals("val") ? splits.validation() : splits.test();
    assertThat(held.id(0)).contains("/" + other + "/");
  }

  @ParameterizedTest
  @CsvSource({
    "train, valid, test",
    "Train, Validation, Test",
    "TRAINING, VALIDATION, TESTING",
    "tr, val, tst",
    "1 train, 2 val, 3 test"
  })
  void threeParts(String train, String val, String test) throws IOException {
    Path root =
        tree(
            train + "/cat",
            train + "/dog",
            val + "/cat",
            val + "/dog",
            test + "/cat",
            test + "/dog");
    assertParts(root, List.of("train", "val", "test"));
  }

  /**
   * What it is called does not change what it is: runs over such folders go on. Python's hashlib
   * made the sum, of the numbers and names that the first version took.
   */
  @Test
  void theFingerprintIsThatOfThePlainNames() throws IOException {
    Path root = temporary.resolve("pets");
    for (String folder : List.of("train/cat", "train/dog", "val/cat", "val/dog")) {
      Files.createDirectories(root.resolve(folder));
      Files.write(root.resolve(folder).resolve("1.png"), new byte[5]);
      Files.write(root.resolve(folder).resolve("2.png"), new byte[7]);
    }
    String plain = DataSources.fingerprint(root.toString());
    assertThat(plain).isEqualTo("c1aa0179cb2db2d24bf75f0fe8448cf681a16bb713919a1c93db5b04498a4742");
    assertThat(DataSources.recognise(root.toString()).notes()).isEmpty();
    Files.move(root.resolve("val"), root.resolve("Validation"));
    assertThat(DataSources.fingerprint(root.toString())).isEqualTo(plain);
    assertThat(DataSources.recognise(root.toString()).notes())
        .containsExactly("train is in train, val is in Validation");
  }

  @Test
  void foldersInFolders() throws IOException {
    Path root =
        tree(
            "data/pets/train/cat",
            "data/pets/train/dog",
            "data/pets/test/cat",
            "data/pets/test/dog");
    Files.createDirectories(root.resolve("__MACOSX/data"));
    Files.write(root.resolve("__MACOSX/data/._1.png"), new byte[9]);
    Files.createDirectories(root.resolve(".ipynb_checkpoints"));
    Files.writeString(root.resolve("README.md"), "pets");
    assertParts(root, List.of("train", "test"));
    assertThat(DataSources.recognise(root.toString()).notes())
        .containsExactly("the data set used is in " + root.resolve("data/pets"));
  }

  @Test
  void classFoldersInAFolder() throws IOException {
    Path root = tree("archive/cat", "archive/dog");
    assertParts(root, List.of("train"));
    Files.createDirectories(root.resolve("meta"));
    Files.writeString(root.resolve("meta/classes.txt"), "cat");
    assertParts(root, List.of("train"));
  }

  @Test
  void partsInFoldersOfTheirOwn() throws IOException {
    Path root =
        tree(
            "seg_train/seg_train/cat",
            "seg_train/seg_train/dog",
            "seg_test/seg_test/cat",
            "seg_test/seg_test/dog",
            "seg_pred/seg_pred");
    assertParts(root, List.of("train", "test"));
    assertThat(DataSources.recognise(root.toString()).notes())
        .containsExactly(
            "train is in seg_train/seg_train, test is in seg_test/seg_test",
            "folder %s is passed over: its name is that of no part (train, val or test)"
                .formatted(root.resolve("seg_pred")));
  }

  /** As a well-known archive of X-ray images unpacks. */
  @Test
  void aSecondCopyInside() throws IOException {
    Path root =
        tree(
            "train/cat",
            "train/dog",
            "val/cat",
            "val/dog",
            "pets/train/cat",
            "pets/train/dog",
            "pets/val/cat",
            "pets/val/dog");
    assertParts(root, List.of("train", "val"));
    assertThat(DataSources.recognise(root.toString()).notes())
        .singleElement()
        .asString()
        .contains("folder " + root.resolve("pets") + " is passed over");
  }

  @ParameterizedTest
  @ValueSource(strings = {"test", "test1", "pred", "unlabeled", "Predictions"})
  void picturesOfUnknownClasses(String folder) throws IOException {
    Path root = tree("train/cat", "train/dog", folder);
    assertParts(root, List.of("train"));
    assertThat(DataSources.recognise(root.toString()).notes())
        .singleElement()
        .asString()
        .startsWith("folder " + root.resolve(folder) + " is passed over");
    assertThatThrownBy(() -> DataSources.openLabelled(root.toString(), Split.TEST, 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no test images");
  }

  @Test
  void foldersWithoutPicturesAreNoConcern() throws IOException {
    Path root = tree("train/cat", "train/dog");
    Files.createDirectories(root.resolve("annotations/cat"));
    Files.writeString(root.resolve("annotations/cat/1.xml"), "<a/>");
    assertParts(root, List.of("train"));
    assertThat(DataSources.recognise(root.toString()).notes()).isEmpty();
  }

  @Test
  void testImagesAlone() throws IOException {
    Path root = tree("test/cat", "test/dog");
    assertParts(root, List.of("test"));
    assertThatThrownBy(() -> DataSources.open(root.toString(), 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no training images");
  }

  @ParameterizedTest
  @CsvSource({"val, valid", "test, Testing", "dev, validation", "test, test2"})
  void twoFoldersForOnePart(String one, String other) throws IOException {
    Path root =
        tree("train/cat", "train/dog", one + "/cat", one + "/dog", other + "/cat", other + "/dog");
    assertRefused(
        root, root.resolve(one).toString(), root.resolve(other).toString(), "the same part");
  }

  @Test
  void classesThatAreCalledLikeParts() throws IOException {
    Path root = tree("train", "car", "bus");
    DataSources.Found found = DataSources.recognise(root.toString());
    assertThat(found.parts().get("train").classNames()).containsExactly("bus", "car", "train");
    Path other = temporary.resolve("test");
    Files.move(root.resolve("train"), root.resolve("test"));
    assertThat(DataSources.recognise(root.toString()).parts().get("train").classNames())
        .containsExactly("bus", "car", "test");
    assertThat(other).doesNotExist();
  }

  @Test
  void partsWithoutClasses() throws IOException {
    for (List<String> names : List.of(List.of("train", "test"), List.of("Training", "valid"))) {
      Path root = tree(names.toArray(new String[0]));
      assertRefused(root, "hold images but no class folders", root.resolve(names.get(1)) + "");
      for (String name : names) {
        Files.delete(root.resolve(name).resolve("1.png"));
        Files.delete(root.resolve(name).resolve("2.png"));
        Files.delete(root.resolve(name));
      }
    }
    Path root = tree("train/cat", "train/dog", "val");
    assertRefused(root, root.resolve("val") + " holds images but no class folders");
  }

  @Test
  void aPartBesideAClass() throws IOException {
    Path root = tree("train/cat", "train/dog", "bus");
    assertRefused(root, root.resolve("train") + " holds folders (cat, dog)", root + "/bus");
  }

  @ParameterizedTest
  @CsvSource({
    "fold1, fold2",
    "2019, 2020",
    "Pruefen, Trainieren",
    "apprentissage, essai",
    "left, right"
  })
  void theSameFoldersEverywhere(String one, String other) throws IOException {
    Path root = tree(one + "/cat", one + "/dog", other + "/cat", other + "/dog");
    assertRefused(
        root, one + ", " + other, "the same sub-folders (cat, dog)", "call the outer ones train");
  }

  @Test
  void almostTheSameFoldersEverywhere() throws IOException {
    Path root = tree("fold1/cat", "fold1/dog", "fold1/cow", "fold2/cat", "fold2/dog");
    assertRefused(root, "the same sub-folders (cat, dog)");
    Path stray = root.resolve("fold1/loose.png");
    Files.copy(root.resolve("fold1/cat/1.png"), stray);
    assertRefused(root, "the same sub-folders (cat, dog)");
  }

  @Test
  void partsInClasses() throws IOException {
    Path root = tree("cat/train", "cat/test", "dog/train", "dog/test");
    assertRefused(root, "each of cat, dog holds test, train", root + "/test/cat");
  }

  @Test
  void nestedClassesStayClasses() throws IOException {
    Path root = tree("cat/persian", "cat/siamese", "dog/poodle", "dog/boxer/old");
    assertParts(root, 8, "cat", "dog");
  }

  @Test
  void oneFolderInEachClassStaysAClass() throws IOException {
    Path root = tree("n01443537/images", "n01629819/images");
    assertParts(root, 4, "n01443537", "n01629819");
  }

  private void assertParts(Path root, int images, String... classes) {
    Dataset found = DataSources.recognise(root.toString()).parts().get("train");
    assertThat(found.classNames()).containsExactly(classes);
    assertThat(found.size()).isEqualTo(images);
  }

  /** Strays are named, in parts as in classes, and make no part a class. */
  @Test
  void picturesBesideTheClassFolders() throws IOException {
    Path root = tree("train/cat", "train/dog", "test/cat", "test/dog");
    Files.copy(root.resolve("train/cat/1.png"), root.resolve("train/loose.png"));
    assertParts(root, List.of("train", "test"));
    assertThat(DataSources.recognise(root.toString()).notes())
        .containsExactly(
            "1 image beside the class folders of %s is passed over (not in a class folder): loose.png"
                .formatted(root.resolve("train")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpg", "png", "gif", "pam", "photos.jpg"})
  void foldersCalledLikeImages(String name) throws IOException {
    Path root = tree(name + "/cat", name + "/dog");
    assertThat(sizes(DataSources.recognise(root.toString())))
        .containsExactly(Map.entry("train", 4));
    Path classes = tree("../formats/jpg", "../formats/png").resolveSibling("formats");
    assertThat(DataSources.recognise(classes.toString()).parts().get("train").classNames())
        .containsExactly("jpg", "png");
  }

  @Test
  void idxFilesBesideClasses() throws IOException {
    Path root = tree("cat", "dog");
    Idx.write(root, "train", 0, 1);
    Idx.write(root, "t10k", 0, 1);
    assertRefused(root, "holds IDX files and also folders of images (such as cat and dog)");
  }

  /** One part from a Mac, one from elsewhere. */
  @Test
  void partsInTwoFormsOfUnicode() throws IOException {
    String apart = Normalizer.normalize("müsli", Normalizer.Form.NFD);
    Path root = tree("train/" + apart, "train/apple", "val/müsli", "val/apple");
    assertThat(DataSources.recognise(root.toString()).parts().get("val").label(2)).isEqualTo(1);
    // ü comes after z, and u before it
    Files.createDirectory(root.resolve("val/mz"));
    Files.createDirectory(root.resolve("train/mz"));
    TestImages.write(root, "val/mz/1.png", 3);
    TestImages.write(root, "train/mz/1.png", 3);
    assertRefused(root, "have their classes in different orders", "--nfc");
  }

  @Test
  void idxFilesInAFolder() throws IOException {
    Path root = Files.createDirectories(temporary.resolve("mnist"));
    Path raw = Files.createDirectories(root.resolve("MNIST/raw"));
    Idx.write(raw, "train", 0, 1, 0, 1);
    Idx.write(raw, "t10k", 0, 1);
    assertThat(sizes(DataSources.recognise(root.toString()))).containsEntry("train", 4);
  }

  @Test
  void aFolderThatHoldsItself() throws IOException {
    Path root = tree();
    Files.createSymbolicLink(root.resolve("again"), root);
    assertThatThrownBy(() -> DataSources.recognise(root.toString()))
        .isInstanceOf(InputException.class);
  }
}
