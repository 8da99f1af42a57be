package org.vgg4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;

/**
 * All options of a training run. The names in {@link #options()} are those of the command line and
 * of config.yaml.
 *
 * @param data word or path of the data set
 * @param heldOut fraction of the training images held out for validation, in (0, 1)
 * @param flip whether training images are mirrored half of the time
 * @param configuration which network
 * @param width factor on channels and hidden features
 * @param crop side of the input window in pixels
 * @param scale S: shorter side, in pixels, of a rescaled training image
 * @param batch images per step
 * @param microBatch images at a time, at most the batch; 0: as many as memory allows
 * @param learningRate at the start
 * @param momentum of SGD, in [0, 1)
 * @param weightDecay factor of the L2 penalty
 * @param biasDecay whether biases decay like weights
 * @param dropout rate after fc6 and fc7, in [0, 1)
 * @param initialisation how weights are drawn
 * @param patience validations without improvement before the rate drops
 * @param epochs at most so many
 * @param maxSteps at most so many steps
 * @param seed of all random draws
 * @param threads number of threads
 */
public record TrainingConfig(
    String data,
    double heldOut,
    boolean flip,
    Configuration configuration,
    double width,
    int crop,
    int scale,
    int batch,
    int microBatch,
    double learningRate,
    double momentum,
    double weightDecay,
    boolean biasDecay,
    double dropout,
    Initialisation initialisation,
    int patience,
    int epochs,
    int maxSteps,
    long seed,
    int threads) {

  /** Options that do not change what is learnt, or are told elsewhere. */
  private static final Set<String> NOT_IN_PROVENANCE = Set.of("threads", "data");

  /**
   * @throws InputException if a number is out of its range
   */
  public TrainingConfig {
    require(heldOut > 0 && heldOut < 1, "held-out", heldOut, "a fraction between 0 and 1");
    require(scale >= crop, "scale", scale, "at least the crop, " + crop);
    require(batch >= 1, "batch", batch, "at least 1");
    require(
        microBatch >= 0 && microBatch <= batch,
        "micro-batch",
        microBatch,
        "from 1 to the batch, " + batch + ", or 0 for as many images as memory allows");
    require(
        learningRate > 0 && Double.isFinite(learningRate), "lr", learningRate, "a positive number");
    require(momentum >= 0 && momentum < 1, "momentum", momentum, "in [0, 1)");
    require(
        weightDecay >= 0 && Double.isFinite(weightDecay),
        "weight-decay",
        weightDecay,
        "zero or a positive number");
    require(dropout >= 0 && dropout < 1, "dropout", dropout, "in [0, 1)");
    require(patience >= 1, "patience", patience, "at least 1");
    require(epochs >= 1, "epochs", epochs, "at least 1");
    require(maxSteps >= 1, "max-steps", maxSteps, "at least 1");
    require(threads >= 1, "threads", threads, "at least 1");
  }

  private static void require(boolean condition, String option, Object value, String allowed) {
    if (!condition) {
      throw new InputException("option " + option + " is " + value + " but must be " + allowed);
    }
  }

  /** Returns the same options with another micro-batch. */
  public TrainingConfig withMicroBatch(int images) {
    return new TrainingConfig(
        data,
        heldOut,
        flip,
        configuration,
        width,
        crop,
        scale,
        batch,
        images,
        learningRate,
        momentum,
        weightDecay,
        biasDecay,
        dropout,
        initialisation,
        patience,
        epochs,
        maxSteps,
        seed,
        threads);
  }

  /** All options by name. */
  public Map<String, Object> options() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("data", data);
    options.put("held-out", heldOut);
    options.put("flip", flip);
    options.put("arch", configuration.label());
    options.put("width", width);
    options.put("crop", crop);
    options.put("scale", scale);
    options.put("batch", batch);
    options.put("micro-batch", microBatch);
    options.put("lr", learningRate);
    options.put("momentum", momentum);
    options.put("weight-decay", weightDecay);
    options.put("bias-decay", biasDecay);
    options.put("dropout", dropout);
    options.put("init", initialisation.label());
    options.put("patience", patience);
    options.put("epochs", epochs);
    options.put("max-steps", maxSteps);
    options.put("seed", seed);
    options.put("threads", threads);
    return options;
  }

  /** The options on which the trained weights depend. */
  public Map<String, Object> provenanceOptions() {
    Map<String, Object> options = options();
    options.keySet().removeAll(NOT_IN_PROVENANCE);
    return options;
  }
}
