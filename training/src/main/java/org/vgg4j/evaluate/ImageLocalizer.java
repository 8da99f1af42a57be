package org.vgg4j.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.boxes.BoxMerging;
import org.vgg4j.evaluate.boxes.MergeRule;
import org.vgg4j.evaluate.boxes.ScoredBox;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.views.MeanPosteriors;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.Ranking;
import org.vgg4j.views.Temperature;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.views.Views;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/**
 * Finds where in images their objects are (the paper, appendix A): one network says what is in an
 * image, and rates the boxes that others find, which are merged into one for each class. The number
 * of threads changes nothing.
 *
 * <p>Thread-safe: callers take turns with the networks. Memory grows with the largest image so far.
 */
public final class ImageLocalizer implements AutoCloseable {
  private static final int BATCH = 2; // an image and its mirror image

  /**
   * An object.
   *
   * @param label its class
   * @param index of the class in {@link #classNames}
   * @param probability of the class, for the whole image, at the temperature of the model that
   *     classifies
   * @param box in pixels of the image, within it
   */
  public record Found(String label, int index, double probability, Box box) {}

  private final Engine engine;
  private final LoadedNetworks networks;
  private final BoxFinder.Member rater;
  private final Temperature temperature;
  private final Views views;
  private final BoxFinder finder;
  private final ReentrantLock turn = new ReentrantLock(true);
  private volatile boolean closed;

  private ImageLocalizer(
      Engine engine, List<Path> finders, Path labels, @Nullable String testScales) {
    this.engine = engine;
    this.networks = new LoadedNetworks(engine);
    String name = labels.toString();
    ModelFile classifier = Models.read(labels).requireOneClass(name, "localisation");
    this.temperature = new Temperature(classifier.temperature());
    this.rater = networks.load(name, classifier, null);
    this.finder =
        new BoxFinder(
            engine.hostThreads(),
            networks.finders(finders, testScales),
            List.of(rater),
            rater.classNames(),
            1);
    this.views =
        new Views(
            engine.hostThreads(),
            rater.network(),
            rater.preprocessing(),
            ViewPlan.of(Protocol.DENSE, classifier.knowsMirrorImages()),
            rater.scales(),
            BATCH);
  }

  /**
   * Loads the networks.
   *
   * @param finders models that find boxes, at least one
   * @param labels a classification model, which says what is in an image and rates the boxes
   * @param testScales Q, at which boxes are sought, as {@link TestScales} takes them; null for each
   *     model's own
   * @throws InputException if a file is missing or broken, does not find boxes or does not
   *     classify, the models do not know the same classes or are of different crops, a scale is
   *     below the crop, the device cannot be used, or there is not enough memory
   */
  public static ImageLocalizer load(
      List<Path> finders, Path labels, @Nullable String testScales, Device device, int threads) {
    if (finders.isEmpty()) {
      throw new IllegalArgumentException("no model finds boxes");
    }
    Engine engine = Engines.open(device, threads);
    try {
      return new ImageLocalizer(engine, finders, labels, testScales);
    } catch (RuntimeException | Error e) {
      engine.close(); // with all networks
      throw e;
    }
  }

  /** Names of the classes, in the order of their indices. */
  public List<String> classNames() {
    return rater.classNames();
  }

  /**
   * Finds the most probable classes and where they are.
   *
   * @param image of any size
   * @param top how many classes, at least 1; all if there are fewer
   * @return an object for each class, the most probable first
   * @throws org.vgg4j.image.UnreadableImageException if the image is too elongated to be rescaled
   * @throws InputException if top is not positive, or the image needs more memory than there is
   * @throws IllegalStateException if this is closed
   */
  public List<Found> locate(RgbImage image, int top) {
    Objects.requireNonNull(image, "no image: it is null");
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    requireOpen();
    List<RgbImage> rescaled = views.rescale(image); // before taking a turn
    turn.lock();
    try {
      requireOpen();
      return locate(image, posteriors(rescaled), top);
    } finally {
      turn.unlock();
    }
  }

  private float[] posteriors(List<RgbImage> rescaled) {
    int classes = classNames().size();
    float[][] means = MeanPosteriors.of(views, List.of(rescaled), classes, (view, outputs) -> {});
    return temperature.apply(means[0], 0, classes);
  }

  private List<Found> locate(RgbImage image, float[] posteriors, int top) {
    int[] wanted = Ranking.top(posteriors, 0, posteriors.length, top);
    double[] theirs = new double[wanted.length];
    for (int k = 0; k < wanted.length; k++) {
      theirs[k] = posteriors[wanted[k]];
    }
    List<List<ScoredBox>> boxes =
        finder.find(List.of(new BoxSearch.Question(image, wanted, theirs))).get(0);
    List<Found> found = new ArrayList<>();
    for (int k = 0; k < wanted.length; k++) {
      BoxMerging merging = new BoxMerging(MergeRule.SCALE_FREE, boxes.get(k));
      merging.mergeUpTo(MergeRule.USUAL_THRESHOLD);
      Box box = within(merging.guess().box(), image);
      found.add(new Found(classNames().get(wanted[k]), wanted[k], theirs[k], box));
    }
    return found;
  }

  private static Box within(Box box, RgbImage image) {
    double left = Math.max(0, Math.min(image.width(), box.left()));
    double top = Math.max(0, Math.min(image.height(), box.top()));
    return new Box(
        left,
        top,
        Math.max(left, Math.min(image.width(), box.right())),
        Math.max(top, Math.min(image.height(), box.bottom())));
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this localizer was closed: load the models again");
    }
  }

  /** Waits for the running call, and refuses later ones. Closing again does nothing. */
  @Override
  public void close() {
    turn.lock();
    try {
      if (!closed) {
        closed = true;
        networks.close();
        engine.close();
      }
    } finally {
      turn.unlock();
    }
  }
}
