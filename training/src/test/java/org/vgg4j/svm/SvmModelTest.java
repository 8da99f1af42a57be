package org.vgg4j.svm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.safetensors.SafeTensors;

/** Model files come back as they were, or are refused. */
class SvmModelTest {
  private static final SvmModel MODEL =
      new SvmModel(
          new LinearSvm(
              List.of("cat", "naïve \"dog\""),
              3,
              new float[] {1, -2.5f, 3, 1e-30f, 0, -7},
              new float[] {0.5f, -1}),
          new SvmOptions(0.25, Loss.L1, 2, 3, 1, 0.001, 77, 5),
          Map.of("tap", "fc7", "scales", List.of(256, 384), "mirror", true));

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void write() {
    file = folder.resolve("svm.safetensors");
    MODEL.write(file);
  }

  @Test
  void whatIsWrittenIsRead() {
    SvmModel read = SvmModel.read(file);

    assertThat(read.svm().classNames()).isEqualTo(MODEL.svm().classNames());
    assertThat(read.svm().width()).isEqualTo(3);
    assertThat(read.svm().weights()).isEqualTo(MODEL.svm().weights());
    assertThat(read.svm().offsets()).isEqualTo(MODEL.svm().offsets());
    assertThat(read.options()).isEqualTo(MODEL.options());
    assertThat(read.recipe()).isEqualTo(MODEL.recipe());
  }

  @Test
  void theSameModelGivesTheSameBytes() throws Exception {
    Path again = folder.resolve("again.safetensors");
    SvmModel.read(file).write(again);

    assertThat(again).hasSameBinaryContentAs(file);
  }

  @Test
  void anyChangedByteIsNoticed() throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i < bytes.length; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= 1;
      if (bytes[i] == ' ' || damaged[i] == ' ') {
        continue; // white space of the header
      }
      Files.write(file, damaged);
      assertThatThrownBy(() -> SvmModel.read(file))
          .as("byte %d", i)
          .isInstanceOf(InputException.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void aFileCutShortIsRefused() throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    for (int length : new int[] {0, 7, 100, bytes.length - 1}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> SvmModel.read(file)).isInstanceOf(InputException.class);
    }
  }

  @Test
  void otherFilesAreNamedAsWhatTheyAre() {
    assertThatThrownBy(() -> SvmModel.read(folder.resolve("none")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("there is no file ");
    SafeTensors.write(file, new SafeTensors.Content(Map.of("vgg4j.architecture", "{}"), Map.of()));
    assertThatThrownBy(() -> SvmModel.read(file))
        .hasMessage(
            file
                + " holds no linear classifiers but a network: give the file that training an SVM"
                + " wrote");
    SafeTensors.write(file, new SafeTensors.Content(Map.of("vgg4j.svm", "2"), Map.of()));
    assertThatThrownBy(() -> SvmModel.read(file))
        .hasMessageStartingWith(file + " is of version 2 of the format, of which vgg4j ");
  }

  @Test
  void optionsThatNobodyCanHaveGivenAreRefused() throws Exception {
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    Files.writeString(
        file, text.replace("\\\"cost\\\":0.25", "\\\"cost\\\":-.25"), StandardCharsets.ISO_8859_1);

    assertThatThrownBy(() -> SvmModel.read(file)).isInstanceOf(InputException.class);
  }
}
