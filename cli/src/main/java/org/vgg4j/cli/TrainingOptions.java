package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.network.Device;
import org.vgg4j.train.AutoBatch;
import org.vgg4j.train.ScheduleConfig;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingConfigBuilder;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The options that say what a training run does: names and descriptions. Their defaults and ranges
 * are those of {@link TrainingConfig}, which gets their values by name.
 */
@SuppressWarnings("UnusedVariable") // picocli's option objects hold the values
final class TrainingOptions {
  static final String SCALE = "--scale";
  static final String SCALE_RATIO = "--scale-ratio";
  private static final String BATCH = "batch";
  private static final String MICRO_BATCH = "--micro-batch";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = Texts.DATA + " (default: ${DEFAULT-VALUE})")
  private String data;

  @Option(names = "--arch", paramLabel = "NAME", description = Texts.ARCH)
  private String arch;

  @Option(names = "--width", paramLabel = "F", description = Texts.WIDTH)
  private double width;

  @Option(names = "--crop", paramLabel = "PIXELS", description = Texts.CROP)
  private int crop;

  @Mixin private final HeadOptions head = new HeadOptions();

  @Option(
      names = SCALE,
      paramLabel = "S",
      description =
          "shorter side, in pixels, of a rescaled training image, or a range from which each draws"
              + " its own, such as 256-512 (default: ${DEFAULT-VALUE})")
  private @Nullable String scale;

  @Option(
      names = SCALE_RATIO,
      paramLabel = "F",
      description =
          "S as a multiple of the crop, rounded down, or a range, such as 1.143-2.286; 256/224 in"
              + " the paper (default: ${DEFAULT-VALUE})")
  private String scaleRatio;

  @Option(
      names = "--flip",
      negatable = true,
      fallbackValue = "true",
      description =
          "mirror half of the training images; with --no-flip, other commands show the model mirror"
              + " images only if asked to (default: ${DEFAULT-VALUE})")
  private boolean flip;

  @Option(
      names = "--color-shift",
      paramLabel = "F",
      description =
          "shift the colour of training images at random along the principal components of the"
              + " data's colours; the standard deviation in eigenvalues, 0: none (default:"
              + " ${DEFAULT-VALUE})")
  private double colorShift;

  @Option(
      names = "--class-weights",
      paramLabel = "NAME",
      description =
          "how much each class counts in the loss: auto (inverse to its number of images),"
              + " effective or effective:BETA (inverse to its effective number), or a CSV file of"
              + " class,weight; their mean over the images is made 1. With --multi-label:"
              + " how much the images that show a class count beside those that do not, auto (the"
              + " ratio of these to those) or a CSV file (default: all alike)")
  private @Nullable String classWeights;

  @Option(
      names = "--label-smoothing",
      paramLabel = "F",
      description =
          "share of each target that all classes have in equal parts, in [0, 1), such as 0.1"
              + " (default: 0, none)")
  private @Nullable Double labelSmoothing;

  @Option(
      names = "--random-resized-crop",
      paramLabel = "AREAS",
      arity = "0..1",
      fallbackValue = "0.08-1",
      description =
          "instead of crops at --scale, train on rectangles of random size, rescaled to the crop:"
              + " a range of shares of the image's area, and perhaps one of ratios of width to"
              + " height (default: none; without a value 0.08-1,0.75-1.33)")
  private @Nullable String randomResizedCrop;

  @Option(
      names = "--pad",
      paramLabel = "PIXELS",
      description =
          "let a training crop leave the image by up to this many pixels on each side, which are"
              + " black there, such as 4 for small pictures (default: 0)")
  private @Nullable Integer pad;

  @Option(
      names = "--erase",
      paramLabel = "P",
      description =
          "erase a random rectangle of a training image with this probability (default: 0)")
  private @Nullable Double erase;

  @Option(
      names = "--trivial-augment",
      description =
          "apply one random operation of TrivialAugment, such as a turn or a change of contrast, to"
              + " each training image (default: false)")
  private @Nullable Boolean trivialAugment;

  @Option(
      names = "--mixup",
      paramLabel = "ALPHA",
      description =
          "mix each training image with another one, pixels and labels, by a share from the beta"
              + " distribution of (ALPHA, ALPHA), such as 0.2 (default: 0, none)")
  private @Nullable Double mixup;

  @Option(
      names = "--cutmix",
      paramLabel = "ALPHA",
      description =
          "replace a rectangle of each training image by another one's, and mix labels by its area;"
              + " its share comes from the beta distribution, such as 1; with --mixup, one of the"
              + " two is drawn for each image (default: 0, none)")
  private @Nullable Double cutmix;

  @Option(names = "--held-out", paramLabel = "F", description = Texts.HELD_OUT)
  private double heldOut;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description =
          "use only this many of the training images, from all classes in proportion and including"
              + " those held out; 0: all (default: ${DEFAULT-VALUE})")
  private int limit;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "images per step; 256 in the paper; auto: as many as memory holds at once, 256 at most,"
              + " and less (down to 32) where an epoch would have fewer than 64 steps; learning"
              + " rates stay as they are (default: ${DEFAULT-VALUE})")
  private String batch;

  @Option(
      names = MICRO_BATCH,
      paramLabel = "N",
      description =
          "images at a time; 0: as many as memory allows; batch normalisation uses these images'"
              + " statistics (default: ${DEFAULT-VALUE})")
  private int microBatch;

  @Option(
      names = "--lr",
      paramLabel = "F",
      description = "initial learning rate (default: ${DEFAULT-VALUE})")
  private double learningRate;

  @Option(
      names = "--lr-features",
      paramLabel = "F",
      description =
          "initial learning rate of the convolutions and their batch normalisations; 0: that of all"
              + " (default: ${DEFAULT-VALUE})")
  private double featuresRate;

  @Option(
      names = "--lr-head",
      paramLabel = "F",
      description =
          "initial learning rate of the last layer, also where it is a model's and is kept; 0: that"
              + " of all (default: ${DEFAULT-VALUE})")
  private double headRate;

  @Option(
      names = "--momentum",
      paramLabel = "F",
      description = "momentum of SGD (default: ${DEFAULT-VALUE})")
  private double momentum;

  @Option(
      names = "--weight-decay",
      paramLabel = "F",
      description = "factor of the L2 penalty (default: ${DEFAULT-VALUE})")
  private double weightDecay;

  @Option(
      names = "--bias-decay",
      negatable = true,
      fallbackValue = "true",
      description =
          "let biases, and batch normalisations' scales, decay like weights (default:"
              + " ${DEFAULT-VALUE})")
  private boolean biasDecay;

  @Option(
      names = "--dropout",
      paramLabel = "F",
      description = "dropout rate after each hidden layer, fc6 and fc7 (default: ${DEFAULT-VALUE})")
  private double dropout;

  @Option(
      names = "--clip-gradients",
      paramLabel = "NORM",
      description =
          "scale a batch's gradient down to this norm where it is longer; 0: never (default: 0)")
  private @Nullable Double clipGradients;

  @Option(
      names = "--average",
      paramLabel = "FORM",
      description =
          "evaluate and save an average of the weights: ema:DECAY (exponential, over steps, such as"
              + " ema:0.999), last:N (of the last N epochs) or none (default: none)")
  private @Nullable String average;

  @Option(
      names = "--init",
      paramLabel = "NAME",
      description =
          "initial weights: glorot, gaussian (std 0.01), he, dirac, or from:FILE, a model: all its layers"
              + " if it is the same network, with or without batch normalisation, else conv1_1,"
              + " conv2_1, conv3_1, conv3_2 and fc6 to fc8, as the paper takes them from net A;"
              + " fc6 and up only if both have the same head"
              + " (default: ${DEFAULT-VALUE})")
  private String init;

  @Option(
      names = "--init-rest",
      paramLabel = "NAME",
      description =
          "for weights that from:FILE does not give: glorot, gaussian, he or dirac (default:"
              + " ${DEFAULT-VALUE})")
  private String initRest;

  @Option(
      names = "--freeze",
      paramLabel = "NAMES",
      defaultValue = "",
      description =
          "layers that are frozen: features (all convolutions and their batch"
              + " normalisations), all-but-head (all but the last), or names such as conv1_1,fc6"
              + " (default: none)")
  private String freeze;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "how the learning rate falls: paper (to a tenth when validation stops improving), step"
              + " (to a tenth after --step-epochs) or cosine (default: ${DEFAULT-VALUE})")
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
      description = "steps over which the rate first rises to --lr (default: ${DEFAULT-VALUE})")
  private int warmUp;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "for schedule paper: epochs without a better value of what --select watches on the"
              + " validation images before the rate is divided by ten, three times at most; better"
              + " by at least 0.1 points, or 0.001 of the loss (default: ${DEFAULT-VALUE})")
  private int patience;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "at most this many; 74 in the paper (default: ${DEFAULT-VALUE})")
  private int epochs;

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      description =
          "at most this many steps (default: the paper's ${DEFAULT-VALUE}; with --time none)")
  private int maxSteps;

  @Option(names = "--seed", paramLabel = "N", description = Texts.SEED)
  private long seed;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      description =
          "steps between checkpoints, beside those at the end of each epoch; 0: only those"
              + " (default: ${DEFAULT-VALUE})")
  private int checkpointEvery;

  @Mixin private final UnreadableOption maxUnreadable = new UnreadableOption();

  @Option(
      names = "--regression",
      paramLabel = "FORM",
      description =
          "learn to find the boxes of objects instead of classifying: pcr (a box for each class) or"
              + " scr (one for all)")
  private @Nullable String regression;

  @Option(
      names = "--box-loss",
      paramLabel = "NAME",
      description =
          "how boxes are compared: squared (differences, as in the paper) or giou (generalised"
              + " intersection over union) (default: squared)")
  private @Nullable String boxLoss;

  @Option(
      names = "--min-overlap",
      paramLabel = "F",
      description =
          "share of the object that a training crop shows at least, where boxes are learnt"
              + " (default: 0.5)")
  private @Nullable Double minOverlap;

  @Option(
      names = "--boxes",
      paramLabel = "FILE",
      description =
          "the boxes: a CSV file, or a folder or archive of XML files (default: those found beside"
              + " the images)")
  private @Nullable Path boxes;

  @Option(
      names = "--multi-label",
      paramLabel = "FILE",
      description =
          "images may show several classes: a CSV file says which, as image,labels with ; or |"
              + " between labels, or as image,CLASS,CLASS,... with 1, 0, or -1 for not known; with"
              + " --data the folder of the images. Or voc, with --data a year of PASCAL VOC"
              + " (default: an image shows one class, its folder)")
  private @Nullable String multiLabel;

  @Option(
      names = "--time",
      paramLabel = "TIME",
      description =
          "stretch schedule cosine or step to this time, such as 2h, 1h30m or 90s: measures steps"
              + " first, and chooses --epochs; drops of --step-epochs stay at their shares of"
              + " --epochs (default: none)")
  private @Nullable String time;

  @Option(
      names = "--sampling",
      paramLabel = "NAME",
      description =
          "which training images an epoch visits: shuffled (each once) or balanced (as many, but"
              + " all classes equally often; images of small classes come several times, of large"
              + " ones not all) (default: shuffled)")
  private @Nullable String sampling;

  @Option(
      names = "--select",
      paramLabel = "NAME",
      description =
          "what decides which epoch is the best, and is watched by schedule paper and --stop-after:"
              + " top1 (the error), balanced (the mean of the classes' accuracies) or loss, of the"
              + " validation images; with --multi-label map (the mean average precision) or loss"
              + " (default: top1, or map)")
  private @Nullable String select;

  @Option(
      names = "--stop-after",
      paramLabel = "N",
      description =
          "end after this many epochs in a row of which none was the best so far (default: 0, never"
              + " for that)")
  private @Nullable Integer stopAfter;

  @Option(
      names = "--test",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "measure the best model on the test images at the end; not where one of several models is"
              + " still to be chosen (default: true; in vgg sweep: false)")
  private boolean test;

  int threads() {
    return threads.count();
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
   * The configuration that the options make.
   *
   * @throws InputException if one is out of its range
   */
  TrainingConfig config() {
    return over(Map.of(), spec.options());
  }

  /**
   * The configuration that a file makes; options that were typed win.
   *
   * @param ofFile by the keys of {@link TrainingConfig#of}
   * @throws InputException if a key is unknown or a value out of its range
   */
  TrainingConfig config(Map<String, ?> ofFile) {
    return over(ofFile, spec.commandLine().getParseResult().matchedOptions());
  }

  /** A typed ratio wins over a scale, and a micro-batch that was not typed fits a typed batch. */
  private TrainingConfig over(Map<String, ?> ofFile, List<OptionSpec> options) {
    if (typed(SCALE) && typed(SCALE_RATIO)) {
      throw new ParameterException(
          spec.commandLine(), "--scale and --scale-ratio set the same thing: give one of them");
    }
    Map<String, Object> values = new LinkedHashMap<>(ofFile);
    for (OptionSpec option : options) {
      String key = option.longestName().substring(2);
      Object value = option.getValue();
      if (TrainingConfig.isKey(key) && value != null) {
        values.put(key, value);
      }
    }
    if (typed(SCALE_RATIO)) {
      values.remove(SCALE.substring(2));
    }
    TrainingConfigBuilder builder = TrainingConfig.builder(values);
    return (typed(MICRO_BATCH) ? builder : builder.fitMicroBatch()).build();
  }

  /**
   * Whether a typed option leaves to the run what is taken, which is then what a run began with.
   */
  boolean leavesOpen(String option) {
    return option.equals("--" + BATCH) && AutoBatch.WORD.equalsIgnoreCase(batch);
  }

  /** The typed options that have no effect beside the others, and why. */
  List<String> withoutEffect(TrainingConfig config) {
    ScheduleConfig.Kind kind = config.schedule().kind();
    Map<String, Boolean> idle = new LinkedHashMap<>();
    idle.put("--patience is for --schedule paper", kind != ScheduleConfig.Kind.PAPER);
    idle.put("--step-epochs is for --schedule step", kind != ScheduleConfig.Kind.STEP);
    idle.put(
        "--epochs is chosen by --time", config.time() != null && kind != ScheduleConfig.Kind.STEP);
    idle.put("--init-rest is for --init from:FILE", config.start().from() == null);
    idle.put(
        "--lr-features is for layers that --freeze freezes",
        config.start().freeze().contains("features"));
    for (String option : List.of("--box-loss", "--min-overlap", "--boxes")) {
      idle.put(option + " is for --regression", config.boxes() == null);
    }
    return idle.entrySet().stream()
        .filter(one -> one.getValue() && typed(one.getKey().split(" ")[0]))
        .map(one -> "note: %s, and has no effect here".formatted(one.getKey()))
        .toList();
  }

  private boolean typed(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }
}
