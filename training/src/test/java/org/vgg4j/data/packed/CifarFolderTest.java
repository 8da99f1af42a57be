package org.vgg4j.data.packed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.image.RgbImage;

class CifarFolderTest {
  @TempDir Path folder;

  /** Images whose red, green and blue at row y, column x are y, x and the number of the image. */
  private void write(String file, int images, int labelBytes) throws IOException {
    byte[] content = new byte[images * (labelBytes + 3072)];
    int at = 0;
    for (int i = 0; i < images; i++) {
      for (int b = 0; b < labelBytes; b++) {
        content[at++] = (byte) (b == labelBytes - 1 ? i % 10 : 90);
      }
      for (int plane = 0; plane < 3; plane++) {
        for (int pixel = 0; pixel < 1024; pixel++) {
          content[at++] = (byte) (plane == 0 ? pixel / 32 : plane == 1 ? pixel % 32 : i);
        }
      }
    }
    Files.write(folder.resolve(file), content);
  }

  private void writeTen() throws IOException {
    Files.write(
        folder.resolve("batches.meta.txt"),
        List.of(
            "airplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck", ""));
    for (int i = 1; i <= 5; i++) {
      write("data_batch_" + i + ".bin", 20, 1);
    }
    write("test_batch.bin", 30, 1);
  }

  @Test
  void tenClasses() throws IOException {
    writeTen();
    DataSplits splits = DataSources.open(folder.toString(), 0.1, 1);
    assertThat(splits.train().size() + splits.validation().size()).isEqualTo(100);
    Dataset test = splits.test();
    assertThat(test.size()).isEqualTo(30);
    assertThat(test.classNames()).hasSize(10).startsWith("airplane").endsWith("truck");
    assertThat(test.label(23)).isEqualTo(3);
    RgbImage image = test.image(23);
    assertThat(image.width()).isEqualTo(32);
    int at = 3 * (5 * 32 + 9);
    assertThat(image.pixels()[at]).isEqualTo((byte) 5);
    assertThat(image.pixels()[at + 1]).isEqualTo((byte) 9);
    assertThat(image.pixels()[at + 2]).isEqualTo((byte) 23);
  }

  /** The fine label is taken. */
  @Test
  void hundredClasses() throws IOException {
    Files.write(
        folder.resolve("fine_label_names.txt"),
        IntStream.range(0, 100).mapToObj(i -> "class " + i).toList());
    write("train.bin", 40, 2);
    write("test.bin", 10, 2);
    DataSplits splits = DataSources.open(folder.toString(), 0.1, 1);
    assertThat(splits.test().classNames()).hasSize(100);
    assertThat(splits.test().label(7)).isEqualTo(7);
    assertThat(splits.test().image(7).pixels()[2]).isEqualTo((byte) 7);
  }

  @Test
  void cutOffOrMissing() throws IOException {
    writeTen();
    Path file = folder.resolve("data_batch_3.bin");
    byte[] content = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(content, 5000));
    assertThatThrownBy(() -> DataSources.open(folder.toString(), 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "data_batch_3.bin has 5000 bytes, which is not a multiple of the 3073");
    Files.delete(file);
    assertThatThrownBy(() -> DataSources.open(folder.toString(), 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("data_batch_3.bin")
        .hasMessageContaining("put all files into the folder");
  }

  @Test
  void labelsNeedNames() throws IOException {
    writeTen();
    Files.write(folder.resolve("batches.meta.txt"), List.of("airplane", "car"));
    assertThatThrownBy(() -> DataSources.open(folder.toString(), 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("image 2 of")
        .hasMessageContaining("has the label 2, but there are 2 class names");
  }

  /** As editors on Windows write it: a mark first, CR before LF. */
  @Test
  void namesWithByteOrderMark() throws IOException {
    writeTen();
    Path names = folder.resolve("batches.meta.txt");
    String text = Files.readString(names).replace("\n", "\r\n");
    Files.writeString(names, "\uFEFF" + text);
    assertThat(DataSources.open(folder.toString(), 0.1, 1).train().classNames())
        .startsWith("airplane", "car")
        .hasSize(10);
  }

  @Test
  void repeatedNamesAreRefused() throws IOException {
    writeTen();
    Path names = folder.resolve("batches.meta.txt");
    Files.writeString(names, Files.readString(names).replace("bird", "cat"));
    assertThatThrownBy(() -> DataSources.open(folder.toString(), 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("line 4 of " + names + " is empty or repeats a class name");
  }

  /** Some converters write the fine label first. */
  @Test
  void exchangedLabelsAreRefused() throws IOException {
    Files.write(
        folder.resolve("fine_label_names.txt"),
        IntStream.range(0, 100).mapToObj(i -> "class " + i).toList());
    write("train.bin", 40, 2);
    write("test.bin", 40, 2);
    Path file = folder.resolve("test.bin");
    byte[] content = Files.readAllBytes(file);
    for (int i = 0; i < 40; i++) {
      content[i * 3074] = (byte) i; // a fine class
      content[i * 3074 + 1] = (byte) (i / 5); // its coarse one
    }
    Files.write(file, content);
    assertThatThrownBy(() -> DataSources.open(folder.toString(), 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "images 0 and 1 of %s/test have the fine label 0, but the coarse labels 0 and 1"
                .formatted(folder.getFileName()));
  }

  @Test
  void namesWithoutImagesAreSaid() throws IOException {
    writeTen();
    Path names = folder.resolve("batches.meta.txt");
    Files.writeString(names, Files.readString(names).strip() + "\nbus\n");
    assertThat(DataSources.open(folder.toString(), 0.1, 1).notes())
        .containsExactly("1 of 11 classes have no training image, such as bus");
  }
}
