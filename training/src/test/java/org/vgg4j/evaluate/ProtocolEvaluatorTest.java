package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Parameters;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.weights.safetensors.SafeTensors;

/** The paper's protocols (section 3.2), against PyTorch and against one another. */
class ProtocolEvaluatorTest {
  private static final List<String> CLASSES = List.of("a", "b", "c", "d", "e", "f", "g");
  private static final List<String> PICTURES = List.of("wide", "tall", "square");
  private static final int CROP = 64;
  private static final Preprocessing PREPROCESSING =
      Preprocessing.paper(new Rgb(110, 100, 90), CROP, CROP);
  private static Map<String, SafeTensors.Tensor> goldens;
  private static Parameters parameters;
  private static Engine engine;
  private static Dataset pictures;

  @BeforeAll
  static void goldens() throws URISyntaxException {
    goldens = SafeTensors.read(resource("d.safetensors")).tensors();
    Architecture architecture = new Architecture(Configuration.D, 0.02, CROP, CLASSES.size());
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      arrays.put(shape.name(), goldens.get(shape.name()).values());
    }
    parameters = new Parameters(architecture, arrays);
    engine = Engines.open(Device.CPU, 2);
    TestDataset dataset = new TestDataset(CLASSES.toArray(new String[0]));
    for (String picture : PICTURES) {
      dataset.add(dataset.size(), ImageDecoder.decode(resource(picture + ".jpg")));
    }
    pictures = dataset;
  }

  @AfterAll
  static void end() {
    engine.close();
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(ProtocolEvaluatorTest.class.getResource("/goldens/protocols/" + name).toURI());
  }

  private static Posteriors run(Dataset dataset, Protocol protocol, int batch, Integer... scales) {
    return new ProtocolEvaluator(
            engine.hostThreads(),
            engine.load(parameters),
            PREPROCESSING,
            CLASSES,
            "d",
            ViewPlan.of(protocol),
            List.of(scales),
            batch)
        .run(dataset, UnreadableLimit.NONE, done -> {});
  }

  private static void assertClose(float[] actual, float[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).as("value %d", i).isCloseTo(expected[i], within(tolerance));
    }
  }

  /** From the image file on. */
  @ParameterizedTest
  @ValueSource(ints = {64, 73, 110, 146})
  void equalsPyTorch(int scale) {
    for (Protocol protocol : List.of(Protocol.DENSE, Protocol.MULTI_CROP)) {
      Posteriors posteriors = run(pictures, protocol, 16, scale);
      for (int n = 0; n < PICTURES.size(); n++) {
        String name = protocol.label() + "." + PICTURES.get(n) + "." + scale;
        float[] expected = goldens.get(name).values();
        int classes = CLASSES.size();
        float[] actual = Arrays.copyOfRange(posteriors.values(), n * classes, (n + 1) * classes);
        assertClose(actual, expected, 1e-4);
      }
    }
  }

  @Test
  void scalesAndTheTwoProtocolsAreAveraged() {
    float[] small = run(pictures, Protocol.DENSE, 16, 73).values();
    float[] large = run(pictures, Protocol.DENSE, 16, 146).values();
    float[] both = run(pictures, Protocol.DENSE, 16, 73, 146).values();
    float[] crops = run(pictures, Protocol.MULTI_CROP, 16, 73, 146).values();
    float[] all = run(pictures, Protocol.BOTH, 16, 73, 146).values();
    for (int i = 0; i < both.length; i++) {
      assertThat(both[i]).isCloseTo((small[i] + large[i]) / 2, within(1e-6f));
      assertThat(all[i]).isCloseTo((both[i] + crops[i]) / 2, within(1e-6f));
    }
  }

  @Test
  void theCentreCropIsThatOfTraining() {
    Posteriors posteriors = run(pictures, Protocol.CENTER_CROP, 2, CROP);
    Evaluation expected =
        new CenterCropEvaluator(
                engine.hostThreads(),
                engine.load(parameters).inference(2, Set.of()),
                PREPROCESSING,
                CLASSES)
            .evaluate(pictures, done -> {});
    assertThat(posteriors.evaluation().confusion()).isDeepEqualTo(expected.confusion());
    assertThat(posteriors.evaluation().meanLoss()).isCloseTo(expected.meanLoss(), within(1e-6));
    assertThat(posteriors.evaluation().top5Error()).isEqualTo(expected.top5Error());
  }

  /** A square image at Q = crop: every protocol looks at the same, and at its mirror image. */
  @Test
  void onOneWindowAllProtocolsAreOne() {
    Dataset square =
        new TestDataset(CLASSES.toArray(new String[0])).add(0, TestImages.noise(90, 90, 1));
    Dataset mirrored =
        new TestDataset(CLASSES.toArray(new String[0]))
            .add(0, TestImages.noise(90, 90, 1).flipHorizontally());
    float[] upright = run(square, Protocol.CENTER_CROP, 4, CROP).values();
    float[] turned = run(mirrored, Protocol.CENTER_CROP, 4, CROP).values();
    float[] mean = new float[upright.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (upright[i] + turned[i]) / 2;
    }
    for (Protocol protocol :
        List.of(Protocol.TEN_CROP, Protocol.MULTI_CROP, Protocol.DENSE, Protocol.BOTH)) {
      assertClose(run(square, protocol, 7, CROP).values(), mean, 1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TEN_CROP", "MULTI_CROP", "DENSE", "BOTH"})
  void aMirrorImageIsTheSame(Protocol protocol) {
    TestDataset mirrored = new TestDataset(CLASSES.toArray(new String[0]));
    for (int n = 0; n < pictures.size(); n++) {
      mirrored.add(n, pictures.image(n).flipHorizontally());
    }
    // the places of the grid are rounded up, so their mirror images may be a pixel off
    boolean exact = protocol == Protocol.TEN_CROP || protocol == Protocol.DENSE;
    float[] expected = run(pictures, protocol, 16, 128).values();
    assertClose(run(mirrored, protocol, 16, 128).values(), expected, exact ? 1e-5 : 5e-3);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void batchesChangeNothing(Protocol protocol) {
    float[] expected = run(pictures, protocol, 64, 73, 110).values();
    assertClose(run(pictures, protocol, 1, 73, 110).values(), expected, 1e-6);
    assertClose(run(pictures, protocol, 5, 73, 110).values(), expected, 1e-6);
  }

  @Test
  void fusingANetworkWithItselfChangesNothing() {
    Posteriors one = run(pictures, Protocol.DENSE, 16, 73);
    Posteriors fused = Posteriors.fused(List.of(one, one, one));
    assertThat(fused.values()).isEqualTo(one.values());
    assertThat(fused.about()).hasSize(3);
  }

  @Test
  void whatWasLookedAtIsTold() {
    Posteriors.About dense = run(pictures, Protocol.DENSE, 16, 64, 128).about().get(0);
    // wide: 101x64 and 202x128, tall: 64x114 and 128x229, square; each twice
    assertThat(dense.windowsPerImage())
        .isCloseTo(2 * (2 + 3 * 5 + 2 + 6 * 3 + 1 + 3 * 3) / 3.0, within(1e-9));
    assertThat(dense.smallestMap()).isEqualTo("1x1");
    assertThat(dense.largestMap()).isEqualTo("6x3");
    assertThat(dense.relativeCost()).isGreaterThan(2);
    Posteriors.About crops = run(pictures, Protocol.MULTI_CROP, 16, 64, 73, 110).about().get(0);
    assertThat(crops.windowsPerImage()).isEqualTo(150);
    assertThat(crops.relativeCost()).isCloseTo(150, within(1e-9));
    assertThat(run(pictures, Protocol.TEN_CROP, 16, 73).about().get(0).windowsPerImage())
        .isEqualTo(10);
    assertThat(run(pictures, Protocol.BOTH, 16, 64).about().get(0).testScales())
        .containsExactly(64);
  }

  @Test
  void options() {
    assertThat(Protocol.of("Multi-Crop")).isEqualTo(Protocol.MULTI_CROP);
    assertThat(Protocol.of("10-crop")).isEqualTo(Protocol.TEN_CROP);
    assertThatThrownBy(() -> Protocol.of("all"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "there is no protocol 'all': choose center-crop, 10-crop, multi-crop, dense, both"
                + " (option protocol)");
    assertThat(TestScales.of("256, 384,512", ScaleRange.fixed(256), 224))
        .containsExactly(256, 384, 512);
    assertThat(TestScales.of("paper", ScaleRange.fixed(256), 224)).containsExactly(224, 256, 288);
    assertThat(TestScales.of("paper", new ScaleRange(256, 512), 224))
        .containsExactly(256, 384, 512);
    assertThat(TestScales.of("paper", ScaleRange.fixed(73), 64)).containsExactly(64, 73, 82);
    assertThatThrownBy(() -> TestScales.of("256,200", ScaleRange.fixed(256), 224))
        .isInstanceOf(InputException.class)
        .hasMessage("test scale Q = 200 is below crop 224: take scales of at least the crop");
    assertThatThrownBy(() -> TestScales.of("256;384", ScaleRange.fixed(256), 224))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> TestScales.of("", ScaleRange.fixed(256), 224))
        .isInstanceOf(InputException.class);
  }

  @Test
  void classesAreMatchedByNameAndUnknownOnesRefused() throws IOException {
    Dataset other = new TestDataset("g", "a").add(0, pictures.image(0)).add(1, pictures.image(1));
    assertThat(run(other, Protocol.CENTER_CROP, 2, 73).labels()).containsExactly(6, 0);
    Dataset unknown = new TestDataset("a", "z").add(0, pictures.image(0));
    assertThatThrownBy(() -> run(unknown, Protocol.CENTER_CROP, 2, 73))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("does not know z");
  }
}
