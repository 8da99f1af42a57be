package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.ImageClassifier;
import org.vgg4j.Prediction;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/** With this module on the class path, an application reads others' files without more ado. */
class ForeignModelsTest {
  private static final Path PICTURE = Goldens.resource("/goldens/protocols/wide.jpg");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torchvision.pth",
        "torchvision-legacy.pth",
        "torchvision-f32.safetensors",
        "caffe-new.caffemodel",
        "keras-model.h5",
        "torch.onnx"
      })
  void theClassifierReadsTheFilesOfOthers(String name) {
    Path file = Goldens.file(name);
    ModelFile expected = WeightsImport.AS_FOUND.read(file).model();
    assertThat(Models.read(file).preprocessing()).isEqualTo(expected.preprocessing());
    assertThat(Models.readWithoutArrays(file)).isEqualTo(expected.withoutArrays());
    try (ImageClassifier classifier = ImageClassifier.load(file)) {
      List<Prediction> predictions = classifier.classify(PICTURE);
      assertThat(predictions).hasSize(5);
      assertThat(expected.classNames()).contains(predictions.get(0).label());
      assertThat(predictions.get(0).probability())
          .isGreaterThanOrEqualTo(predictions.get(1).probability());
    }
  }

  /** As threads of application servers have it, and common pools in executable jars. */
  @Test
  void theReaderIsFoundWhateverTheThreadsClassLoader() {
    Thread thread = Thread.currentThread();
    ClassLoader usual = thread.getContextClassLoader();
    thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
    try {
      assertThatThrownBy(() -> Models.read(Goldens.file("refused-features.pth")))
          .hasMessageNotContaining("vgg4j-formats");
    } finally {
      thread.setContextClassLoader(usual);
    }
  }

  @Test
  void whatImportWouldAskIsAskedHere() {
    Path file = Goldens.file("refused-features.pth");
    assertThatThrownBy(() -> ImageClassifier.load(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ":");
  }
}
