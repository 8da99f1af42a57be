package org.vgg4j.data.caltech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.caltech.CaltechFolder.Edition;
import org.vgg4j.data.caltech.CaltechFolder.Split;

/** Caltech's folders and splits. */
class CaltechFolderTest {
  @TempDir Path folder;

  /** Empty files, since nothing is decoded here; class k has images + k of them. */
  private Path make(String root, String background, int classes, int images) throws IOException {
    Path place = folder.resolve(root);
    for (int k = 0; k < classes; k++) {
      Path own = place.resolve(k == 0 ? background : "%03d.class".formatted(k));
      Files.createDirectories(own);
      for (int i = 0; i < images + k; i++) {
        Files.createFile(own.resolve("image_%04d.jpg".formatted(i + 1)));
      }
    }
    return place;
  }

  @Test
  void caltech101IsFoundAndSplitAsInThePaper() throws IOException {
    Path place = make("101_ObjectCategories", "BACKGROUND_Google", 102, 31);

    CaltechFolder caltech = CaltechFolder.open(folder);

    assertThat(CaltechFolder.open(place).images().size()).isEqualTo(caltech.images().size());
    assertThat(caltech.edition()).isEqualTo(Edition.CALTECH_101);
    assertThat(caltech.images().classNames()).hasSize(102).contains("BACKGROUND_Google");
    Split split = caltech.split(0, 1);
    int[] labels = caltech.labels();
    for (int k = 0; k < 102; k++) {
      int own = k;
      long images = Arrays.stream(labels).filter(label -> label == own).count();
      assertThat(Arrays.stream(split.train()).filter(i -> labels[i] == own)).hasSize(30);
      assertThat(Arrays.stream(split.test()).filter(i -> labels[i] == own))
          .hasSize((int) Math.min(50, images - 30));
    }
    assertThat(IntStream.concat(Arrays.stream(split.train()), Arrays.stream(split.test())))
        .doesNotHaveDuplicates();
    assertThat(caltech.split(0, 1).train()).isEqualTo(split.train());
    assertThat(caltech.split(1, 1).train()).isNotEqualTo(split.train());
    assertThat(caltech.split(0, 2).train()).isNotEqualTo(split.train());
  }

  @Test
  void caltech256TestsOnAllOthers() throws IOException {
    make("256_ObjectCategories", "257.clutter", 257, 61);

    CaltechFolder caltech = CaltechFolder.open(folder);
    Split split = caltech.split(2, 0);

    assertThat(caltech.edition()).isEqualTo(Edition.CALTECH_256);
    assertThat(split.train()).hasSize(60 * 257);
    assertThat(split.test()).hasSize(caltech.images().size() - 60 * 257);
  }

  @Test
  void otherFoldersAndMissingClassesAreNamed() throws IOException {
    assertThatThrownBy(() -> CaltechFolder.open(folder))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            folder + " is neither Caltech-101 nor Caltech-256 as they unpack: ");
    Path place = make("101_ObjectCategories", "BACKGROUND_Google", 4, 1);
    assertThatThrownBy(() -> CaltechFolder.open(folder))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s has 4 classes, but should have 102: unpack the archive again, and leave no other"
                + " folder in it",
            place);
    Files.move(place.resolve("BACKGROUND_Google"), folder.resolve("elsewhere"));
    assertThatThrownBy(() -> CaltechFolder.open(place))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s has no folder BACKGROUND_Google, which the protocol counts as a class: unpack the"
                + " archive again",
            place);
    assertThatThrownBy(() -> CaltechFolder.open(folder.resolve("none")))
        .hasMessage("there is no folder %s: check the path", folder.resolve("none"));
  }

  @Test
  void aClassWithTooFewImagesIsNamed() throws IOException {
    make("101_ObjectCategories", "BACKGROUND_Google", 102, 1);
    CaltechFolder caltech = CaltechFolder.open(folder);

    assertThatThrownBy(() -> caltech.split(0, 0))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "class 001.class of 101_ObjectCategories has 2 images, too few to learn from 30 and"
                + " test on others: take fewer to learn from");
  }
}
