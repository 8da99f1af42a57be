package org.vgg4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.network.Inference;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Parameters;
import org.vgg4j.views.HeatMap;
import org.vgg4j.views.HeatMaps;
import org.vgg4j.views.Temperature;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

class ImageClassifierTest {
  @TempDir static Path root;
  private static Path model;

  @BeforeAll
  static void writeModel() {
    model = root.resolve("model.safetensors");
    TestModels.random(Configuration.C, "cat", "dog", "cow").write(model);
  }

  private static ClassifierOptions threads(int number) {
    return ClassifierOptions.defaults().withThreads(number);
  }

  private static void assertClose(List<Prediction> actual, List<Prediction> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i).label()).isEqualTo(expected.get(i).label());
      assertThat(actual.get(i).probability())
          .isCloseTo(expected.get(i).probability(), within(1e-4));
    }
  }

  @Test
  void probabilitiesOfAllClassesBestFirst() {
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      assertThat(classifier.classNames()).containsExactly("cat", "dog", "cow");
      assertThat(classifier.architecture().configuration()).isEqualTo(Configuration.C);
      List<Prediction> guesses =
          classifier.classify(TestImages.noise(50, 40, 1).toBufferedImage(), 5);
      assertThat(guesses).extracting(Prediction::label).doesNotHaveDuplicates().hasSize(3);
      assertThat(guesses.stream().mapToDouble(Prediction::probability).sum())
          .isCloseTo(1, within(1e-5));
      assertThat(guesses.get(0).probability()).isGreaterThanOrEqualTo(guesses.get(1).probability());
      for (Prediction guess : guesses) {
        assertThat(classifier.classNames().get(guess.index())).isEqualTo(guess.label());
      }
    }
  }

  @Test
  void asManyGuessesAsAskedFor() {
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      BufferedImage image = TestImages.noise(50, 40, 1).toBufferedImage();
      List<Prediction> all = classifier.classify(image, 1000);
      assertThat(classifier.classify(image, 1)).isEqualTo(all.subList(0, 1));
      assertThat(classifier.classify(image, 2)).isEqualTo(all.subList(0, 2));
      for (int top : new int[] {0, -1}) {
        assertThatThrownBy(() -> classifier.classify(image, top))
            .isInstanceOf(InputException.class)
            .hasMessage("option top is %d but must be at least 1", top);
      }
    }
  }

  @Test
  void whatIsNoNumberIsRefused() {
    Path damaged = root.resolve("damaged.safetensors");
    TestModels.constant(new float[] {1, Float.NaN}, "cat", "dog").write(damaged);
    try (ImageClassifier classifier = ImageClassifier.load(damaged)) {
      assertThatThrownBy(() -> classifier.classify(TestImages.noise(50, 40, 1), 2))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "the model's output is not a number (NaN): its weights are damaged, use another model");
    }
  }

  @Test
  void noPictures() {
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      assertThat(classifier.classify(List.of(), 5)).isEmpty();
    }
  }

  /** The same opaque image in other clothes. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR
      })
  void typesOfImages(int type) {
    BufferedImage source = TestImages.noise(50, 40, 2).toBufferedImage();
    BufferedImage image = new BufferedImage(50, 40, type);
    for (int y = 0; y < 40; y++) {
      for (int x = 0; x < 50; x++) {
        image.setRGB(x, y, source.getRGB(x, y));
      }
    }
    try (ImageClassifier classifier = ImageClassifier.load(model, threads(1))) {
      assertThat(classifier.classify(image, 3)).isEqualTo(classifier.classify(source, 3));
    }
  }

  @Test
  void greyIsEqualRedGreenAndBlue() {
    BufferedImage grey = new BufferedImage(40, 40, BufferedImage.TYPE_BYTE_GRAY);
    BufferedImage rgb = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 1600; i++) {
      int value = i * 7 % 256;
      grey.getRaster().setSample(i % 40, i / 40, 0, value);
      rgb.setRGB(i % 40, i / 40, value * 0x010101);
    }
    try (ImageClassifier classifier = ImageClassifier.load(model, threads(1))) {
      assertThat(classifier.classify(grey, 3)).isEqualTo(classifier.classify(rgb, 3));
    }
  }

  @Test
  void anySize() {
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      for (int[] size : new int[][] {{1, 1}, {500, 3}, {3, 500}, {32, 32}, {300, 200}}) {
        BufferedImage image = TestImages.noise(size[0], size[1], 3).toBufferedImage();
        assertThat(classifier.classify(image, 3)).hasSize(3);
      }
    }
  }

  @Test
  void manyPicturesAreClassifiedAsEachByItself() {
    List<RgbImage> pictures =
        IntStream.range(0, 40).mapToObj(i -> TestImages.noise(36 + i, 60 - i, i)).toList();
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      List<List<Prediction>> together = classifier.classify(pictures, 3);
      assertThat(together).hasSize(40);
      for (int i = 0; i < 40; i++) {
        assertClose(together.get(i), classifier.classify(pictures.subList(i, i + 1), 3).get(0));
      }
    }
  }

  @Test
  void threadsChangeNothing() {
    BufferedImage image = TestImages.noise(50, 40, 1).toBufferedImage();
    try (ImageClassifier one = ImageClassifier.load(model, threads(1));
        ImageClassifier three = ImageClassifier.load(model, threads(3))) {
      assertThat(three.classify(image, 3)).isEqualTo(one.classify(image, 3));
    }
  }

  @Test
  void severalThreadsMayCallAtOnce() throws Exception {
    List<BufferedImage> images =
        IntStream.range(0, 8).mapToObj(i -> TestImages.noise(40, 40, i).toBufferedImage()).toList();
    ExecutorService callers = Executors.newFixedThreadPool(4);
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      List<List<Prediction>> expected =
          images.stream().map(image -> classifier.classify(image, 3)).toList();
      List<Future<List<Prediction>>> answers = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        BufferedImage image = images.get(i % 8);
        answers.add(callers.submit(() -> classifier.classify(image, 3)));
      }
      for (int i = 0; i < 64; i++) {
        assertThat(answers.get(i).get()).isEqualTo(expected.get(i % 8));
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void roundedWeightsHardlyChangeTheAnswerAndSayHowMuchTheyWereRounded() {
    ModelFile unsure = TestModels.random(Configuration.C, "cat", "dog", "cow");
    float[] last = unsure.arrays().get("classifier.6.weight");
    for (int i = 0; i < last.length; i++) {
      last[i] *= 0.01f; // so that the soft-max is not 1 for one class
    }
    Path file = root.resolve("unsure.safetensors");
    unsure.write(file);
    BufferedImage image = TestImages.noise(50, 40, 1).toBufferedImage();
    try (ImageClassifier exact = ImageClassifier.load(file, threads(2));
        ImageClassifier rounded =
            ImageClassifier.load(file, threads(2).withFcWeights(FcWeights.BF16))) {
      assertThat(exact.roundingErrors()).isEmpty();
      assertThat(rounded.roundingErrors()).containsOnlyKeys("fc6", "fc7", "fc8");
      assertThat(rounded.roundingErrors().values()).allMatch(e -> e > 0x1p-10 && e < 0x1p-9);
      List<Prediction> expected = exact.classify(image, 3);
      List<Prediction> actual = rounded.classify(image, 3);
      assertThat(actual).isNotEqualTo(expected);
      for (int i = 0; i < 3; i++) {
        assertThat(actual.get(i).label()).isEqualTo(expected.get(i).label());
        assertThat(actual.get(i).probability())
            .isCloseTo(expected.get(i).probability(), within(0.02));
      }
    }
  }

  @Test
  void roundedWeightsAreHeldOnce() {
    try (ImageClassifier exact = ImageClassifier.load(model, threads(1));
        ImageClassifier rounded =
            ImageClassifier.load(model, threads(1).withFcWeights(FcWeights.BF16))) {
      Architecture architecture = exact.architecture();
      long saved =
          memory(architecture, FcWeights.FP32).total()
              - memory(architecture, FcWeights.BF16).total();
      assertThat(saved).isPositive();
      assertThat(HeldArrays.bytes(exact) - HeldArrays.bytes(rounded)).isEqualTo(saved);
    }
  }

  private static MemoryPlan memory(Architecture architecture, FcWeights form) {
    try (Engine engine = Engines.open(Device.CPU, 1)) {
      return engine.memory().inference(architecture, 1, form);
    }
  }

  /**
   * Files that Java's own reader takes otherwise, or not at all: the pixels beside them are
   * Pillow's, see make_goldens.py there.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "exif-3.jpg",
        "exif-6.jpg",
        "cmyk.jpg",
        "ycck.jpg",
        "exif.webp",
        "orientation.tiff",
        "grey16.png",
        "palette-alpha.png"
      })
  void filesStreamsAndBytesAreReadAsTheCommandReadsThem(String name) throws IOException {
    byte[] content = resource("/goldens/decode/" + name);
    byte[] golden = resource("/goldens/decode/" + name + ".rgb");
    RgbImage picture =
        new RgbImage(golden[0], golden[1], Arrays.copyOfRange(golden, 2, golden.length));
    Path file = Files.write(root.resolve(name), content);
    try (ImageClassifier classifier = ImageClassifier.load(model, threads(1))) {
      List<Prediction> expected = classifier.classify(List.of(picture), 2).get(0);
      assertThat(classifier.classify(file, 2)).isEqualTo(expected);
      assertThat(classifier.classify(content, 2)).isEqualTo(expected);
      assertThat(classifier.classify(new ByteArrayInputStream(content), 2)).isEqualTo(expected);
    }
  }

  @Test
  void fiveGuessesUnlessToldOtherwise() {
    Path seven = root.resolve("seven.safetensors");
    TestModels.random(Configuration.A, "a", "b", "c", "d", "e", "f", "g").write(seven);
    RgbImage picture = TestImages.noise(50, 40, 1);
    Path file = root.resolve("noise.png");
    picture.writePng(file);
    byte[] content = picture.toPng();
    try (ImageClassifier classifier = ImageClassifier.load(seven, threads(1))) {
      List<Prediction> five = classifier.classify(List.of(picture), 5).get(0);
      assertThat(five).hasSize(5);
      assertThat(classifier.classify(file)).isEqualTo(five);
      assertThat(classifier.classify(content)).isEqualTo(five);
      assertThat(classifier.classify(new ByteArrayInputStream(content))).isEqualTo(five);
      assertThat(classifier.classify(picture.toBufferedImage())).isEqualTo(five);
    }
  }

  @Test
  void whatIsNoPictureIsSaidInASentence() {
    Path nowhere = root.resolve("nowhere.jpg");
    byte[] text = "no picture".getBytes(StandardCharsets.UTF_8);
    try (ImageClassifier classifier = ImageClassifier.load(model, threads(1))) {
      assertThatThrownBy(() -> classifier.classify(nowhere))
          .isInstanceOf(InputException.class)
          .hasMessage("there is no image file %s: check the path", nowhere);
      assertThatThrownBy(() -> classifier.classify(new byte[0]))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageStartingWith("the image is empty (0 bytes)");
      assertThatThrownBy(() -> classifier.classify(InputStream.nullInputStream()))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageStartingWith("the image's stream is empty (0 bytes)");
      assertThatThrownBy(() -> classifier.classify(text))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageStartingWith("the image is not an image that can be read");
      assertThatThrownBy(() -> classifier.classify(new Failing(text)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("cannot read the image's stream")
          .hasMessageContaining("the network is gone");
      assertThatThrownBy(() -> classifier.classify(text, 0))
          .isInstanceOf(InputException.class)
          .hasMessage("option top is 0 but must be at least 1");
    }
  }

  /** A stream that breaks off, and tells whether it was closed. */
  private static final class Failing extends ByteArrayInputStream {
    Failing(byte[] content) {
      super(content);
    }

    @Override
    public byte[] readNBytes(int length) throws IOException {
      throw new IOException("the network is gone");
    }
  }

  /** Counts how often it was closed. */
  private static final class Watched extends FilterInputStream {
    private int closed;

    Watched(InputStream in) {
      super(in);
    }

    @Override
    public void close() throws IOException {
      closed++;
      super.close();
    }
  }

  @Test
  void streamsAreLeftOpen() throws IOException {
    Watched weights = new Watched(Files.newInputStream(model));
    Watched picture = new Watched(new ByteArrayInputStream(TestImages.noise(40, 40, 1).toPng()));
    try (weights;
        picture;
        ImageClassifier classifier = ImageClassifier.load(weights)) {
      classifier.classify(picture);
      assertThat(weights.closed).isZero();
      assertThat(picture.closed).isZero();
    }
  }

  @Test
  void nullIsRefusedWithWhereItComesFrom() {
    assertThatThrownBy(() -> ImageClassifier.load((Path) null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("no model: the path is null");
    assertThatThrownBy(
            () -> ImageClassifier.load(getClass().getResourceAsStream("/no-such.safetensors")))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("getResourceAsStream");
    try (ImageClassifier classifier = ImageClassifier.load(model, threads(1))) {
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> classifier.classify((Path) null),
              () -> classifier.classify((byte[]) null),
              () -> classifier.classify((InputStream) null),
              () -> classifier.classify((BufferedImage) null))) {
        assertThatThrownBy(call)
            .isInstanceOf(NullPointerException.class)
            .hasMessageStartingWith("no image: the ");
      }
      assertThatThrownBy(() -> classifier.classify(Collections.singletonList(null), 1))
          .isInstanceOf(NullPointerException.class)
          .hasMessage("one of the images is null");
      assertThatThrownBy(() -> classifier.describe(TestImages.noise(40, 40, 1), null))
          .isInstanceOf(NullPointerException.class)
          .hasMessageStartingWith("no tap");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aModelFromAStreamIsTheModelOfTheFile(FcWeights form) throws IOException {
    RgbImage picture = TestImages.noise(50, 40, 1);
    try (InputStream stream = Files.newInputStream(model);
        ImageClassifier streamed = ImageClassifier.load(stream, threads(2).withFcWeights(form));
        ImageClassifier read = ImageClassifier.load(model, threads(2).withFcWeights(form))) {
      assertThat(streamed.classNames()).isEqualTo(read.classNames());
      assertThat(streamed.architecture()).isEqualTo(read.architecture());
      assertThat(streamed.roundingErrors()).isEqualTo(read.roundingErrors());
      assertThat(streamed.classify(List.of(picture), 3))
          .isEqualTo(read.classify(List.of(picture), 3));
    }
  }

  /** Read through a jar, whose streams give less than is asked for. */
  @Test
  void aModelInAJar() throws Exception {
    Path jar = root.resolve("app.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry("models/pets.safetensors"));
      Files.copy(model, out);
      out.closeEntry();
    }
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null);
        InputStream stream = loader.getResourceAsStream("models/pets.safetensors");
        ImageClassifier classifier = ImageClassifier.load(stream)) {
      assertThat(classifier.classNames()).containsExactly("cat", "dog", "cow");
      assertThat(classifier.classify(TestImages.noise(50, 40, 1).toPng())).hasSize(3);
    }
  }

  @Test
  void brokenStreamsOfModels() throws IOException {
    byte[] whole = Files.readAllBytes(model);
    assertRefused(new byte[0], "the model's stream is empty (0 bytes): it must not have been read");
    assertRefused(
        Arrays.copyOf(whole, 5),
        "the model's stream is not a valid safetensors file: its header has no sensible length");
    assertRefused(
        Arrays.copyOf(whole, 100),
        "the model's stream is not a valid safetensors file: it ends within its header");
    assertRefused(
        Arrays.copyOf(whole, whole.length - 1),
        "the model's stream ends within tensor 'classifier.6.bias': it was cut short");
    assertRefused(
        Arrays.copyOf(whole, whole.length + 1),
        "the model's stream continues after the last tensor");
    assertRefused(
        "PK\3\4 and what torch.save writes more".getBytes(StandardCharsets.ISO_8859_1),
        "the model's stream is not a valid safetensors file: its header has no sensible length");
    assertThatThrownBy(() -> ImageClassifier.load(new Failing(whole)))
        .isInstanceOf(InputException.class)
        .hasMessage("cannot read the model's stream: the network is gone");
  }

  private static void assertRefused(byte[] content, String sentence) {
    int threads = workers();
    assertThatThrownBy(() -> ImageClassifier.load(new ByteArrayInputStream(content)))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(sentence);
    assertThat(workers()).as("threads that nobody can end").isLessThanOrEqualTo(threads);
  }

  private static int workers() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("vgg-worker"))
            .count();
  }

  @Test
  void whatIsClosedClassifiesNothing() {
    ImageClassifier classifier = ImageClassifier.load(model, threads(2));
    classifier.close();
    classifier.close();
    byte[] picture = TestImages.noise(40, 40, 1).toPng();
    assertThatThrownBy(() -> classifier.classify(picture))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this classifier was closed: load the model again");
    assertThatThrownBy(() -> classifier.classify(List.of(), 1))
        .isInstanceOf(IllegalStateException.class);
    assertThat(classifier.classNames()).hasSize(3);
  }

  @Test
  void eightThreadsGetWhatOneGets() throws Exception {
    List<RgbImage> images =
        IntStream.range(0, 8).mapToObj(i -> TestImages.noise(40 + i, 50, i)).toList();
    ExecutorService callers = Executors.newFixedThreadPool(8);
    try (ImageClassifier classifier = ImageClassifier.load(model, threads(2).withPasses(3))) {
      assertThat(classifier.passes()).isEqualTo(3);
      List<List<Prediction>> predictions =
          images.stream().map(image -> classifier.classify(image, 3)).toList();
      List<List<Prediction>> together = classifier.classify(images, 3);
      List<float[]> descriptors =
          images.stream().map(image -> classifier.describe(image, "relu1_1").values()).toList();
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        int n = i % 8;
        calls.add(
            callers.submit(
                () -> {
                  assertThat(classifier.classify(images.get(n), 3)).isEqualTo(predictions.get(n));
                  assertThat(classifier.describe(images.get(n), "relu1_1").values())
                      .isEqualTo(descriptors.get(n));
                  if (n == 0) {
                    assertThat(classifier.classify(images, 3)).isEqualTo(together);
                  }
                }));
      }
      for (Future<?> call : calls) {
        call.get();
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"A_LRN", "B", "D_BN"})
  void descriptorsOfEachTapHaveTheShapeThatIsSaid(Configuration configuration) {
    Path file = root.resolve(configuration + ".safetensors");
    ModelFile written = TestModels.random(configuration, "cat", "dog", "cow");
    written.write(file);
    RgbImage image = TestImages.noise(50, 40, 1);
    try (ImageClassifier classifier = ImageClassifier.load(file);
        Engine engine = Engines.open(Device.CPU, 1)) {
      List<Prediction> before = classifier.classify(image, 3);
      Map<String, List<Integer>> taps = classifier.taps();
      Parameters parameters = new Parameters(written.architecture(), written.arrays());
      Inference network = engine.load(parameters).inference(1, taps.keySet());
      float[] input = ForwardPass.images(written.architecture(), 1);
      Preprocessor preprocessor = new Preprocessor(written.preprocessing());
      preprocessor.write(preprocessor.centerCrop(image), input, 0);
      network.outputs(input, 1);
      assertThat(taps).containsEntry("fc8", List.of(3)).containsKey("relu1_1");
      taps.forEach(
          (tap, shape) -> {
            Descriptor descriptor = classifier.describe(image, tap);
            assertThat(descriptor.tap()).isEqualTo(tap);
            assertThat(descriptor.shape()).isEqualTo(shape);
            assertThat(descriptor.values())
                .hasSize(shape.stream().reduce(1, (a, b) -> a * b))
                .isEqualTo(network.tap(tap));
          });
      assertThat(classifier.classify(image, 3)).as("whatever was described").isEqualTo(before);
    }
  }

  @Test
  void manyImagesAreDescribedAsEachByItself() {
    List<RgbImage> images =
        IntStream.range(0, 7).mapToObj(i -> TestImages.noise(36 + i, 60 - i, i)).toList();
    try (ImageClassifier classifier = ImageClassifier.load(model, threads(2).withBatch(3))) {
      for (String tap : List.of("pool2", "fc7")) {
        List<Descriptor> together = classifier.describe(images, tap);
        assertThat(together).hasSize(7);
        for (int i = 0; i < 7; i++) {
          Descriptor alone = classifier.describe(images.get(i), tap);
          assertThat(together.get(i).shape()).isEqualTo(alone.shape());
          for (int k = 0; k < alone.values().length; k++) {
            assertThat(together.get(i).values()[k])
                .isCloseTo(alone.values()[k], within(1e-3f * Math.abs(alone.values()[k]) + 1e-3f));
          }
        }
      }
      assertThatThrownBy(() -> classifier.describe(images, "fc9"))
          .isInstanceOf(InputException.class)
          .hasMessageContainingAll("has no output 'fc9': choose from relu1_1,", "fc7, fc8");
    }
  }

  /** What one call asks for, later ones neither copy nor hold. */
  @Test
  void describingLeavesNothingBehind() {
    RgbImage image = TestImages.noise(50, 40, 1);
    try (ImageClassifier classifier = ImageClassifier.load(model, threads(1).withPasses(1))) {
      List<Prediction> expected = classifier.classify(image, 3);
      long before = HeldArrays.bytes(classifier);
      for (String tap : List.of("relu1_1", "fc7", "relu1_1")) {
        Descriptor first = classifier.describe(image, tap);
        assertThat(HeldArrays.bytes(classifier)).as(tap).isEqualTo(before);
        assertThat(classifier.classify(image, 3)).isEqualTo(expected);
        assertThat(classifier.describe(image, tap).values()).isEqualTo(first.values());
      }
    }
  }

  /** Of which no more than fit are computed at a time. */
  @Test
  void batchesThatNoMemoryHolds() {
    RgbImage image = TestImages.noise(50, 40, 1);
    ClassifierOptions huge = threads(2).withBatch(1_000_000_000);
    for (int passes : new int[] {ClassifierOptions.AUTO, 1}) {
      try (ImageClassifier classifier = ImageClassifier.load(model, huge.withPasses(passes))) {
        assertThat(classifier.heatMaps(image, 0)).hasSize(1);
        assertThat(classifier.classify(List.of(image, image), 1)).hasSize(2);
      }
    }
  }

  @Test
  void heatMapsAreThoseOfTheCommandAndCanBeDrawn() {
    RgbImage image = TestImages.noise(50, 40, 1);
    try (ImageClassifier classifier = ImageClassifier.load(model);
        Engine engine = Engines.open(Device.CPU, 1)) {
      ModelFile read = ModelFile.read(model);
      Parameters parameters = new Parameters(read.architecture(), read.arrays());
      List<HeatMap> expected =
          new HeatMaps(
                  engine.hostThreads(),
                  engine.load(parameters),
                  read.preprocessing(),
                  Temperature.NONE,
                  image)
              .occlusion(2, 0);
      List<HeatMap> maps = classifier.heatMaps(image, 2, 0);
      assertThat(maps).hasSize(2);
      for (int i = 0; i < 2; i++) {
        assertThat(maps.get(i).label()).isEqualTo(expected.get(i).label());
        assertThat(maps.get(i).values()).isDeepEqualTo(expected.get(i).values());
      }
      Prediction best = classifier.classify(image, 1).get(0);
      HeatMap map = classifier.heatMaps(image).get(0);
      assertThat(map.label()).isEqualTo(best.index());
      assertThat(map.probability()).isEqualTo(best.probability());
      RgbImage drawing = classifier.draw(image, maps, "noise");
      assertThat(drawing.width()).isGreaterThan(3 * 384);
      assertThatThrownBy(() -> classifier.draw(image, List.of(), "noise"))
          .isInstanceOf(InputException.class)
          .hasMessage("there is no heat map to draw: give at least one");
      for (int wrong : new int[] {-1, 3}) {
        assertThatThrownBy(() -> classifier.heatMaps(image, wrong))
            .isInstanceOf(InputException.class)
            .hasMessage("there is no class %d: give indices from 0 to 2", wrong);
      }
    }
  }

  /** All passes at work at once, and a batch. */
  @ParameterizedTest
  @EnumSource(names = {"A", "D_BN"})
  void noMoreMemoryThanPredicted(Configuration configuration) throws Exception {
    Path file = root.resolve("memory-" + configuration + ".safetensors");
    TestModels.random(configuration, "cat", "dog", "cow").write(file);
    ClassifierOptions options = threads(2).withPasses(3).withBatch(4);
    List<RgbImage> images =
        IntStream.range(0, 9).mapToObj(i -> TestImages.noise(40, 40, i)).toList();
    ExecutorService callers = Executors.newFixedThreadPool(6);
    try (ImageClassifier classifier = ImageClassifier.load(file, options)) {
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        RgbImage image = images.get(i % 9);
        calls.add(callers.submit(() -> classifier.classify(image, 1)));
      }
      for (Future<?> call : calls) {
        call.get();
      }
      classifier.classify(images, 1);
      long predicted = ImageClassifier.memoryNeeded(file, options);
      assertThat(HeldArrays.bytes(classifier))
          .isBetween((long) (0.6 * predicted), (long) (1.01 * predicted));
      assertThat(ImageClassifier.memoryNeeded(file, options.withPasses(4)))
          .isGreaterThan(predicted);
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void optionsOutOfRange() {
    ClassifierOptions options = ClassifierOptions.defaults();
    assertThatThrownBy(() -> options.withThreads(0))
        .isInstanceOf(InputException.class)
        .hasMessage("option threads is 0 but must be at least 1");
    assertThatThrownBy(() -> options.withPasses(-1))
        .isInstanceOf(InputException.class)
        .hasMessage("option passes is -1 but must be at least 0");
    assertThatThrownBy(() -> options.withBatch(0))
        .isInstanceOf(InputException.class)
        .hasMessage("option batch is 0 but must be at least 1");
    assertThatThrownBy(() -> ImageClassifier.load(model, options.withPasses(10_000_000)))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("10000000 passes and batches of 16 need", "take fewer passes");
  }

  private static byte[] resource(String path) throws IOException {
    try (InputStream stream = ImageClassifierTest.class.getResourceAsStream(path)) {
      return stream.readAllBytes();
    }
  }

  @Test
  void missingModel() {
    Path nowhere = root.resolve("nowhere.safetensors");
    assertThatThrownBy(() -> ImageClassifier.load(nowhere))
        .isInstanceOf(InputException.class)
        .hasMessage("there is no file %s: check the path", nowhere);
  }
}
