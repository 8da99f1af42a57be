package org.vgg4j.train;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.loading.ResizedCrop;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.Device;
import org.vgg4j.network.Precision;

/** The keys of a {@link TrainingConfig}, as files and the command line have them. */
final class TrainingKeys {
  /** The value that a key was given. */
  private record Value(String key, Object value) {
    String text() {
      return String.valueOf(value);
    }

    int whole() {
      return whole("a whole number");
    }

    /** A number where a word is possible, too. */
    int wholeOr(String word) {
      return whole("a whole number or " + word);
    }

    private int whole(String allowed) {
      long number = longWhole(allowed);
      if (number != (int) number) {
        throw wrong("a whole number of at most " + Integer.MAX_VALUE);
      }
      return (int) number;
    }

    long longWhole() {
      return longWhole("a whole number");
    }

    /**
     * @param allowed what it must be
     */
    private long longWhole(String allowed) {
      try {
        return new BigDecimal(text().strip()).longValueExact();
      } catch (NumberFormatException | ArithmeticException e) {
        throw wrong(allowed);
      }
    }

    double decimal() {
      try {
        return new BigDecimal(text().strip()).doubleValue();
      } catch (NumberFormatException e) {
        throw wrong("a number such as 0.5 or 1e-3");
      }
    }

    boolean truth() {
      return switch (text().strip()) {
        case "true" -> true;
        case "false" -> false;
        default -> throw wrong("true or false");
      };
    }

    List<String> words() {
      return List.of(text().strip().split("[,\\s]+")).stream()
          .filter(word -> !word.isEmpty())
          .toList();
    }

    List<Integer> numbers() {
      List<Integer> numbers = new ArrayList<>();
      for (String word : words()) {
        if (!word.matches("\\d{1,9}")) {
          throw wrong("epochs of at most nine digits with commas between, such as 20,40");
        }
        numbers.add(Integer.valueOf(word));
      }
      return numbers;
    }

    private InputException wrong(String allowed) {
      return new InputException(
          "option %s is %s but must be %s"
              .formatted(key, text().isEmpty() ? "''" : text(), allowed));
    }
  }

  /** The file of labels, several an image. */
  static final String MULTI_LABEL = "multi-label";

  private static final String INIT = "init";
  private static final String INIT_REST = "init-rest";
  private static final String LR_FEATURES = "lr-features";
  private static final String LR_HEAD = "lr-head";
  private static final String FREEZE = "freeze";
  private static final String HEAD = "head";
  private static final String POOLING = "pooling";

  /** In the order in which they are applied: a scale wins over a ratio. */
  private static final Map<String, BiConsumer<TrainingConfigBuilder, Value>> SETTERS = setters();

  /** Keys that together make up one value, see {@link #together}. */
  private static final Set<String> TOGETHER =
      Set.of(INIT, INIT_REST, FREEZE, LR_FEATURES, LR_HEAD, HEAD, POOLING);

  private TrainingKeys() {}

  private static Map<String, BiConsumer<TrainingConfigBuilder, Value>> setters() {
    Map<String, BiConsumer<TrainingConfigBuilder, Value>> keys = new LinkedHashMap<>();
    keys.put("data", (builder, value) -> builder.data(value.text()));
    keys.put("held-out", (builder, value) -> builder.heldOut(value.decimal()));
    keys.put("limit", (builder, value) -> builder.limit(value.whole()));
    keys.put("arch", (builder, value) -> builder.configuration(Configuration.of(value.text())));
    keys.put("width", (builder, value) -> builder.width(value.decimal()));
    keys.put("crop", (builder, value) -> builder.crop(value.whole()));
    keys.put("scale-ratio", (builder, value) -> builder.scaleRatio(ScaleRatio.of(value.text())));
    keys.put("scale", (builder, value) -> builder.scale(ScaleRange.of(value.text())));
    keys.put("flip", (builder, value) -> builder.flip(value.truth()));
    keys.put("color-shift", (builder, value) -> builder.colorShift(value.decimal()));
    keys.put(
        ClassWeights.KEY, (builder, value) -> builder.classWeights(ClassWeights.of(value.text())));
    keys.put("label-smoothing", (builder, value) -> builder.labelSmoothing(value.decimal()));
    keys.put(
        "random-resized-crop",
        (builder, value) -> builder.resizedCrop(ResizedCrop.of(value.text())));
    keys.put("pad", (builder, value) -> builder.pad(value.whole()));
    keys.put("erase", (builder, value) -> builder.erase(value.decimal()));
    keys.put("trivial-augment", (builder, value) -> builder.trivialAugment(value.truth()));
    keys.put("mixup", (builder, value) -> builder.mixup(value.decimal()));
    keys.put("cutmix", (builder, value) -> builder.cutmix(value.decimal()));
    keys.put("batch", TrainingKeys::setBatch);
    keys.put("micro-batch", (builder, value) -> builder.microBatch(value.whole()));
    keys.put("lr", (builder, value) -> builder.learningRate(value.decimal()));
    keys.put("momentum", (builder, value) -> builder.momentum(value.decimal()));
    keys.put("weight-decay", (builder, value) -> builder.weightDecay(value.decimal()));
    keys.put("bias-decay", (builder, value) -> builder.biasDecay(value.truth()));
    keys.put("dropout", (builder, value) -> builder.dropout(value.decimal()));
    keys.put("clip-gradients", (builder, value) -> builder.clipGradients(value.decimal()));
    keys.put("average", (builder, value) -> builder.average(AverageConfig.of(value.text())));
    keys.put(
        "schedule", (builder, value) -> builder.schedule(ScheduleConfig.Kind.of(value.text())));
    keys.put("patience", (builder, value) -> builder.patience(value.whole()));
    keys.put("step-epochs", (builder, value) -> builder.stepEpochs(value.numbers()));
    keys.put("warm-up", (builder, value) -> builder.warmUp(value.whole()));
    keys.put("epochs", (builder, value) -> builder.epochs(value.whole()));
    keys.put("max-steps", (builder, value) -> builder.maxSteps(value.whole()));
    keys.put("seed", (builder, value) -> builder.seed(value.longWhole()));
    keys.put("threads", (builder, value) -> builder.threads(value.whole()));
    keys.put("device", (builder, value) -> builder.device(Device.of(value.text())));
    keys.put("precision", (builder, value) -> builder.precision(Precision.of(value.text())));
    keys.put("checkpoint-every", (builder, value) -> builder.checkpointEvery(value.whole()));
    keys.put(
        "max-unreadable",
        (builder, value) -> builder.maxUnreadable(UnreadableLimit.of(value.text())));
    keys.put("regression", (builder, value) -> builder.regression(Task.regression(value.text())));
    keys.put("box-loss", (builder, value) -> builder.boxLoss(BoxLoss.of(value.text())));
    keys.put("min-overlap", (builder, value) -> builder.minOverlap(value.decimal()));
    keys.put("boxes", (builder, value) -> builder.boxFile(BoxConfig.file(value.text())));
    keys.put(MULTI_LABEL, (builder, value) -> builder.multiLabel(value.text()));
    keys.put("time", (builder, value) -> builder.time(TimeBudget.of(value.text())));
    keys.put("sampling", (builder, value) -> builder.sampling(Sampling.of(value.text())));
    keys.put("select", (builder, value) -> builder.select(Selection.of(value.text())));
    keys.put("test", (builder, value) -> builder.test(value.truth()));
    keys.put("stop-after", (builder, value) -> builder.stopAfter(value.whole()));
    return Collections.unmodifiableMap(keys);
  }

  private static void setBatch(TrainingConfigBuilder builder, Value value) {
    if (value.text().strip().equalsIgnoreCase(AutoBatch.WORD)) {
      builder.autoBatch();
    } else {
      builder.batch(value.wholeOr(AutoBatch.WORD));
    }
  }

  /** Whether there is such a key. */
  static boolean has(String key) {
    return SETTERS.containsKey(key) || TOGETHER.contains(key);
  }

  /**
   * Parses options by their keys; missing ones have their defaults.
   *
   * @throws InputException if a key is unknown, or a value is not valid for it
   */
  static TrainingConfigBuilder builder(Map<String, ?> options) {
    for (String key : options.keySet()) {
      if (!has(key)) {
        throw new InputException(
            "unknown key '%s': the keys are those of a run's config.yaml, and scale-ratio"
                .formatted(key));
      }
    }
    TrainingConfigBuilder builder = new TrainingConfigBuilder();
    SETTERS.forEach(
        (key, setter) -> {
          Object value = options.get(key);
          if (value != null) {
            setter.accept(builder, new Value(key, value));
          }
        });
    together(builder, options);
    return builder;
  }

  private static void together(TrainingConfigBuilder builder, Map<String, ?> options) {
    Map<String, Object> all = new LinkedHashMap<>();
    TrainingConfig.DEFAULTS.options().forEach(all::put);
    all.putAll(options);
    StartConfig start =
        StartConfig.of(
            String.valueOf(all.get(INIT)),
            String.valueOf(all.get(INIT_REST)),
            String.valueOf(all.get(FREEZE)));
    builder.from(start.from()).initialisation(start.rest()).freeze(start.freeze());
    builder.head(HeadLayers.of(text(options, HEAD), text(options, POOLING)));
    builder.layerRates(new LayerRates(decimal(all, LR_FEATURES), decimal(all, LR_HEAD)));
  }

  private static @Nullable String text(Map<String, ?> options, String key) {
    Object value = options.get(key);
    return value == null ? null : String.valueOf(value);
  }

  private static double decimal(Map<String, Object> all, String key) {
    return new Value(key, Objects.requireNonNull(all.get(key))).decimal();
  }
}
