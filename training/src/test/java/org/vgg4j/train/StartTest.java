package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;

/** Weights taken over from another network, and layers that stay as they are. */
class StartTest {
  private static final double TINY_RATE = 1e-30; // too small to change a float

  @TempDir static Path shared;
  private static Path data;
  private static Path netA;

  @TempDir Path root;
  private final Options options = new Options();
  private final Recorder recorder = new Recorder();

  @BeforeAll
  static void trainA() throws IOException {
    data = TinyPictures.write(shared.resolve("pets"), 8, 2, 0);
    Options a = new Options();
    a.data = data.toString();
    a.epochs = 1;
    a.learningRate = 0.003;
    netA =
        Trainer.train(a.build(), shared.resolve("A"), new Recorder(), () -> false, Map.of())
            .folder()
            .lastModel();
  }

  private ModelFile train(String out) {
    if (options.data.equals("pets")) {
      options.data = data.toString();
    }
    options.epochs = 1;
    return ModelFile.read(
        Trainer.train(options.build(), root.resolve(out), recorder, () -> false, Map.of())
            .folder()
            .lastModel());
  }

  /** Names of the layers whose parameters are the same in both. */
  private static Set<String> equalLayers(ModelFile one, ModelFile other) {
    Set<String> equal = new TreeSet<>();
    for (ParameterShape shape : one.architecture().parameters()) {
      for (ParameterShape that : other.architecture().parameters()) {
        if (shape.isWeight()
            && that.isWeight()
            && shape.layer().equals(that.layer())
            && java.util.Arrays.equals(
                one.arrays().get(shape.name()), other.arrays().get(that.name()))) {
          equal.add(shape.layer());
        }
      }
    }
    return equal;
  }

  /** The paper, section 3.1: the first four convolutions of A and the fully connected layers. */
  @Test
  void deeperNetworkTakesSevenLayersOfA() {
    options.configuration = Configuration.D;
    options.from = netA;
    options.learningRate = TINY_RATE;
    ModelFile d = train("D");
    assertThat(equalLayers(d, ModelFile.read(netA)))
        .containsExactly("conv1_1", "conv2_1", "conv3_1", "conv3_2", "fc6", "fc7", "fc8");
    options.from = null;
    assertThat(equalLayers(d, train("drawn")))
        .as("the rest is drawn as ever")
        .containsExactly(
            "conv1_2", "conv2_2", "conv3_3", "conv4_1", "conv4_2", "conv4_3", "conv5_1", "conv5_2",
            "conv5_3");
    assertThat(recorder.notes)
        .containsExactly(
            "weights of conv1_1, conv2_1, conv3_1, conv3_2, fc6, fc7, fc8 from "
                + netA
                + "; drawn (glorot): conv1_2, conv2_2, conv3_3, conv4_1, conv4_2, conv4_3, conv5_1,"
                + " conv5_2, conv5_3");
  }

  /** Of other held-out images, some are among those that the first network learnt from. */
  @Test
  void validationImagesThatWereLearntAreNoted() throws IOException {
    options.data = TinyPictures.write(root.resolve("all"), 10, 1, 0).resolve("train").toString();
    options.heldOut = 0.3;
    options.seed = 1;
    train("first");
    options.from = root.resolve("first/last/model.safetensors");
    train("same");
    assertThat(recorder.notes).noneMatch(note -> note.contains("learnt from"));
    options.seed = 2;
    train("second");
    assertThat(recorder.notes)
        .anyMatch(
            note ->
                note.matches(
                    "[1-9] of the 9 validation images are among those that .*model.safetensors"
                        + " learnt from, so errors will be too low: hold out the same ones by"
                        + " --held-out 0.3 --limit 0 --seed 1, as it did"));
  }

  @Test
  void sameNetworkTakesAllLayersAndThePreprocessing() {
    options.from = netA;
    options.learningRate = TINY_RATE;
    options.scale = ScaleRange.fixed(48);
    ModelFile model = train("A");
    ModelFile source = ModelFile.read(netA);
    assertThat(equalLayers(model, source)).hasSize(11);
    assertThat(model.preprocessing())
        .isEqualTo(source.preprocessing().withSizes(48, source.preprocessing().crop()));
    assertThat(model.provenance().configuration().get("init").toString())
        .matches("from:[0-9a-f]{64}");
  }

  @Test
  void otherClassesHaveANewHead() throws IOException {
    Path other = TinyPictures.write(root.resolve("other"), 4, 2, 0);
    for (String part : List.of("train", "val")) {
      java.nio.file.Files.move(
          other.resolve(part).resolve("red"), other.resolve(part).resolve("rouge"));
    }
    options.data = other.toString();
    options.from = netA;
    options.learningRate = TINY_RATE;
    assertThat(equalLayers(train("fine"), ModelFile.read(netA))).hasSize(10).doesNotContain("fc8");
  }

  /** Another head is drawn as a whole; one like it is copied, and its last layer may be frozen. */
  @Test
  void otherHeadsAreDrawnAndTheSameAreCopied() {
    options.from = netA;
    options.learningRate = TINY_RATE;
    options.head = new HeadLayers(true, List.of(20));
    ModelFile narrow = train("narrow");
    assertThat(narrow.architecture().head()).isEqualTo(options.head);
    assertThat(equalLayers(narrow, ModelFile.read(netA)))
        .hasSize(8)
        .allMatch(layer -> layer.startsWith("conv"));
    assertThat(narrow.provenance().configuration())
        .containsEntry("head", "20")
        .containsEntry("pooling", "average");

    Path file = root.resolve("narrow").resolve("last").resolve("model.safetensors");
    TrainingConfig tuning = TrainingConfig.fineTuning(file, "photos");
    assertThat(tuning.head()).isEqualTo(options.head);
    options.from = file;
    options.learningRate = 0.003;
    options.freeze = List.of("all-but-head");
    assertThat(equalLayers(train("again"), narrow)).hasSize(9).contains("fc6");
    options.freeze = List.of("fc7", "features");
    assertThat(equalLayers(train("hidden"), narrow)).hasSize(9).contains("fc7");
    options.freeze = List.of();
    options.learningRate = TINY_RATE;
    options.layerRates = new LayerRates(0, 0.003);
    assertThat(equalLayers(train("fast"), narrow)).hasSize(9).contains("fc6");
    options.crop = 64; // means of a larger map are as many
    options.scale = ScaleRange.fixed(64);
    options.layerRates = LayerRates.SAME;
    assertThat(equalLayers(train("large"), narrow)).hasSize(10);
  }

  @Test
  void anotherWidthDoesNotFit() {
    options.from = netA;
    options.width = 0.25;
    assertThatThrownBy(() -> train("wide"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("conv2_1 of " + netA + " has shape")
        .hasMessageEndingWith("option width must be the same as that model's")
        .hasMessageNotContaining("crop");
    options.width = 0.03;
    options.crop = 64;
    options.scale = ScaleRange.fixed(64);
    assertThatThrownBy(() -> train("large"))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith("options width and crop must be the same as that model's");
    assertThat(recorder.surveyed).as("images looked at").isEmpty();
    assertThat(root.resolve("wide")).doesNotExist();
    assertThat(root.resolve("large")).doesNotExist();
  }

  @Test
  void frozenLayersStay() {
    options.from = netA;
    options.learningRate = 0.003;
    options.momentum = 0.5;
    ModelFile source = ModelFile.read(netA);
    options.freeze = List.of("features");
    assertThat(equalLayers(train("features"), source))
        .hasSize(8)
        .allMatch(layer -> layer.startsWith("conv"));
    options.freeze = List.of("conv2_1", "fc6");
    options.microBatch = 5; // summed before they are taken
    assertThat(equalLayers(train("names"), source)).containsExactly("conv2_1", "fc6");
    options.freeze = List.of("all-but-head");
    assertThat(equalLayers(train("head"), source)).hasSize(10).doesNotContain("fc8");
  }

  /**
   * A network without batch normalisation takes what that makes of the filters, not the filters.
   */
  @Test
  void plainNetworkTakesTheFoldedLayers() {
    options.configuration = Configuration.A_BN;
    options.learningRate = 0.003;
    ModelFile normalised = train("normalised");
    options.from = root.resolve("normalised").resolve("last").resolve("model.safetensors");
    options.learningRate = TINY_RATE;
    Parameters folded =
        new Parameters(normalised.architecture(), normalised.arrays()).withoutBatchNorm();
    options.configuration = Configuration.A;
    ModelFile same = train("same");
    options.configuration = Configuration.D;
    ModelFile deeper = train("deeper");
    for (ParameterShape shape : folded.architecture().parameters()) {
      assertThat(same.arrays().get(shape.name()))
          .as(shape.name())
          .containsExactly(folded.values(shape.name()), offset(1e-6f));
    }
    assertThat(deeper.arrays().get("features.0.weight"))
        .containsExactly(folded.values("features.0.weight"), offset(1e-6f));
    // the other way, all convolutions come over, and the normalisations begin as they do
    options.configuration = Configuration.A_BN;
    options.from = netA;
    ModelFile again = train("again");
    assertThat(equalLayers(again, ModelFile.read(netA))).hasSize(11);
    // and what A's normalisations learnt begins a deeper network with them
    options.configuration = Configuration.D_BN;
    options.from = root.resolve("normalised").resolve("last").resolve("model.safetensors");
    ModelFile deepNorm = train("deep-norm");
    assertThat(deepNorm.arrays().get("features.1.weight"))
        .containsExactly(normalised.arrays().get("features.1.weight"), offset(1e-6f));
  }

  /** With batch normalisation, frozen layers keep their running statistics, too, and use them. */
  @Test
  void frozenNormalisationsStay() {
    options.configuration = Configuration.A_BN;
    options.learningRate = 0.003;
    ModelFile base = train("base");
    assertThat(base.arrays().get("features.1.running_mean")).doesNotContain(0f);
    options.from = root.resolve("base").resolve("last").resolve("model.safetensors");
    options.freeze = List.of("features");
    options.seed = 5;
    ModelFile tuned = train("tuned");
    for (ParameterShape shape : base.architecture().parameters()) {
      boolean ofFeatures = !shape.layer().startsWith("fc");
      float[] before = base.arrays().get(shape.name());
      float[] after = tuned.arrays().get(shape.name());
      assertThat(java.util.Arrays.equals(before, after)).as(shape.name()).isEqualTo(ofFeatures);
    }
    options.freeze = List.of();
    ModelFile free = train("free");
    for (String name : List.of("weight", "bias", "running_mean", "running_var")) {
      String all = "features.1." + name;
      assertThat(free.arrays().get(all)).as(all).isNotEqualTo(base.arrays().get(all));
    }
  }

  /** Leaving out the lower layers' gradients changes nothing above. */
  @Test
  void theHeadLearnsTheSameHoweverFarTheGradientGoes() {
    options.from = netA;
    options.freeze = List.of("all-but-head");
    ModelFile short0 = train("short");
    // conv1_1 is trained, but at no rate that matters: here only fc8 and conv1_1 are compared
    options.freeze =
        List.of(
            "conv1_1,conv2_1,conv3_1,conv3_2,conv4_1,conv4_2,conv5_1,conv5_2,fc6,fc7".split(","));
    assertThat(train("names").arrays().get("classifier.6.weight"))
        .isEqualTo(short0.arrays().get("classifier.6.weight"));
  }

  @Test
  void unknownLayersAreRefused() {
    Architecture architecture = new Architecture(Configuration.A, 0.03, 32, 3);
    assertThatThrownBy(() -> StartConfig.of("he", "he", "fc9").frozenLayers(architecture))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option freeze is fc9 but must be features, all-but-head or layers")
        .hasMessageEndingWith("fc6, fc7, fc8");
    assertThatThrownBy(
            () -> StartConfig.of("he", "he", "all-but-head fc8").frozenLayers(architecture))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("must be less than the whole network");
    assertThat(StartConfig.of("he", "he", " features, fc6").frozenLayers(architecture)).hasSize(9);
  }

  /** Known from the options alone: neither data nor a run folder are needed for it. */
  @Test
  void unknownLayersAreRefusedWithTheOptions() {
    options.freeze = List.of("fc9");
    assertThatThrownBy(options::build)
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option freeze is fc9 but must be features");
  }

  @Test
  void initIsAWordOrAFile() {
    assertThat(StartConfig.of("HE", "glorot", ""))
        .isEqualTo(new StartConfig(null, Initialisation.HE, List.of()));
    assertThat(StartConfig.of("from:a/b.safetensors", "gaussian", ""))
        .isEqualTo(new StartConfig(Path.of("a/b.safetensors"), Initialisation.GAUSSIAN, List.of()));
    assertThatThrownBy(() -> StartConfig.of("a.safetensors", "he", ""))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("there is no initialisation 'a.safetensors'");
    options.from = root.resolve("none.safetensors");
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none.safetensors");
  }

  @Test
  void layersMayLearnAtRatesOfTheirOwn() {
    options.from = netA;
    options.learningRate = TINY_RATE;
    options.layerRates = new LayerRates(0, 0.003);
    assertThat(equalLayers(train("head"), ModelFile.read(netA))).hasSize(10).doesNotContain("fc8");
    options.layerRates = new LayerRates(0.003, 0);
    ModelFile features = train("features");
    assertThat(equalLayers(features, ModelFile.read(netA))).containsExactly("fc6", "fc7", "fc8");
    assertThat(features.provenance().configuration()).containsEntry("lr-features", 0.003);
    assertThatThrownBy(() -> new LayerRates(0, -1))
        .isInstanceOf(InputException.class)
        .hasMessage("option lr-head is -1.0 but must be zero or a positive number");
  }

  /** Where left and right matter, they do in what follows from the model, too. */
  @Test
  void whatComesOfAModelWithoutMirrorImagesHasNone() {
    options.flip = false;
    options.from = netA;
    options.learningRate = TINY_RATE;
    ModelFile unused = train("unflipped");
    Path file = root.resolve("unflipped").resolve("last").resolve("model.safetensors");
    assertThat(TrainingConfig.fineTuning(file, "text").augmentation().flip()).isFalse();
    assertThat(TrainingConfig.localisation(file, "text").augmentation().flip()).isFalse();
    assertThat(TrainingConfig.fineTuning(netA, "photos").augmentation().flip()).isTrue();
    assertThat(TrainingConfig.localisation(netA, "photos").augmentation().flip()).isTrue();
  }

  @Test
  void fineTuningFollowsTheModel() {
    TrainingConfig config = TrainingConfig.fineTuning(netA, "photos");
    ModelFile source = ModelFile.read(netA);
    assertThat(config.data()).isEqualTo("photos");
    assertThat(config.configuration()).isEqualTo(Configuration.A);
    assertThat(config.width()).isEqualTo(source.architecture().width());
    assertThat(config.crop()).isEqualTo(32);
    assertThat(config.augmentation().scale().middle()).isEqualTo(source.preprocessing().scale());
    assertThat(config.options())
        .containsEntry("init", "from:" + netA)
        .containsEntry("lr-head", 0.01);
  }
}
