package org.vgg4j.train;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.weights.ModelFile;

/**
 * All options of a training run. The names in {@link #options()} are those of the command line and
 * of config.yaml.
 *
 * @param data word or path of the data set
 * @param heldOut fraction of the training images held out for validation, in (0, 1)
 * @param limit use only so many of the training images, of each class its share; 0 for all
 * @param configuration which network
 * @param width factor on channels and hidden features
 * @param crop side of the input window in pixels
 * @param augmentation what is made of training images
 * @param start the first weights
 * @param sgd the optimiser
 * @param schedule the learning rate over time, and the end
 * @param seed of all random draws
 * @param threads number of threads
 * @param device that computes
 * @param checkpointEvery steps between two checkpoints, beside those at the end of each epoch; 0
 *     for those only
 * @param maxUnreadable how many pictures of each part may be passed over
 */
public record TrainingConfig(
    String data,
    double heldOut,
    int limit,
    Configuration configuration,
    double width,
    int crop,
    AugmentationConfig augmentation,
    StartConfig start,
    SgdConfig sgd,
    ScheduleConfig schedule,
    long seed,
    int threads,
    Device device,
    int checkpointEvery,
    UnreadableLimit maxUnreadable) {

  /** Options that do not change what is learnt, or are told elsewhere. */
  private static final Set<String> NOT_IN_PROVENANCE =
      Set.of("threads", "device", "data", "checkpoint-every", "max-unreadable");

  private static final String INIT = "init";

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
    Require.option(threads >= 1, "threads", threads, "at least 1");
    Require.option(checkpointEvery >= 0, "checkpoint-every", checkpointEvery, "at least 0");
  }

  /**
   * Options that tune a trained network to other classes: all of it, the new last layer ten times
   * as fast as the rest, along a cosine over ten epochs. Images are prepared as the model's weights
   * want it.
   *
   * @param model what is tuned
   * @param data word or path of the data set, whose classes the network then has
   * @throws org.vgg4j.base.InputException if the model cannot be read
   */
  public static TrainingConfig fineTuning(Path model, String data) {
    ModelFile file = ModelFile.readWithoutArrays(model);
    int crop = file.architecture().crop();
    int scale = file.preprocessing().scale();
    return new TrainingConfig(
        data,
        0.1,
        0,
        file.architecture().configuration(),
        file.architecture().width(),
        crop,
        new AugmentationConfig(new ScaleRange(scale, scale), true, 0.1),
        new StartConfig(model, Initialisation.GLOROT, List.of()),
        new SgdConfig(32, 0, 1e-3, 0.9, 5e-4, true, 0.5, new LayerRates(0, 1e-2)),
        new ScheduleConfig(ScheduleConfig.Kind.COSINE, 2, List.of(), 0, 10, 370_000),
        1,
        Runtime.getRuntime().availableProcessors(),
        Device.AUTO,
        500,
        UnreadableLimit.AUTO);
  }

  /** Returns the same options with another micro-batch. */
  public TrainingConfig withMicroBatch(int images) {
    return withSgd(sgd.withMicroBatch(images));
  }

  /**
   * Returns the same options for a training set of so many images: a batch larger than that is all
   * of them, and takes no more memory.
   */
  TrainingConfig fittedTo(int images) {
    return withSgd(sgd.withBatchOfAtMost(images));
  }

  private TrainingConfig withSgd(SgdConfig other) {
    return new TrainingConfig(
        data,
        heldOut,
        limit,
        configuration,
        width,
        crop,
        augmentation,
        start,
        other,
        schedule,
        seed,
        threads,
        device,
        checkpointEvery,
        maxUnreadable);
  }

  /** Returns the same options with all weights drawn, also where they would come from a model. */
  public TrainingConfig withDrawnWeights() {
    return new TrainingConfig(
        data,
        heldOut,
        limit,
        configuration,
        width,
        crop,
        augmentation,
        new StartConfig(null, start.rest(), start.freeze()),
        sgd,
        schedule,
        seed,
        threads,
        device,
        checkpointEvery,
        maxUnreadable);
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
    options.put("scale", augmentation.scale().option());
    options.put("flip", augmentation.flip());
    options.put("color-shift", augmentation.colorShift());
    options.put("batch", sgd.batch());
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
    options.put("checkpoint-every", checkpointEvery);
    options.put("max-unreadable", maxUnreadable.text());
    return options;
  }

  /**
   * The options on which the trained weights depend.
   *
   * @param initSha256 of the model that the run began with, which counts instead of its path; null
   *     if all weights were drawn
   */
  Map<String, Object> provenanceOptions(@Nullable String initSha256) {
    Map<String, Object> options = options();
    options.keySet().removeAll(NOT_IN_PROVENANCE);
    if (initSha256 != null) {
      options.put(INIT, "from:" + initSha256);
    }
    return options;
  }
}
