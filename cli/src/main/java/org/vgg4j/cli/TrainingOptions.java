package org.vgg4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.train.AugmentationConfig;
import org.vgg4j.train.LayerRates;
import org.vgg4j.train.ScheduleConfig;
import org.vgg4j.train.SgdConfig;
import org.vgg4j.train.StartConfig;
import org.vgg4j.train.TrainingConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say what a training run does. */
final class TrainingOptions {
  private static final Pattern RATIO =
      Pattern.compile("(\\d{1,4}(?:\\.\\d{1,9})?)(?:-(\\d{1,4}(?:\\.\\d{1,9})?))?");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      defaultValue = "fashion-mini",
      description = Texts.DATA + " (default: ${DEFAULT-VALUE})")
  private String data;

  @Option(names = "--arch", paramLabel = "NAME", defaultValue = "A", description = Texts.ARCH)
  private String arch;

  @Option(names = "--width", paramLabel = "F", defaultValue = "0.25", description = Texts.WIDTH)
  private double width;

  @Option(names = "--crop", paramLabel = "PIXELS", defaultValue = "32", description = Texts.CROP)
  private int crop;

  @Option(
      names = "--scale",
      paramLabel = "S",
      description =
          "shorter side, in pixels, of a rescaled training image, or a range from which each draws"
              + " its own, such as 256-512 (default: crop x --scale-ratio)")
  private @Nullable String scale;

  @Option(
      names = "--scale-ratio",
      paramLabel = "F",
      defaultValue = "1.143",
      description =
          "S as a multiple of the crop, rounded down, or a range, such as 1.143-2.286; 256/224 in"
              + " the paper (default: ${DEFAULT-VALUE})")
  private String scaleRatio;

  @Option(
      names = "--flip",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "mirror training images half of the time (default: ${DEFAULT-VALUE})")
  private boolean flip;

  @Option(
      names = "--color-shift",
      paramLabel = "F",
      defaultValue = "0.1",
      description =
          "shift the colour of training images at random along the principal components of the"
              + " data's colours; the standard deviation in eigenvalues, 0: none (default:"
              + " ${DEFAULT-VALUE})")
  private double colorShift;

  @Option(
      names = "--held-out",
      paramLabel = "F",
      defaultValue = "0.1",
      description = Texts.HELD_OUT)
  private double heldOut;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "use only so many of the training images, of each class its share; those held out are"
              + " among them; 0: all (default: ${DEFAULT-VALUE})")
  private int limit;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "64",
      description = "images per step; 256 in the paper (default: ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--micro-batch",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "images at a time; 0: as many as memory allows; batch normalisation is by these images'"
              + " statistics (default: ${DEFAULT-VALUE})")
  private int microBatch;

  @Option(
      names = "--lr",
      paramLabel = "F",
      defaultValue = "0.01",
      description = "learning rate at the start (default: ${DEFAULT-VALUE})")
  private double learningRate;

  @Option(
      names = "--lr-features",
      paramLabel = "F",
      defaultValue = "0",
      description =
          "learning rate at the start of the convolutions and their normalisations; 0: that of all"
              + " (default: ${DEFAULT-VALUE})")
  private double featuresRate;

  @Option(
      names = "--lr-head",
      paramLabel = "F",
      defaultValue = "0",
      description =
          "learning rate at the start of the last layer; 0: that of all (default:"
              + " ${DEFAULT-VALUE})")
  private double headRate;

  @Option(
      names = "--momentum",
      paramLabel = "F",
      defaultValue = "0.9",
      description = "momentum of SGD (default: ${DEFAULT-VALUE})")
  private double momentum;

  @Option(
      names = "--weight-decay",
      paramLabel = "F",
      defaultValue = "5e-4",
      description = "factor of the L2 penalty (default: ${DEFAULT-VALUE})")
  private double weightDecay;

  @Option(
      names = "--bias-decay",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "let biases, and normalisations' scales, decay like weights (default: ${DEFAULT-VALUE})")
  private boolean biasDecay;

  @Option(
      names = "--dropout",
      paramLabel = "F",
      defaultValue = "0.5",
      description = "dropout rate after fc6 and fc7 (default: ${DEFAULT-VALUE})")
  private double dropout;

  @Option(
      names = "--init",
      paramLabel = "NAME",
      defaultValue = "glorot",
      description =
          "initial weights: glorot, gaussian (std 0.01), he, or from:FILE, a model: all its layers"
              + " if it is the same network, with or without batch normalisation, else conv1_1,"
              + " conv2_1, conv3_1, conv3_2 and fc6 to fc8, as the paper takes them from net A"
              + " (default: ${DEFAULT-VALUE})")
  private String init;

  @Option(
      names = "--init-rest",
      paramLabel = "NAME",
      defaultValue = "glorot",
      description =
          "weights that from:FILE leaves open: glorot, gaussian or he (default: ${DEFAULT-VALUE})")
  private String initRest;

  @Option(
      names = "--freeze",
      paramLabel = "NAMES",
      defaultValue = "",
      description =
          "layers that keep their first weights: features (all convolutions and their"
              + " normalisations), all-but-head (all but fc8), or names such as conv1_1,fc6"
              + " (default: none)")
  private String freeze;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      defaultValue = "paper",
      description =
          "how the learning rate falls: paper (by ten when validation stops improving), step (by"
              + " ten after --step-epochs) or cosine (default: ${DEFAULT-VALUE})")
  private String schedule;

  @Option(
      names = "--step-epochs",
      paramLabel = "N,N",
      defaultValue = "",
      description = "for schedule step: after which epochs the rate drops, such as 20,40")
  private String stepEpochs;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "0",
      description = "steps over which the rate first rises to --lr (default: ${DEFAULT-VALUE})")
  private int warmUp;

  @Option(
      names = "--patience",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "for schedule paper: epochs without a better validation error before the rate is divided"
              + " by ten, three times at most (default: ${DEFAULT-VALUE})")
  private int patience;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "12",
      description = "at most so many; 74 in the paper (default: ${DEFAULT-VALUE})")
  private int epochs;

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      defaultValue = "370000",
      description = "at most so many steps (default: the paper's ${DEFAULT-VALUE})")
  private int maxSteps;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = Texts.SEED)
  private long seed;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Option(names = "--threads", paramLabel = "N", description = Texts.THREADS)
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      defaultValue = "500",
      description =
          "steps between checkpoints, beside those at the end of each epoch; 0: only those"
              + " (default: ${DEFAULT-VALUE})")
  private int checkpointEvery;

  @Mixin private final UnreadableOption maxUnreadable = new UnreadableOption();

  int threads() {
    return threads;
  }

  Device device() {
    return device.get();
  }

  String data() {
    return data;
  }

  String arch() {
    return arch;
  }

  /**
   * What the options say together.
   *
   * @throws InputException if one is out of its range
   */
  TrainingConfig config() {
    return new TrainingConfig(
        data,
        heldOut,
        limit,
        Configuration.of(arch),
        width,
        crop,
        new AugmentationConfig(trainingScale(), flip, colorShift),
        StartConfig.of(init, initRest, freeze),
        new SgdConfig(
            batch,
            typed("--micro-batch") ? microBatch : Math.min(microBatch, batch),
            learningRate,
            momentum,
            weightDecay,
            biasDecay,
            dropout,
            new LayerRates(featuresRate, headRate)),
        new ScheduleConfig(
            ScheduleConfig.Kind.of(schedule), patience, stepEpochs(), warmUp, epochs, maxSteps),
        seed,
        threads,
        device.get(),
        checkpointEvery,
        maxUnreadable.get());
  }

  /** Of the options that were typed, those that change nothing beside the others, and why. */
  List<String> withoutEffect(TrainingConfig config) {
    ScheduleConfig.Kind kind = config.schedule().kind();
    Map<String, Boolean> idle = new LinkedHashMap<>();
    idle.put("--patience is for --schedule paper", kind != ScheduleConfig.Kind.PAPER);
    idle.put("--step-epochs is for --schedule step", kind != ScheduleConfig.Kind.STEP);
    idle.put("--init-rest is for --init from:FILE", config.start().from() == null);
    idle.put(
        "--lr-features is for layers that --freeze keeps",
        config.start().freeze().contains("features"));
    return idle.entrySet().stream()
        .filter(one -> one.getValue() && typed(one.getKey().split(" ")[0]))
        .map(one -> "note: %s, and has no effect here".formatted(one.getKey()))
        .toList();
  }

  private List<Integer> stepEpochs() {
    List<Integer> numbers = new ArrayList<>();
    for (String word : stepEpochs.strip().split("[,\\s]+")) {
      if (!word.matches("\\d{0,9}")) {
        throw new InputException(
            "option step-epochs is "
                + stepEpochs
                + " but must be epochs of at most nine digits with commas between, such as 20,40");
      }
      if (!word.isEmpty()) {
        numbers.add(Integer.valueOf(word));
      }
    }
    return numbers;
  }

  /** S; of a file's --scale and a typed --scale-ratio, what is typed wins. */
  private ScaleRange trainingScale() {
    if (typed("--scale") && typed("--scale-ratio")) {
      throw new ParameterException(
          spec.commandLine(), "--scale and --scale-ratio say the same: give one of them");
    }
    return scale != null && !typed("--scale-ratio") ? ScaleRange.of(scale) : scaleOfRatio();
  }

  private ScaleRange scaleOfRatio() {
    Matcher matcher = RATIO.matcher(scaleRatio.strip());
    if (!matcher.matches()) {
      throw new InputException(
          "option scale-ratio is %s but must be a number, or two for scale jitter, such as 1.143-2.286"
              .formatted(scaleRatio));
    }
    double smallest = Double.parseDouble(matcher.group(1));
    double largest = matcher.group(2) == null ? smallest : Double.parseDouble(matcher.group(2));
    if (smallest < 1 || largest < smallest) {
      throw new InputException(
          "option scale-ratio is %s but must be at least 1, or a smaller and a larger number from 1 on, such as 1.143-2.286"
              .formatted(scaleRatio));
    }
    int side = Math.max(crop, Architecture.SMALLEST_CROP); // a smaller crop is told of as such
    return new ScaleRange((int) (side * smallest), (int) (side * largest));
  }

  private boolean typed(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }
}
