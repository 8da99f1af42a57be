package org.vgg4j.weights.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.model.Task;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;
import org.vgg4j.weights.foreign.Goldens;
import org.vgg4j.weights.foreign.Profile;
import org.vgg4j.weights.foreign.WeightsImport;

/** ONNX Runtime, which shares nothing with us, runs what we write. */
class OnnxWriterTest {
  private static final Calibration CALIBRATION =
      new Calibration(2.5, "pets", 100, "center-crop", List.of(32));

  @TempDir Path folder;

  private static float[][] run(Path file, float[] images, long count, int crop)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(file.toString());
        OnnxTensor input =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(images), new long[] {count, 3, crop, crop});
        OrtSession.Result result = session.run(Map.of("images", input))) {
      return (float[][]) result.get(0).getValue();
    }
  }

  @ParameterizedTest
  @EnumSource(Configuration.class)
  void anotherRuntimeGivesTheSameScoresForEveryNetwork(Configuration configuration)
      throws OrtException {
    ModelFile model = TestModels.random(configuration, "cat", "dog", "cow");
    Path file = folder.resolve("m.onnx");
    new OnnxWriter(false, false).write(model, file);

    float[] picture = Goldens.picture(model);
    float[] two = Arrays.copyOf(picture, 2 * picture.length); // the second image is all zero
    float[][] scores = run(file, two, 2, model.architecture().crop());
    float[] ours = Goldens.scores(model);
    float largest = 0;
    for (float score : ours) {
      largest = Math.max(largest, Math.abs(score));
    }
    assertThat(scores[0]).containsExactly(ours, offset(1e-5f * largest));
    assertThat(scores[1]).isNotEqualTo(scores[0]);
  }

  /** In the order of our own, one box or one for each class. */
  @ParameterizedTest
  @CsvSource({"SINGLE_BOX, 4", "BOX_PER_CLASS, 12"})
  void boxesAreOutputsOfTheirOwnName(Task task, int outputs) throws OrtException {
    float[] boxes = new float[outputs];
    for (int i = 0; i < outputs; i++) {
      boxes[i] = i - 1.5f;
    }
    ModelFile model = TestModels.constant(task, boxes, "cat", "dog", "cow");
    Path file = folder.resolve("boxes.onnx");
    new OnnxWriter(false, false).write(model, file);
    int crop = model.architecture().crop();
    assertThat(run(file, new float[3 * crop * crop], 1, crop)[0]).isEqualTo(boxes);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(file.toString())) {
      assertThat(session.getOutputNames()).containsExactly("boxes");
      assertThat(session.getMetadata().getCustomMetadata())
          .containsEntry("vgg4j.task", task.label())
          .containsEntry("output", CropBox.ABOUT_CODE);
    }
  }

  /** The same scores whether the weights are in the file or beside it. */
  @ParameterizedTest
  @EnumSource(
      value = Configuration.class,
      names = {"A_LRN", "D", "A_BN"})
  void weightsMayLieBesideTheGraph(Configuration configuration) throws OrtException, IOException {
    ModelFile model = TestModels.random(configuration, "cat", "dog", "cow");
    Path within = folder.resolve("within.onnx");
    new OnnxWriter(false, false).write(model, within);
    try (OutputStream weights = Files.newOutputStream(folder.resolve("weights.bin"))) {
      for (ParameterShape shape : model.architecture().parameters()) {
        float[] values = model.arrays().get(shape.name());
        ByteBuffer bytes =
            ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        weights.write(bytes.array());
      }
    }
    Path beside = folder.resolve("beside.onnx");
    OnnxWriter.writeBeside(model.architecture(), "weights.bin", beside);

    float[] picture = Goldens.picture(model);
    int crop = model.architecture().crop();
    assertThat(run(beside, picture, 1, crop)).isDeepEqualTo(run(within, picture, 1, crop));
    assertThat(Files.size(beside)).isLessThan(10_000);
  }

  @Test
  void theGraphMayPrepareItsImagesAndEndWithASoftMax() throws OrtException {
    ModelFile rgb = WeightsImport.AS_FOUND.read(Goldens.file("torchvision.pth")).model();
    ModelFile bgr = WeightsImport.AS_FOUND.read(Goldens.file("caffe-new.caffemodel")).model();
    for (ModelFile model : List.of(rgb, bgr)) {
      Path file = folder.resolve("whole.onnx");
      new OnnxWriter(true, true).write(model, file);
      float[] posteriors = run(file, pixels(model), 1, model.architecture().crop())[0];
      float[] scores = Goldens.scores(model);
      double sum = 0;
      for (float score : scores) {
        sum += Math.exp(score);
      }
      for (int i = 0; i < scores.length; i++) {
        assertThat((double) posteriors[i]).isCloseTo(Math.exp(scores[i]) / sum, offset(1e-4));
      }
    }
  }

  /** The soft-max of a calibrated model is at its temperature. */
  @Test
  void theSoftMaxMayHaveATemperature() throws OrtException {
    ModelFile model = calibrated();
    Path file = folder.resolve("tempered.onnx");
    new OnnxWriter(true, true).write(model, file);
    float[] posteriors = run(file, pixels(model), 1, model.architecture().crop())[0];
    float[] scores = Goldens.scores(model);
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp(score / 2.5);
    }
    for (int i = 0; i < scores.length; i++) {
      assertThat((double) posteriors[i]).isCloseTo(Math.exp(scores[i] / 2.5) / sum, offset(1e-4));
    }
  }

  /** The same image as RGB in 0..255. */
  private static float[] pixels(ModelFile model) {
    Preprocessing old = model.preprocessing();
    Preprocessing none =
        new Preprocessing(
            ChannelOrder.RGB,
            255,
            Rgb.ZERO,
            Rgb.ONE,
            Interpolation.BILINEAR,
            old.scale(),
            old.crop());
    return Goldens.picture(
        new ModelFile(model.architecture(), model.arrays(), none, model.classNames(), null));
  }

  @Test
  void whatIsWrittenCanBeImported() {
    for (String name : List.of("torchvision-bn.pth", "lrn.onnx")) {
      ModelFile model = WeightsImport.AS_FOUND.read(Goldens.file(name)).model();
      Path file = folder.resolve("again.onnx");
      new OnnxWriter(true, false).write(model, file);
      ModelFile again = WeightsImport.AS_FOUND.read(file).model();
      assertThat(again.architecture()).isEqualTo(model.architecture());
      Map<String, float[]> arrays = new HashMap<>(again.arrays());
      model.arrays().forEach((key, values) -> assertThat(arrays.get(key)).isEqualTo(values));
    }
  }

  private static ModelFile prepared(Interpolation interpolation, int scale, String... names) {
    ModelFile model = TestModels.random(Configuration.A, names);
    Preprocessing old = model.preprocessing();
    Preprocessing preprocessing =
        new Preprocessing(
            old.channelOrder(),
            old.valueRange(),
            old.mean(),
            old.std(),
            interpolation,
            scale,
            old.crop());
    return new ModelFile(
        model.architecture(), model.arrays(), preprocessing, model.classNames(), null);
  }

  /** A thousand classes of one's own are not ImageNet's. */
  @ParameterizedTest
  @ValueSource(ints = {3, 1000})
  void classesAndSizesAreReadAgain(int count) {
    String[] names =
        IntStream.range(0, count).mapToObj("class, %d"::formatted).toArray(String[]::new);
    ModelFile model = prepared(Interpolation.BICUBIC, 48, names);
    Path file = folder.resolve("again.onnx");
    new OnnxWriter(false, false).write(model, file);
    WeightsImport.Imported again = WeightsImport.AS_FOUND.read(file);
    assertThat(again.model().classNames()).containsExactly(names);
    assertThat(again.namesClasses()).isTrue();
    assertThat(again.notes()).isEmpty();
    assertThat(again.model().preprocessing()).isEqualTo(model.preprocessing());
    Preprocessing other =
        new WeightsImport(Profile.UNIT, null, null, 60).read(file).model().preprocessing();
    assertThat(other.interpolation()).isEqualTo(Interpolation.BICUBIC);
    assertThat(other.scale()).as("usual for the crop").isEqualTo(69);
    assertThat(other.valueRange()).isEqualTo(1);
  }

  @Test
  void filesOfEarlierVersionsHaveTheUsualSizes() throws IOException {
    Path file = folder.resolve("again.onnx");
    ModelFile model = prepared(Interpolation.BICUBIC, 48, "two\nlines", "dog", "cow");
    new OnnxWriter(false, false).write(model, file);
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    String earlier =
        bytes.replace("vgg4j.scale", "other.scale").replace("vgg4j.inter", "other.inter");
    Files.writeString(file, earlier, StandardCharsets.ISO_8859_1);
    WeightsImport.Imported again = WeightsImport.AS_FOUND.read(file);
    assertThat(again.model().preprocessing().interpolation()).isEqualTo(Interpolation.BILINEAR);
    assertThat(again.model().preprocessing().scale()).isEqualTo(37);
    assertThat(again.model().classNames()).containsExactly("0", "1", "2");
    assertThat(again.notes())
        .containsExactly(
            "its metadata 'classes' have 4 lines for 3 classes, which are numbered instead: vgg"
                + " import --classes FILE names them");
    Files.writeString(file, bytes.replace("bicubic", "bicubik"), StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s: its metadata 'vgg4j.interpolation' are 'bicubik' and not bilinear or bicubic:"
                + " export the model again",
            file);
  }

  @Test
  void theCardSaysWhatTheWeightsNeed() throws Exception {
    ModelFile model = WeightsImport.AS_FOUND.read(Goldens.file("caffe-new.caffemodel")).model();
    Path file = folder.resolve("small.safetensors");
    Path card = ModelCard.write(model, file, false, ModelCard.pytorch(model.architecture(), file));
    assertThat(card).hasFileName("small.safetensors.md");
    assertThat(Files.readString(card))
        .contains("BGR, 0..255, minus (103.939, 116.779, 123.68)")
        .contains("shorter side is 73")
        .contains("make_layers([16, \"M\", 16, \"M\", 16, 16, \"M\"")
        .contains("nn.Linear(64, 80), nn.ReLU(), nn.Dropout(),")
        .contains("importedFrom: caffe-new.caffemodel")
        .contains("11. 11")
        .doesNotContain("softmax");
  }

  @Test
  void theCardOfACalibratedModelSaysItsTemperature() throws IOException {
    String sentence =
        "Probabilities are softmax(scores / T), T = 2.5, found on pets (images: 100, protocol"
            + " center-crop, Q 32)";
    Path file = folder.resolve("tempered.onnx");
    for (boolean inside : new boolean[] {false, true}) {
      Path card = ModelCard.write(calibrated(), file, inside, List.of());
      assertThat(Files.readString(card))
          .contains(sentence + (inside ? "; this is already inside." : "."));
    }
  }

  private static ModelFile calibrated() {
    ModelFile plain = WeightsImport.AS_FOUND.read(Goldens.file("torchvision.pth")).model();
    return plain.withCalibration(CALIBRATION);
  }

  /** With a soft-max, whose temperature is an operation of the graph, and without. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCalibrationIsReadAgain(boolean softMax) {
    Path file = folder.resolve("tempered.onnx");
    new OnnxWriter(softMax, false).write(calibrated(), file);
    ModelFile again = WeightsImport.AS_FOUND.read(file).model();
    assertThat(again.calibration()).isEqualTo(CALIBRATION);
    assertThat(Goldens.scores(again)).isEqualTo(Goldens.scores(calibrated()));
  }

  /** Whatever else multiplies the scores, or takes their product, is not what the metadata say. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "temperature\":2.5 | temperature\":3.5 | temperature of 2.5, but its metadata"
            + " (vgg4j.calibration) have 3.5: export",
        "vgg4j.calibration | vgg4j.calibratiom | temperature of 2.5, but its metadata"
            + " (vgg4j.calibration) have none: export",
        "temperature\":2.5 | temperature\":9e9 | metadata 'vgg4j.calibration' cannot be"
            + " understood: temperature is 9.0E9",
        "Softmax | Dropout | by a temperature, but no soft-max follows",
        "vgg4j | vgg4k | 'tempered' of type 'Mul' does not belong to a VGG network",
      })
  void anotherTemperatureIsRefused(String from, String to, String sentence) throws IOException {
    Path file = folder.resolve("tempered.onnx");
    new OnnxWriter(true, false).write(calibrated(), file);
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(bytes).contains(from);
    Files.writeString(file, bytes.replace(from, to), StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(sentence);
  }
}
