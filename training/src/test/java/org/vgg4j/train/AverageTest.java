package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Split;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.evaluate.CenterCropEvaluator;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.safetensors.SafeTensors;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/** The model of a run with averaged weights, beside the average of its steps made by hand. */
class AverageTest {
  private static final int STEPS_OF_EPOCH = 3;
  private static final int EPOCHS = 4;

  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;
  private final Options options = new Options();
  private final Recorder recorder = new Recorder();

  @BeforeAll
  static void pictures() throws IOException {
    data = TinyPictures.write(shared.resolve("pets"), 11, 4, 4);
  }

  private RunFolder train(String out, AverageConfig average, int stopAfter) {
    options.data = data.toString();
    options.epochs = EPOCHS;
    options.configuration = Configuration.A_BN;
    options.schedule = ScheduleConfig.Kind.COSINE;
    options.average = average;
    Recorder counting = stopAfter > 0 ? new Recorder() : recorder;
    return Trainer.train(
            options.build(),
            root.resolve(out),
            counting,
            () -> stopAfter > 0 && counting.steps.size() == stopAfter,
            Map.of())
        .folder();
  }

  /** The weights of a checkpoint, or another of its parts. */
  private static Map<String, float[]> values(Path file, String prefix) {
    Map<String, StoredTensor> tensors = SafeTensors.header(file).tensors();
    Map<String, float[]> values = new HashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          String own = name.substring(prefix.length() * (name.startsWith(prefix) ? 1 : 0));
          boolean other = own.startsWith("velocity.") || own.startsWith("average.");
          if (name.startsWith(prefix) && !other) {
            values.putAll(
                rename(TensorReader.read(List.of(tensor), (n, length) -> new float[length]), own));
          }
        });
    return values;
  }

  private static Map<String, float[]> rename(Map<String, float[]> one, String name) {
    return Map.of(name, one.values().iterator().next());
  }

  /** The weights after a step of the plain run. */
  private Map<String, float[]> weightsAfter(int step) {
    return values(train("step-" + step, AverageConfig.NONE, step).checkpoint(), "");
  }

  private static void assertClose(Map<String, float[]> actual, Map<String, double[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet()).hasSizeGreaterThan(20);
    expected.forEach(
        (name, values) -> {
          float[] found = actual.get(name);
          for (int i = 0; i < values.length; i++) {
            assertThat((double) found[i])
                .as(name)
                .isCloseTo(values[i], within(1e-6 + 1e-5 * Math.abs(values[i])));
          }
        });
  }

  private static void move(Map<String, double[]> average, Map<String, float[]> to, double share) {
    to.forEach(
        (name, values) -> {
          double[] own = average.computeIfAbsent(name, unused -> new double[values.length]);
          for (int i = 0; i < values.length; i++) {
            own[i] += share * (values[i] - own[i]);
          }
        });
  }

  @Test
  void exponentialByHand() throws IOException {
    RunFolder averaged = train("averaged", AverageConfig.ema(0.5), 0);
    Map<String, double[]> expected = new HashMap<>();
    Parameters start = Parameters.zeros(ModelFile.read(averaged.lastModel()).architecture());
    InitialWeights unused =
        InitialWeights.fill(
            start,
            List.copyOf(TinyPictures.CLASSES),
            options.build().start(),
            options.build().seed());
    Map<String, float[]> initial = new HashMap<>();
    start.architecture().parameters().forEach(p -> initial.put(p.name(), start.values(p.name())));
    move(expected, initial, 1);
    for (int step = 1; step <= EPOCHS * STEPS_OF_EPOCH; step++) {
      double decay = Math.min(0.5, (1.0 + step) / (10.0 + step)); // 2/11, 3/12, ..., 1/2
      move(expected, weightsAfter(step), 1 - decay);
    }
    assertClose(ModelFile.read(averaged.lastModel()).arrays(), expected);
    assertClose(values(averaged.checkpoint(), "average."), expected);
  }

  @Test
  void meanOfTheLastEpochsByHand() throws IOException {
    RunFolder averaged = train("averaged", AverageConfig.last(3), 0);
    Map<String, double[]> expected = new HashMap<>();
    for (int epoch = 2; epoch <= EPOCHS; epoch++) {
      move(expected, weightsAfter(epoch * STEPS_OF_EPOCH), 1.0 / (epoch - 1));
    }
    assertClose(ModelFile.read(averaged.lastModel()).arrays(), expected);
  }

  /** Averaging changes nothing of what is learnt: the weights to go on with are the same. */
  @ParameterizedTest
  @ValueSource(strings = {"ema:0.9", "last:2"})
  void theWeightsToGoOnWithAreThoseOfAPlainRun(String average) throws IOException {
    RunFolder averaged = train("averaged", AverageConfig.of(average), 0);
    RunFolder plain = train("plain", AverageConfig.NONE, 0);
    Map<String, float[]> expected = values(plain.checkpoint(), "");
    values(averaged.checkpoint(), "")
        .forEach((name, found) -> assertThat(found).as(name).isEqualTo(expected.get(name)));
    assertThat(ModelFile.read(averaged.lastModel()).arrays().get("classifier.6.weight"))
        .isNotEqualTo(expected.get("classifier.6.weight"));
    assertThat(averaged.isFinished()).isTrue();
  }

  /** What metrics.csv says of the last epoch is what its model does. */
  @ParameterizedTest
  @ValueSource(strings = {"ema:0.7", "last:2"})
  void theAverageIsWhatIsEvaluated(String average) throws IOException {
    RunFolder averaged = train("averaged", AverageConfig.of(average), 0);
    ModelFile last = ModelFile.read(averaged.lastModel());
    try (Engine engine = Engines.open(Device.CPU, 1)) {
      double loss =
          new CenterCropEvaluator(
                  engine.hostThreads(),
                  engine
                      .load(new Parameters(last.architecture(), last.arrays()))
                      .inference(16, Set.of()),
                  last.preprocessing(),
                  last.classNames())
              .evaluate(DataSources.openLabelled(data.toString(), Split.VAL, 0.1, 7), done -> {})
              .meanLoss();
      // batch norms are folded in for inference
      assertThat(recorder.epochs.get(EPOCHS - 1).validation().meanLoss())
          .isCloseTo(loss, within(1e-4));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 0.18181818182", "2, 0.25", "1000, 0.99108910891", "10000, 0.999"})
  void theDecayWarmsUp(int step, double expected) {
    assertThat(AverageSchedule.decay(0.999, step)).isCloseTo(expected, within(1e-9));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ema", "ema:", "ema:x", "ema:NaN", "last", "last:1.5", "mean:3"})
  void whatIsNoAverageIsSaid(String text) {
    assertThatThrownBy(() -> AverageConfig.of(text))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option average is %s but must be none, ema: and a decay, such as ema:0.999, or last:"
                    .formatted(text.isEmpty() ? "''" : text)
                + " and a number of epochs, such as last:5");
  }

  @ParameterizedTest
  @CsvSource({
    "ema:1, ema:1.0 but must be a decay between 0 and 1",
    "ema:0, ema:0.0 but must be a decay between 0 and 1",
    "last:0, last:0 but must be at least one epoch"
  })
  void rangesHaveTheirSentence(String text, String sentence) {
    assertThatThrownBy(() -> AverageConfig.of(text))
        .isInstanceOf(InputException.class)
        .hasMessage("option average is " + sentence);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "ema:0.999", "last:5"})
  void textsAreParsedBack(String text) {
    assertThat(AverageConfig.of(text).text()).isEqualTo(text);
  }

  @Test
  void moreEpochsThanTheRunHasCannotBeAveraged() {
    assertThatThrownBy(() -> TrainingConfig.of(Map.of("average", "last:5", "epochs", 4)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option average is last:5 but must be of at most as many epochs as the run has, 4");
  }
}
