package org.vgg4j.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Task;
import org.vgg4j.network.Device;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;
import org.vgg4j.weights.Start;

/**
 * All options of a training run. The names in {@link #options()} are those of the command line and
 * of config.yaml.
 *
 * @param data word or path of the data set
 * @param heldOut fraction of the training images held out for validation, in (0, 1)
 * @param limit number of training images to use, drawn from all classes in proportion; 0 for all
 * @param configuration which network
 * @param width factor on channels and hidden features
 * @param crop side of the input window in pixels
 * @param head the layers between the last map and the outputs
 * @param augmentation how training images are augmented
 * @param targets what the loss is taught of each image's class
 * @param start the initial weights
 * @param sgd the optimiser
 * @param schedule the learning-rate schedule, and when training ends
 * @param seed of all random draws
 * @param threads number of threads
 * @param device that computes
 * @param checkpointEvery steps between two checkpoints, beside those at the end of each epoch; 0
 *     for those only
 * @param maxUnreadable how many unreadable images of each part may be skipped
 * @param boxes how boxes are learnt; null if the network classifies
 * @param multiLabel the file that says which of several classes images show, or {@code voc}, see
 *     {@link org.vgg4j.data.source.DataSources#openLabelSets}; null if an image shows one
 * @param time to which the schedule is stretched when the run begins, see {@link TimeBudget}; null:
 *     it is as long as it says
 * @param sampling which training images an epoch visits
 * @param selection which epoch is the best, and when training ends for want of a better one
 * @param test whether the best model is measured on the test images at the end
 */
public record TrainingConfig(
    String data,
    double heldOut,
    int limit,
    Configuration configuration,
    double width,
    int crop,
    HeadLayers head,
    AugmentationConfig augmentation,
    TargetConfig targets,
    StartConfig start,
    SgdConfig sgd,
    ScheduleConfig schedule,
    long seed,
    int threads,
    Device device,
    int checkpointEvery,
    UnreadableLimit maxUnreadable,
    @Nullable BoxConfig boxes,
    @Nullable String multiLabel,
    @Nullable Duration time,
    Sampling sampling,
    SelectionConfig selection,
    boolean test) {

  /** The defaults of programs, the command line and recipes. */
  public static final TrainingConfig DEFAULTS = builder().build();

  /** Options that do not change what is learnt, or are recorded elsewhere. */
  private static final Set<String> NOT_IN_PROVENANCE =
      Set.of(
          "threads",
          "device",
          "precision",
          "data",
          "checkpoint-every",
          "max-unreadable",
          "boxes",
          "test",
          TrainingKeys.MULTI_LABEL);

  private static final String INIT = "init";

  /** The built-in data set with boxes. */
  public static final String BOXED_DATA = "fashion-boxes";

  /** What {@link #fineTuning} sets whatever the model is. */
  public static final TrainingConfig FINE_TUNING = fineTuning().build();

  /** What {@link #localisation} sets whatever the model that it begins with is. */
  public static final TrainingConfig LOCALISATION = localisation().build();

  /**
   * @throws org.vgg4j.base.InputException if a number is out of its range
   */
  public TrainingConfig {
    Require.option(heldOut > 0 && heldOut < 1, "held-out", heldOut, "a fraction between 0 and 1");
    Require.option(limit >= 0, "limit", limit, "at least 0");
    Require.option(
        augmentation.scale().smallest() >= crop,
        "scale",
        augmentation.scale(),
        "at least the crop, " + crop);
    Require.option(
        sgd.average().kind() != AverageConfig.Kind.LAST
            || (schedule.kind() != ScheduleConfig.Kind.PAPER && selection.stopAfter() == 0),
        "average",
        sgd.average().text(),
        "ema:DECAY where schedule paper or stop-after may end training at any epoch");
    Require.option(
        time != null || sgd.average().epochs() <= schedule.epochs(), // the time chooses the epochs
        "average",
        sgd.average().text(),
        "of at most as many epochs as the run has, " + schedule.epochs());
    Require.option(
        boxes == null || augmentation.distortions().resizedCrop() == null,
        "random-resized-crop",
        "set",
        "left out where boxes are learnt, whose crops show enough of an object (option"
            + " min-overlap)");
    Require.option(
        augmentation.distortions().pad() < crop,
        "pad",
        augmentation.distortions().pad(),
        "smaller than the crop, " + crop);
    Require.option(
        boxes == null || augmentation.distortions().pad() == 0,
        "pad",
        augmentation.distortions().pad(),
        "left out where boxes are learnt, whose crops lie in the image");
    Require.option(
        boxes == null || !augmentation.distortions().trivialAugment(),
        "trivial-augment",
        true,
        "left out where boxes are learnt, since it moves objects");
    Require.option(threads >= 1, "threads", threads, "at least 1");
    Require.option(
        time == null || schedule.kind() != ScheduleConfig.Kind.PAPER,
        "schedule",
        schedule.kind().label(),
        "cosine or step with option time: when the paper's ends is not known beforehand");
    Require.option(checkpointEvery >= 0, "checkpoint-every", checkpointEvery, "at least 0");
    if (boxes != null && multiLabel != null) {
      throw new InputException(
          "option multi-label is for networks that say what an image shows, and option regression"
              + " for those that find boxes: leave one of them out");
    }
    Task task = task(boxes, multiLabel);
    if (!start.freeze().isEmpty()) { // layers have the same names for any number of classes
      Set<String> unused =
          start.frozenLayers(new Architecture(configuration, width, crop, 2, task, head));
    }
    targets.requireFit(task, sampling);
    selection.watched().requireFit(task);
  }

  /**
   * Options that fine-tune a trained network on other classes: all layers, the new last one at ten
   * times the rate of the rest, on a cosine schedule over ten epochs. Images are preprocessed as
   * the model's weights require, and mirrored unless the model was trained without mirror images.
   *
   * @param model the model to fine-tune, or another tool's weights of the convolutions alone, which
   *     get the paper's head and, where their file does not say otherwise, a crop of 224
   * @param data word or path of the data set, whose classes the network then has
   * @throws org.vgg4j.base.InputException if the model cannot be read
   */
  public static TrainingConfig fineTuning(Path model, String data) {
    Start start = Models.readStartWithoutArrays(model);
    ModelFile file = start.model();
    return of(model, file, fineTuning().data(data))
        .head(start.hasHead() ? file.architecture().head() : HeadLayers.PAPER)
        .build();
  }

  private static TrainingConfigBuilder fineTuning() {
    return builder()
        .batch(32)
        .learningRate(1e-3)
        .layerRates(new LayerRates(0, 1e-2))
        .dropout(0.5)
        .schedule(ScheduleConfig.Kind.COSINE)
        .epochs(10);
  }

  private static TrainingConfigBuilder localisation() {
    return builder()
        .data(BOXED_DATA)
        .regression(Task.BOX_PER_CLASS)
        .batch(32)
        .dropout(0.5)
        .schedule(ScheduleConfig.Kind.COSINE)
        .epochs(20);
  }

  /** With the network and the preprocessing of a model, to begin with it. */
  private static TrainingConfigBuilder of(
      Path model, ModelFile file, TrainingConfigBuilder builder) {
    return builder
        .configuration(file.architecture().configuration())
        .width(file.architecture().width())
        .crop(file.architecture().crop())
        .head(file.architecture().head())
        .scale(ScaleRange.fixed(file.preprocessing().scale()))
        .flip(file.knowsMirrorImages())
        .from(model);
  }

  /**
   * Options that train a network to find boxes (the paper, appendix A): all its layers, on a cosine
   * schedule. The paper begins at a rate of 1e-3, but does not give the units of its boxes, on
   * which a rate depends; in those of {@link org.vgg4j.model.CropBox#code} 1e-2 suits. Images are
   * mirrored unless the model was trained without mirror images.
   *
   * @param model the classification model that it begins with; null: it begins with random weights
   * @param data word or path of a data set with boxes
   * @throws org.vgg4j.base.InputException if the model cannot be read
   */
  public static TrainingConfig localisation(@Nullable Path model, String data) {
    if (model == null) {
      return localisation()
          .data(data)
          .crop(64)
          .dropout(0.1) // with more, random weights take much longer to find anything
          .build();
    }
    return of(model, Models.readWithoutArrays(model), localisation().data(data)).build();
  }

  /** What the network's outputs mean. */
  public Task task() {
    return task(boxes, multiLabel);
  }

  private static Task task(@Nullable BoxConfig boxes, @Nullable String multiLabel) {
    if (boxes != null) {
      return boxes.form();
    }
    return multiLabel == null ? Task.CLASSIFICATION : Task.LABELS;
  }

  /** Returns a builder that holds the defaults. */
  public static TrainingConfigBuilder builder() {
    return new TrainingConfigBuilder();
  }

  /** Returns a builder that holds these options. */
  public TrainingConfigBuilder toBuilder() {
    return new TrainingConfigBuilder(this);
  }

  /**
   * Parses options by the keys of {@link #options()}, and {@code scale-ratio}; missing ones have
   * their defaults.
   *
   * @param options numbers and booleans, or their text
   * @throws org.vgg4j.base.InputException if a key is unknown, or a value cannot be parsed or is
   *     out of its range
   */
  public static TrainingConfig of(Map<String, ?> options) {
    return builder(options).build();
  }

  /** Returns a builder that holds what {@link #of} parses. */
  public static TrainingConfigBuilder builder(Map<String, ?> options) {
    return TrainingKeys.builder(options);
  }

  /** Whether {@link #of} knows the key. */
  public static boolean isKey(String key) {
    return TrainingKeys.has(key);
  }

  /** Returns the same options with another micro-batch. */
  public TrainingConfig withMicroBatch(int images) {
    return toBuilder().microBatch(images).build();
  }

  /**
   * Returns the same options for a training set of this many images: a larger batch is reduced to
   * all of them, and takes no more memory.
   */
  TrainingConfig fittedTo(int images) {
    return toBuilder()
        .batch(Math.min(sgd.batch(), images))
        .microBatch(Math.min(sgd.microBatch(), images))
        .build();
  }

  /** Returns the same options with all weights drawn, even if they would come from a model. */
  public TrainingConfig withDrawnWeights() {
    return toBuilder().from(null).build();
  }

  /** All options by name. */
  public Map<String, Object> options() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("data", data);
    options.put("held-out", heldOut);
    options.put("limit", limit);
    options.put("arch", configuration.label());
    options.put("width", width);
    options.put("crop", crop);
    if (head.hidden() != null) {
      options.put("head", head.headText());
    }
    if (head.averaged()) {
      options.put("pooling", head.poolingText());
    }
    options.put("scale", augmentation.scale().option());
    options.put("flip", augmentation.flip());
    options.put("color-shift", augmentation.colorShift());
    options.put("batch", sgd.batchOption());
    options.put("micro-batch", sgd.microBatch());
    options.put("lr", sgd.learningRate());
    options.put("lr-features", sgd.layerRates().features());
    options.put("lr-head", sgd.layerRates().head());
    options.put("momentum", sgd.momentum());
    options.put("weight-decay", sgd.weightDecay());
    options.put("bias-decay", sgd.biasDecay());
    options.put("dropout", sgd.dropout());
    options.put(INIT, start.initText());
    options.put("init-rest", start.rest().label());
    options.put("freeze", start.freezeText());
    options.put("schedule", schedule.kind().label());
    options.put("patience", schedule.patience());
    options.put("step-epochs", schedule.stepEpochsText());
    options.put("warm-up", schedule.warmUp());
    options.put("epochs", schedule.epochs());
    options.put("max-steps", schedule.maxSteps());
    options.put("seed", seed);
    options.put("threads", threads);
    options.put("device", device.text());
    options.put("precision", device.precision().label());
    options.put("checkpoint-every", checkpointEvery);
    options.put("max-unreadable", maxUnreadable.text());
    augmentation.distortions().addTo(options);
    sgd.addTo(options);
    if (boxes != null) {
      boxes.addTo(options);
    }
    if (multiLabel != null) {
      options.put(TrainingKeys.MULTI_LABEL, multiLabel);
    }
    if (time != null) {
      options.put("time", TimeBudget.text(time));
    }
    targets.addTo(options);
    if (sampling != Sampling.SHUFFLED) {
      options.put("sampling", sampling.label());
    }
    selection.addTo(options, task());
    if (!test) {
      options.put("test", false);
    }
    return options;
  }

  /**
   * The options on which the trained weights depend.
   *
   * @param initSha256 of the model that the run began with, which is used in place of its path;
   *     null if all weights were drawn
   * @param classWeights of the run, which are used in place of a file's path; empty if all classes
   *     count alike
   */
  Map<String, Object> provenanceOptions(@Nullable String initSha256, List<Double> classWeights) {
    Map<String, Object> options = options();
    options.keySet().removeAll(NOT_IN_PROVENANCE);
    if (options.containsKey(ClassWeights.KEY)) {
      options.put(ClassWeights.KEY, targets.classWeights().recorded(classWeights));
    }
    if (initSha256 != null) {
      options.put(INIT, "from:" + initSha256);
    }
    return options;
  }
}
