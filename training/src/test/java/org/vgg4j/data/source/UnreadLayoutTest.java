package org.vgg4j.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.image.TestImages;

/** Layouts that are known, but not read; and those that only look like them. */
class UnreadLayoutTest {
  @TempDir Path root;

  private void file(String file) throws IOException {
    Files.createDirectories(root.resolve(file).getParent());
    Files.writeString(root.resolve(file), "0 0.5 0.5 0.2 0.2\n");
  }

  private void image(String file) throws IOException {
    TestImages.write(root, file, 3);
  }

  private String refusal() {
    Throwable[] thrown = new Throwable[1];
    assertThatThrownBy(() -> DataSources.open(root.toString(), 0.1, 1))
        .isInstanceOf(InputException.class)
        .satisfies(e -> thrown[0] = e);
    return thrown[0].getMessage();
  }

  @ParameterizedTest
  @CsvSource({
    "train/images/1.png, train/labels/1.txt, valid/images/2.png, valid/labels/2.txt",
    "images/train/1.png, labels/train/1.txt, images/val/2.png, labels/val/2.txt",
    "images/1.png, labels/1.txt, images/2.png, labels/2.txt"
  })
  void yolo(String one, String ofOne, String other, String ofOther) throws IOException {
    image(one);
    file(ofOne);
    image(other);
    file(ofOther);
    assertThat(refusal())
        .startsWith(root + " is laid out for detection (YOLO: ")
        .endsWith(
            "where images have no class of their own: put those of each class into a folder, such"
                + " as "
                + root.resolve("cat").resolve("1.jpg"));
  }

  @ParameterizedTest
  @CsvSource({
    "train2017/1.png, val2017/2.png, annotations/instances_train2017.json",
    "images/1.png, images/2.png, annotations/all.json",
    "train/1.png, valid/2.png, train/_annotations.coco.json"
  })
  void coco(String one, String other, String boxes) throws IOException {
    image(one);
    image(other);
    file(boxes);
    assertThat(refusal()).startsWith(root + " is laid out for detection (COCO: ");
  }

  @Test
  void pascalVoc() throws IOException {
    for (String folder : new String[] {"JPEGImages", "SegmentationClass", "SegmentationObject"}) {
      image(folder + "/1.png");
      image(folder + "/2.png");
    }
    file("Annotations/1.xml");
    assertThat(refusal())
        .startsWith(
            root + " is laid out for detection (PASCAL VOC: Annotations beside JPEGImages)");
  }

  @Test
  void xmlBesideImages() throws IOException {
    for (String file : new String[] {"train/1", "test/2"}) {
      image(file + ".png");
      file(file + ".xml");
    }
    assertThat(refusal()).contains("PASCAL VOC: an XML file beside each image in");
  }

  @ParameterizedTest
  @ValueSource(strings = {"data_batch_1", "batches.meta", "cifar-10-batches-py/data_batch_1"})
  void cifarForPython(String file) throws IOException {
    file(file);
    assertThat(refusal())
        .contains("holds CIFAR for Python, whose pickles are not read: unpack the binary version");
  }

  @Test
  void cifar100ForPython() throws IOException {
    for (String file : new String[] {"train", "test", "meta"}) {
      file(file);
    }
    assertThat(refusal()).startsWith(root + " holds CIFAR for Python");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mnist.npz", "x_train.npy", "train.parquet"})
  void arrays(String file) throws IOException {
    file(file);
    assertThat(refusal())
        .isEqualTo(
            "%s holds arrays (%s) and no image files: write each image of them as a file into the folder of its class, such as %s"
                .formatted(root, file, root.resolve("cat").resolve("1.jpg")));
  }

  /** Class folders are class folders, whatever lies beside or in them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "embeddings.npy",
        "annotations/boxes.json",
        "labels/cats.txt",
        "cat/1.xml",
        "images/cat/1.txt"
      })
  void classFoldersStay(String beside) throws IOException {
    String in = beside.startsWith("labels") || beside.startsWith("images") ? "images/" : "";
    for (String label : new String[] {"cat", "dog"}) {
      for (int i = 0; i < 3; i++) {
        image(in + label + "/" + i + ".png");
      }
    }
    file(beside);
    if (beside.startsWith("annotations")) {
      assertThat(refusal()).contains("class folder").doesNotContain("detection");
    } else {
      assertThat(DataSources.open(root.toString(), 0.4, 1).train().classNames())
          .containsExactly("cat", "dog");
    }
  }
}
