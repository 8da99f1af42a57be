package org.vgg4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.safetensors.SafeTensors;

class ModelsTest {
  @TempDir Path folder;

  @Test
  void ourFilesAreReadByUs() {
    Path file = folder.resolve("m.safetensors");
    ModelFile model = TestModels.random(Configuration.A, "cat", "dog");
    model.write(file);
    assertThat(Models.read(file, Optional::empty).classNames()).containsExactly("cat", "dog");
    assertThat(Models.read(file, () -> Optional.of(ModelsTest::refuse)).classNames()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vgg16.pth", "vgg16.h5", "vgg16.onnx", "vgg16.caffemodel"})
  void whatReadsTheFilesOfOthersIsSaid(String name) throws IOException {
    Path file = Files.writeString(folder.resolve(name), "PK\3\4 and what follows in an archive");
    assertThatThrownBy(() -> Models.read(file, Optional::empty))
        .isInstanceOf(InputException.class)
        .hasMessage(
            file
                + " was not written by vgg4j: put org.vgg4j:vgg4j-formats on the class path, which"
                + " reads PyTorch's, Caffe's, Keras's and ONNX's files, or make a model of it with"
                + " vgg import");
  }

  @Test
  void theirFilesGoToTheirReader() throws IOException {
    ModelFile theirs = TestModels.random(Configuration.A, "cat", "dog");
    Path pickle = Files.writeString(folder.resolve("v.pth"), "PK\3\4 and what follows");
    assertThat(Models.read(pickle, () -> Optional.of(file -> theirs))).isSameAs(theirs);
    Path plain = folder.resolve("v.safetensors");
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    theirs.arrays().forEach((name, values) -> tensors.put(name, tensor(values)));
    SafeTensors.write(plain, new SafeTensors.Content(Map.of("format", "pt"), tensors));
    assertThat(Models.read(plain, () -> Optional.of(file -> theirs))).isSameAs(theirs);
  }

  @Test
  void anInterruptedThread() {
    Path file = folder.resolve("m.safetensors");
    TestModels.random(Configuration.A, "cat", "dog").write(file);
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> Models.read(file))
          .isInstanceOf(AbortedException.class)
          .hasMessageContaining("since the thread was interrupted");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  /** Such a search takes longer than to read a small model. */
  @Test
  void noReaderIsSoughtForOurFiles() {
    Path file = folder.resolve("m.safetensors");
    TestModels.random(Configuration.A, "cat", "dog").write(file);
    ModelFile read =
        Models.read(
            file,
            () -> {
              throw new AssertionError("sought");
            });
    assertThat(read.classNames()).hasSize(2);
  }

  @Test
  void theHeaderAloneIsRead() {
    Path file = folder.resolve("m.safetensors");
    TestModels.random(Configuration.A, "cat", "dog").write(file);
    ModelFile model = Models.readWithoutArrays(file);
    assertThat(model.classNames()).containsExactly("cat", "dog");
    assertThat(model.arrays()).isEmpty();
  }

  @Test
  void whatIsBrokenOrMissingIsNotOffered() throws IOException {
    Path missing = folder.resolve("none.pth");
    assertThatThrownBy(() -> Models.read(missing, () -> Optional.of(ModelsTest::refuse)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(missing.toString());
    Path picture = Files.writeString(folder.resolve("x.safetensors"), "GIF89a and so on, and on");
    assertThatThrownBy(() -> Models.read(picture, () -> Optional.of(ModelsTest::refuse)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is an image, not a model");
  }

  private static SafeTensors.Tensor tensor(float[] values) {
    return new SafeTensors.Tensor(List.of(values.length), values);
  }

  private static ModelFile refuse(Path file) {
    throw new AssertionError("the reader of others' files was asked for " + file);
  }
}
