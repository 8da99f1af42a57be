package org.vgg4j.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.loading.Distortions;
import org.vgg4j.data.loading.ResizedCrop;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.Device;
import org.vgg4j.network.Precision;

/**
 * Makes a {@link TrainingConfig}. Its fields, and those of {@link SgdOptions}, are the one home of
 * all defaults: those of programs, of the command line and of recipes. Not thread-safe.
 */
public final class TrainingConfigBuilder extends SgdOptions<TrainingConfigBuilder> {
  private String data = "fashion-mini";
  private double heldOut = 0.1;
  private int limit = 0;
  private Configuration configuration = Configuration.A;
  private double width = 0.25;
  private int crop = 32;
  private HeadLayers head = HeadLayers.PAPER;
  private @Nullable ScaleRange scale = null;
  private ScaleRatio scaleRatio = ScaleRatio.PAPER;
  private boolean flip = true;
  private double colorShift = 0.1;
  private ClassWeights classWeights = ClassWeights.NONE;
  private double labelSmoothing = 0;
  private Distortions distortions = Distortions.NONE;
  private double mixup = 0;
  private double cutmix = 0;
  private @Nullable Path from = null;
  private Initialisation initialisation = Initialisation.GLOROT;
  private List<String> freeze = List.of();
  private ScheduleConfig.Kind schedule = ScheduleConfig.Kind.COSINE;
  private int patience = 2;
  private List<Integer> stepEpochs = List.of();
  private int warmUp = 0;
  private int epochs = 24;
  private int maxSteps = 370_000; // the paper's
  private long seed = 1;
  private int threads = Runtime.getRuntime().availableProcessors();
  private Device device = Device.AUTO;
  private int checkpointEvery = 500;
  private UnreadableLimit maxUnreadable = UnreadableLimit.AUTO;
  private Task task = Task.CLASSIFICATION;
  private BoxConfig boxes = BoxConfig.DEFAULTS;
  private @Nullable String multiLabel = null;
  private @Nullable Duration time = null;
  private Sampling sampling = Sampling.SHUFFLED;
  private @Nullable Selection watched = null;
  private int stopAfter = 0;
  private boolean test = true;

  TrainingConfigBuilder() {}

  @Override
  TrainingConfigBuilder self() {
    return this;
  }

  TrainingConfigBuilder(TrainingConfig config) {
    take(config.sgd());
    data = config.data();
    heldOut = config.heldOut();
    limit = config.limit();
    configuration = config.configuration();
    width = config.width();
    crop = config.crop();
    head = config.head();
    scale = config.augmentation().scale();
    flip = config.augmentation().flip();
    colorShift = config.augmentation().colorShift();
    classWeights = config.targets().classWeights();
    labelSmoothing = config.targets().labelSmoothing();
    distortions = config.augmentation().distortions();
    mixup = config.targets().mixup();
    cutmix = config.targets().cutmix();
    from = config.start().from();
    initialisation = config.start().rest();
    freeze = config.start().freeze();
    schedule = config.schedule().kind();
    patience = config.schedule().patience();
    stepEpochs = config.schedule().stepEpochs();
    warmUp = config.schedule().warmUp();
    epochs = config.schedule().epochs();
    maxSteps = config.schedule().maxSteps();
    seed = config.seed();
    threads = config.threads();
    device = config.device();
    checkpointEvery = config.checkpointEvery();
    maxUnreadable = config.maxUnreadable();
    task = config.boxes() == null ? Task.CLASSIFICATION : config.task();
    boxes = config.boxes() == null ? boxes : config.boxes();
    multiLabel = config.multiLabel();
    time = config.time();
    sampling = config.sampling();
    watched = config.selection().watched();
    stopAfter = config.selection().stopAfter();
    test = config.test();
  }

  /**
   * Returns the configuration.
   *
   * @throws org.vgg4j.base.InputException if a number is out of its range
   */
  public TrainingConfig build() {
    Selection usual = Selection.usual(multiLabel == null ? task : Task.LABELS);
    return new TrainingConfig(
        data,
        heldOut,
        limit,
        configuration,
        width,
        crop,
        head,
        new AugmentationConfig(
            scale == null ? scaleRatio.of(crop) : scale, flip, colorShift, distortions),
        new TargetConfig(classWeights, labelSmoothing, mixup, cutmix),
        new StartConfig(from, initialisation, freeze),
        sgd(),
        new ScheduleConfig(schedule, patience, stepEpochs, warmUp, epochs, maxSteps),
        seed,
        threads,
        device,
        checkpointEvery,
        maxUnreadable,
        task.isBoxes() ? boxes : null,
        multiLabel,
        time,
        sampling,
        new SelectionConfig(watched == null ? usual : watched, stopAfter),
        test);
  }

  /** Word or path of the data set; the built-in images of clothes unless set. */
  public TrainingConfigBuilder data(String value) {
    data = value;
    return this;
  }

  /** Fraction of the training images held out for validation, in (0, 1). */
  public TrainingConfigBuilder heldOut(double value) {
    heldOut = value;
    return this;
  }

  /** How many of the training images to use; 0 for all. */
  public TrainingConfigBuilder limit(int value) {
    limit = value;
    return this;
  }

  /** Which network. */
  public TrainingConfigBuilder configuration(Configuration value) {
    configuration = value;
    return this;
  }

  /** Factor on channels and hidden features. */
  public TrainingConfigBuilder width(double value) {
    width = value;
    return this;
  }

  /** Side of the input window in pixels. */
  public TrainingConfigBuilder crop(int value) {
    crop = value;
    return this;
  }

  /** The layers between the last map and the outputs. */
  public TrainingConfigBuilder head(HeadLayers value) {
    head = value;
    return this;
  }

  /** S in pixels: shorter side of a rescaled training image, fixed or a range. */
  public TrainingConfigBuilder scale(ScaleRange value) {
    scale = value;
    return this;
  }

  /** S as a multiple of the crop, instead of {@link #scale}. */
  public TrainingConfigBuilder scaleRatio(ScaleRatio value) {
    scaleRatio = value;
    scale = null;
    return this;
  }

  /** Whether training images are mirrored half of the time. */
  public TrainingConfigBuilder flip(boolean value) {
    flip = value;
    return this;
  }

  /** Standard deviation of the colour shift, in eigenvalues; 0 for none. */
  public TrainingConfigBuilder colorShift(double value) {
    colorShift = value;
    return this;
  }

  /** Which rectangle of an image becomes a sample; null: a crop of the rescaled image. */
  public TrainingConfigBuilder resizedCrop(@Nullable ResizedCrop value) {
    distortions =
        new Distortions(
            value, distortions.pad(), distortions.erase(), distortions.trivialAugment());
    return this;
  }

  /** How far a crop may leave the rescaled image, in pixels. */
  public TrainingConfigBuilder pad(int value) {
    distortions =
        new Distortions(
            distortions.resizedCrop(), value, distortions.erase(), distortions.trivialAugment());
    return this;
  }

  /** Probability that a rectangle of a sample is erased. */
  public TrainingConfigBuilder erase(double value) {
    distortions =
        new Distortions(
            distortions.resizedCrop(), distortions.pad(), value, distortions.trivialAugment());
    return this;
  }

  /** Whether one random operation is applied to each sample. */
  public TrainingConfigBuilder trivialAugment(boolean value) {
    distortions =
        new Distortions(distortions.resizedCrop(), distortions.pad(), distortions.erase(), value);
    return this;
  }

  /** A model whose weights are copied; null: all are drawn. */
  public TrainingConfigBuilder from(@Nullable Path value) {
    from = value;
    return this;
  }

  /** How weights that no model gives are drawn. */
  public TrainingConfigBuilder initialisation(Initialisation value) {
    initialisation = value;
    return this;
  }

  /** Layers to freeze, see {@link StartConfig#freeze}. */
  public TrainingConfigBuilder freeze(List<String> value) {
    freeze = value;
    return this;
  }

  /** How the learning rate falls. */
  public TrainingConfigBuilder schedule(ScheduleConfig.Kind value) {
    schedule = value;
    return this;
  }

  /** For the paper's schedule: validations without improvement before the rate drops. */
  public TrainingConfigBuilder patience(int value) {
    patience = value;
    return this;
  }

  /** For schedule step: the epochs after which the rate drops, in rising order. */
  public TrainingConfigBuilder stepEpochs(List<Integer> value) {
    stepEpochs = value;
    return this;
  }

  /** Steps over which the rate first rises; 0 for none. */
  public TrainingConfigBuilder warmUp(int value) {
    warmUp = value;
    return this;
  }

  /** Upper limit on epochs. */
  public TrainingConfigBuilder epochs(int value) {
    epochs = value;
    return this;
  }

  /** Upper limit on steps. */
  public TrainingConfigBuilder maxSteps(int value) {
    maxSteps = value;
    return this;
  }

  /** Seed of all random draws. */
  public TrainingConfigBuilder seed(long value) {
    seed = value;
    return this;
  }

  /** Number of threads; all processors unless set. */
  public TrainingConfigBuilder threads(int value) {
    threads = value;
    return this;
  }

  /** The device that computes; the precision that was set stays if it names none. */
  public TrainingConfigBuilder device(Device value) {
    device = value.precision() == Precision.AUTO ? value.in(device.precision()) : value;
    return this;
  }

  /** The precision with which the device computes; what the device is best at unless set. */
  public TrainingConfigBuilder precision(Precision value) {
    device = device.in(value);
    return this;
  }

  /** Steps between checkpoints, beside those at the end of each epoch; 0: only those. */
  public TrainingConfigBuilder checkpointEvery(int value) {
    checkpointEvery = value;
    return this;
  }

  /** The form in which the network finds boxes, instead of classifying. */
  public TrainingConfigBuilder regression(Task form) {
    task = form;
    boxes = new BoxConfig(form, boxes.loss(), boxes.minOverlap(), boxes.file());
    return this;
  }

  /** How boxes are compared. */
  public TrainingConfigBuilder boxLoss(BoxLoss value) {
    boxes = new BoxConfig(boxes.form(), value, boxes.minOverlap(), boxes.file());
    return this;
  }

  /** Share of an object that a training crop shows at least, in [0, 1]. */
  public TrainingConfigBuilder minOverlap(double value) {
    boxes = new BoxConfig(boxes.form(), boxes.loss(), value, boxes.file());
    return this;
  }

  /** The boxes; null: those beside the images. */
  public TrainingConfigBuilder boxFile(@Nullable Path value) {
    boxes = new BoxConfig(boxes.form(), boxes.loss(), boxes.minOverlap(), value);
    return this;
  }

  /**
   * To which time the schedule is stretched: {@link Trainer#train} measures steps and chooses the
   * number of epochs; null: none.
   */
  public TrainingConfigBuilder time(@Nullable Duration value) {
    time = value;
    return this;
  }

  /** Which training images an epoch visits. */
  public TrainingConfigBuilder sampling(Sampling value) {
    sampling = value;
    return this;
  }

  /**
   * The file that says which of several classes images show, or {@code voc}; null: an image shows
   * one class.
   */
  public TrainingConfigBuilder multiLabel(@Nullable String value) {
    multiLabel = value;
    return this;
  }

  /** Which measure of the validation images decides which epoch is the best. */
  public TrainingConfigBuilder select(Selection value) {
    watched = value;
    return this;
  }

  /** How many epochs in a row may fail to be the best so far before training ends; 0: any. */
  public TrainingConfigBuilder stopAfter(int value) {
    stopAfter = value;
    return this;
  }

  /** Whether the best model is measured on the test images at the end. */
  public TrainingConfigBuilder test(boolean value) {
    test = value;
    return this;
  }

  /** How much each class counts in the loss; all alike unless set. */
  public TrainingConfigBuilder classWeights(ClassWeights value) {
    classWeights = value;
    return this;
  }

  /** Share of each target that all classes have in equal parts, in [0, 1); 0 for none. */
  public TrainingConfigBuilder labelSmoothing(double value) {
    labelSmoothing = value;
    return this;
  }

  /** Alpha of mixup, see {@link org.vgg4j.data.loading.Mixing}; 0 for none. */
  public TrainingConfigBuilder mixup(double value) {
    mixup = value;
    return this;
  }

  /** Alpha of CutMix; 0 for none. */
  public TrainingConfigBuilder cutmix(double value) {
    cutmix = value;
    return this;
  }

  /** How many unreadable images of each part may be skipped. */
  public TrainingConfigBuilder maxUnreadable(UnreadableLimit value) {
    maxUnreadable = value;
    return this;
  }
}
