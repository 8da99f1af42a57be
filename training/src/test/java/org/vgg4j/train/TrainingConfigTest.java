package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.Distortions;
import org.vgg4j.data.loading.ResizedCrop;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Task;

class TrainingConfigTest {
  private static Arguments wrong(Consumer<Options> change, String sentence) {
    return Arguments.of(change, sentence);
  }

  static Stream<Arguments> outOfRange() {
    double nan = Double.NaN;
    double infinity = Double.POSITIVE_INFINITY;
    return Stream.of(
        wrong(o -> o.heldOut = 0, "held-out is 0.0 but must be a fraction between 0 and 1"),
        wrong(o -> o.limit = -1, "limit is -1 but must be at least 0"),
        wrong(o -> o.heldOut = 1, "held-out is 1.0 but must be a fraction between 0 and 1"),
        wrong(o -> o.heldOut = nan, "held-out is NaN but must be a fraction between 0 and 1"),
        wrong(o -> o.scale = ScaleRange.fixed(31), "scale is 31 but must be at least the crop, 32"),
        wrong(
            o -> o.scale = new ScaleRange(31, 64),
            "scale is 31-64 but must be at least the crop, 32"),
        wrong(
            o -> o.colorShift = -0.1,
            "color-shift is -0.1 but must be zero or a positive number; the paper has 0.1"),
        wrong(o -> o.batch = 0, "batch is 0 but must be at least 1"),
        wrong(
            o -> o.microBatch = 17,
            "micro-batch is 17 but must be from 1 to the batch, 16, or 0 for as many images as"
                + " memory allows"),
        wrong(
            o -> o.microBatch = -1,
            "micro-batch is -1 but must be from 1 to the batch, 16, or 0 for as many images as"
                + " memory allows"),
        wrong(o -> o.learningRate = 0, "lr is 0.0 but must be a positive number"),
        wrong(o -> o.learningRate = nan, "lr is NaN but must be a positive number"),
        wrong(o -> o.learningRate = infinity, "lr is Infinity but must be a positive number"),
        wrong(o -> o.momentum = 1, "momentum is 1.0 but must be in [0, 1)"),
        wrong(o -> o.momentum = -0.1, "momentum is -0.1 but must be in [0, 1)"),
        wrong(
            o -> o.weightDecay = -1, "weight-decay is -1.0 but must be zero or a positive number"),
        wrong(
            o -> o.weightDecay = infinity,
            "weight-decay is Infinity but must be zero or a positive number"),
        wrong(o -> o.dropout = 1, "dropout is 1.0 but must be in [0, 1)"),
        wrong(o -> o.dropout = -0.5, "dropout is -0.5 but must be in [0, 1)"),
        wrong(
            o -> o.clipGradients = -1,
            "clip-gradients is -1.0 but must be zero or a positive number"),
        wrong(
            o -> o.clipGradients = infinity,
            "clip-gradients is Infinity but must be zero or a positive number"),
        wrong(
            o -> o.average = AverageConfig.last(2),
            "average is last:2 but must be ema:DECAY where schedule paper or stop-after may end"
                + " training at any epoch"),
        wrong(o -> o.patience = 0, "patience is 0 but must be at least 1"),
        wrong(o -> o.epochs = 0, "epochs is 0 but must be at least 1"),
        wrong(o -> o.maxSteps = 0, "max-steps is 0 but must be at least 1"),
        wrong(o -> o.threads = 0, "threads is 0 but must be at least 1"),
        wrong(o -> o.checkpointEvery = -1, "checkpoint-every is -1 but must be at least 0"),
        wrong(o -> o.warmUp = -1, "warm-up is -1 but must be at least 0"),
        wrong(
            o -> o.stepEpochs = List.of(3, 3),
            "step-epochs is 3,3 but must be rising numbers from 1 on"),
        wrong(
            o -> o.schedule = ScheduleConfig.Kind.STEP,
            "step-epochs is empty but must be the epochs after which the rate drops, such as 20,40,"
                + " where schedule is step"));
  }

  @ParameterizedTest
  @MethodSource("outOfRange")
  void rangesHaveTheirSentence(Consumer<Options> change, String sentence) {
    Options options = new Options();
    change.accept(options);
    assertThatThrownBy(options::build)
        .isInstanceOf(InputException.class)
        .hasMessage("option " + sentence);
  }

  @Test
  void edgesOfTheRangesAreIn() {
    Options options = new Options();
    options.scale = ScaleRange.fixed(options.crop);
    options.microBatch = options.batch;
    options.momentum = 0;
    options.weightDecay = 0;
    options.dropout = 0;
    options.patience = 1;
    options.epochs = 1;
    options.maxSteps = 1;
    options.threads = 1;
    assertThat(options.build().sgd().microBatch()).isEqualTo(16);
  }

  @Test
  void anotherMicroBatchChangesNothingElse() {
    Options options = new Options();
    options.data = "other";
    options.heldOut = 0.2;
    options.flip = false;
    options.configuration = Configuration.E;
    options.width = 0.5;
    options.crop = 64;
    options.scale = new ScaleRange(70, 80);
    options.colorShift = 0.3;
    options.batch = 9;
    options.learningRate = 0.02;
    options.momentum = 0.8;
    options.weightDecay = 1e-3;
    options.biasDecay = false;
    options.dropout = 0.4;
    options.initialisation = Initialisation.HE;
    options.patience = 3;
    options.epochs = 4;
    options.maxSteps = 11;
    options.seed = 12;
    options.threads = 13;
    options.from = Path.of("a.safetensors");
    options.freeze = List.of("features");
    options.schedule = ScheduleConfig.Kind.STEP;
    options.stepEpochs = List.of(2, 3);
    options.warmUp = 7;
    options.checkpointEvery = 8;
    TrainingConfig before = options.build();
    options.microBatch = 5;
    assertThat(before.withMicroBatch(5)).isEqualTo(options.build());
  }

  @Test
  void optionsHoldEveryComponent() {
    Options options = new Options();
    assertThat(options.build().options())
        .doesNotContainKeys(
            "clip-gradients", "average", "erase", "pad", "random-resized-crop", "trivial-augment");
    options.distortions = new Distortions(null, 0, 0.5, false);
    options.clipGradients = 5; // these are there where they are set
    options.average = AverageConfig.ema(0.5);
    TrainingConfig config = options.build();
    int nested =
        StartConfig.class.getRecordComponents().length
            + AugmentationConfig.class.getRecordComponents().length // one of which is erase
            + (SgdConfig.class.getRecordComponents().length - 2) // a batch has two
            + LayerRates.class.getRecordComponents().length
            + ScheduleConfig.class.getRecordComponents().length
            + 1; // a device's precision
    assertThat(config.options())
        .hasSize(TrainingConfig.class.getRecordComponents().length - 12 + nested);
    TrainingConfig boxes =
        config.toBuilder().regression(Task.SINGLE_BOX).boxFile(Path.of("b.csv")).build();
    assertThat(boxes.options())
        .hasSize(config.options().size() + BoxConfig.class.getRecordComponents().length)
        .containsEntry("regression", "scr");
    assertThat(TrainingConfig.of(boxes.options())).isEqualTo(boxes);
    TrainingConfig labels =
        config.toBuilder().select(Selection.MAP).multiLabel("labels.csv").build();
    assertThat(labels.options())
        .hasSize(config.options().size() + 1)
        .containsEntry("multi-label", "labels.csv");
    assertThat(TrainingConfig.of(labels.options())).isEqualTo(labels);
    assertThat(TrainingConfig.of(config.options())).isEqualTo(config);
    assertThat(config.options())
        .containsEntry("arch", "A")
        .containsEntry("init", "glorot")
        .containsEntry("lr", 0.01)
        .containsEntry("clip-gradients", 5.0)
        .containsEntry("average", "ema:0.5")
        .containsEntry("erase", 0.5)
        .containsEntry("seed", 7L);
  }

  @Test
  void paddingIsParsedBack() {
    Options options = new Options();
    options.distortions = new Distortions(null, 4, 0, false);
    TrainingConfig config = options.build();
    assertThat(config.options()).containsEntry("pad", 4);
    assertThat(TrainingConfig.of(config.options())).isEqualTo(config);
    assertThatThrownBy(() -> config.toBuilder().pad(32).build())
        .isInstanceOf(InputException.class)
        .hasMessage("option pad is 32 but must be smaller than the crop, 32");
    assertThatThrownBy(() -> config.toBuilder().regression(Task.SINGLE_BOX).build())
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option pad is 4 but must be left out where boxes are learnt, whose crops lie in the"
                + " image");
  }

  @Test
  void distortionsAreParsedBack() {
    Options options = new Options();
    options.distortions = new Distortions(ResizedCrop.DEFAULT, 0, 0.25, true);
    TrainingConfig config = options.build();
    assertThat(config.options())
        .containsEntry("random-resized-crop", "0.08-1.0,0.75-1.3333333333333333")
        .containsEntry("erase", 0.25)
        .containsEntry("trivial-augment", true);
    assertThat(TrainingConfig.of(config.options())).isEqualTo(config);
    assertThatThrownBy(() -> config.toBuilder().regression(Task.SINGLE_BOX).build())
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option random-resized-crop is set but must be left out where boxes are learnt, whose"
                + " crops show enough of an object (option min-overlap)");
    assertThatThrownBy(
            () -> config.toBuilder().resizedCrop(null).regression(Task.SINGLE_BOX).build())
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option trivial-augment is true but must be left out where boxes are learnt, since it"
                + " moves objects");
  }

  @Test
  void provenanceHoldsWhatDeterminesTheResult() {
    Options options = new Options();
    TrainingConfig one = options.build();
    options.threads = 3;
    options.data = "/home/somebody/pets";
    options.checkpointEvery = 5;
    TrainingConfig other = options.build();
    assertThat(one.provenanceOptions(null, List.of()))
        .isEqualTo(other.provenanceOptions(null, List.of()));
    List<String> left =
        one.options().keySet().stream()
            .filter(key -> !one.provenanceOptions(null, List.of()).containsKey(key))
            .toList();
    assertThat(left)
        .containsExactlyInAnyOrder(
            "threads", "device", "precision", "data", "checkpoint-every", "max-unreadable");
  }

  /** Two paths of the same file give the same weights. */
  @Test
  void whatTheFirstModelHoldsCountsAndNotItsPath() {
    Options options = new Options();
    options.from = Path.of("a.safetensors");
    assertThat(options.build().options()).containsEntry("init", "from:a.safetensors");
    assertThat(options.build().provenanceOptions("12ab", List.of()))
        .containsEntry("init", "from:12ab");
  }
}
