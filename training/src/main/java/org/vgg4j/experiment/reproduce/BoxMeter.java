package org.vgg4j.experiment.reproduce;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.BoxEvaluator;
import org.vgg4j.evaluate.BoxFinder;
import org.vgg4j.evaluate.GradCamFinder;
import org.vgg4j.evaluate.LocalizationEvaluator;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.evaluate.ProtocolEvaluator;
import org.vgg4j.evaluate.boxes.BoxMerging;
import org.vgg4j.evaluate.boxes.Guess;
import org.vgg4j.evaluate.boxes.ImageTruth;
import org.vgg4j.evaluate.boxes.MergeRule;
import org.vgg4j.evaluate.boxes.MergeThreshold;
import org.vgg4j.evaluate.boxes.OfficialError;
import org.vgg4j.experiment.reproduce.BoxMeasurements.Found;
import org.vgg4j.experiment.reproduce.Net.Scale;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.train.RunFolder;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.weights.ModelFile;

/**
 * Measures the networks of one seed by all protocols of Tables 8 to 10. What has to be chosen is
 * chosen on validation images, and measured on test images. Not thread-safe.
 */
final class BoxMeter implements AutoCloseable {
  /** Of a Grad-CAM map's largest value; the authors' is the first. */
  private static final List<Double> SHARES = List.of(0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7);

  /** Q of Grad-CAM, in halves of the crop: coarse maps of small crops need large images. */
  private static final int[] GRAD_CAM_SCALES = {2, 3, 4, 6};

  private static final MergeRule RULE = MergeRule.SCALE_FREE;

  /** A model that is loaded. */
  private record Loaded(ModelFile file, Parameters parameters, Network network, String name) {
    BoxFinder.Member member(List<Integer> scales) {
      return new BoxFinder.Member(
          name, network, file.preprocessing(), file.classNames(), List.copyOf(scales));
    }
  }

  /** Images and what the classification network says about them. */
  private record Part(Dataset images, Posteriors posteriors) {}

  private final BoxReproductionConfig config;
  private final Engine engine;
  private final BooleanSupplier stopRequested;
  private final BoxMeasurements measurements;
  private final Loaded classifier;
  private final Map<BoxNet, Loaded> finders = new HashMap<>();
  private final Part validation;
  private final Part test;

  /**
   * Loads all networks and classifies all images.
   *
   * @param measurements receives what is measured
   * @param classifier finished run
   * @param nets finished runs
   * @throws org.vgg4j.base.InputException if a file or an image cannot be read
   */
  BoxMeter(
      BoxReproductionConfig config,
      Engine engine,
      BooleanSupplier stopRequested,
      BoxMeasurements measurements,
      RunFolder classifier,
      Map<BoxNet, RunFolder> nets,
      Dataset validation,
      Dataset test) {
    this.config = config;
    this.engine = engine;
    this.stopRequested = stopRequested;
    this.measurements = measurements;
    this.classifier = load(classifier, "the classification network");
    nets.forEach((net, folder) -> finders.put(net, load(folder, net.name())));
    this.validation = new Part(validation, posteriors(validation));
    this.test = new Part(test, posteriors(test));
  }

  private Loaded load(RunFolder folder, String name) {
    ModelFile file = ModelFile.read(folder.bestModel());
    Parameters parameters = new Parameters(file.architecture(), file.arrays());
    return new Loaded(file, parameters, engine.load(parameters), name);
  }

  private Loaded finder(BoxNet net) {
    return Objects.requireNonNull(finders.get(net), net.name());
  }

  @Override
  public void close() {
    classifier.network().close();
    finders.values().forEach(loaded -> loaded.network().close());
  }

  private Posteriors posteriors(Dataset images) {
    BoxFinder.Member member = classifier.member(List.of(config.scale(Scale.SMALL)));
    return new ProtocolEvaluator(
            engine.hostThreads(),
            member.network(),
            member.preprocessing(),
            member.classNames(),
            member.name(),
            ViewPlan.of(Protocol.DENSE),
            member.scales(),
            config.batch())
        .run(images, UnreadableLimit.NONE, done -> {});
  }

  /** The classification network's errors on the test images. */
  Posteriors testPosteriors() {
    return test.posteriors();
  }

  /** Measures everything. Returns false if it was asked to stop. */
  boolean measure() {
    for (BoxNet net : BoxNet.all()) {
      if (stopRequested.getAsBoolean()) {
        return false;
      }
      measurements.add(BoxMeasurements.centre(net), centre(net));
    }
    for (BoxSubject subject : BoxSubject.values()) {
      if (stopRequested.getAsBoolean()) {
        return false;
      }
      measurements.add(BoxMeasurements.full(subject), full(subject));
    }
    return gradCam();
  }

  /** The paper's first protocol: the class is known, and the box is sought in the central crop. */
  private Found centre(BoxNet net) {
    Loaded loaded = finder(net);
    Dataset images = test.images();
    Inference inference =
        loaded.network().inference(Math.min(config.batch(), images.size()), Set.of());
    boolean[] right = new boolean[images.size()];
    BoxEvaluation measured =
        new BoxEvaluator(
                engine.hostThreads(),
                inference,
                loaded.network().architecture(),
                loaded.file().preprocessing().withSizes(config.scale(net.scale()), config.crop()),
                loaded.file().classNames(),
                BoxLoss.SQUARED)
            .evaluate(images, done -> {}, found -> right[found.index()] = found.isRight());
    return new Found(right, right, measured.meanOverlap(), "");
  }

  /** The paper's second protocol, with the threshold that is best on validation images. */
  private Found full(BoxSubject subject) {
    List<BoxFinder.Member> members = new ArrayList<>();
    List<List<Integer>> scales = subject.scales(config.crop());
    for (int i = 0; i < scales.size(); i++) {
      members.add(finder(subject.nets().get(i)).member(scales.get(i)));
    }
    BoxFinder finder =
        new BoxFinder(
            engine.hostThreads(),
            members,
            List.of(classifier.member(List.of())),
            validation.posteriors().classNames(),
            config.batch());
    LocalizationEvaluator evaluator = new LocalizationEvaluator(engine.hostThreads(), finder);
    MergeThreshold search = new MergeThreshold(RULE);
    look(
        evaluator,
        validation,
        (image, truth, found) -> search.add(Objects.requireNonNull(truth), found));
    double threshold = search.choose().threshold();
    List<ImageTruth> truths = new ArrayList<>();
    List<List<Guess>> guesses = new ArrayList<>();
    look(
        evaluator,
        test,
        (image, truth, found) -> {
          truths.add(Objects.requireNonNull(truth));
          guesses.add(BoxMerging.guesses(RULE, threshold, found));
        });
    return found(OfficialError.of(truths, guesses), String.format(Locale.ROOT, "%.1f", threshold));
  }

  private static void look(
      LocalizationEvaluator evaluator, Part part, LocalizationEvaluator.Visitor visitor) {
    evaluator.run(part.images(), part.posteriors(), new BitSet(), done -> {}, visitor);
  }

  private static Found found(OfficialError error, String choice) {
    return new Found(
        error.localised(OfficialError.GUESSES), error.localised(1), Double.NaN, choice);
  }

  /** Boxes by Grad-CAM, with the scale and share that are best on validation images. */
  private boolean gradCam() {
    int bestScale = 0;
    int bestShare = 0;
    int fewest = Integer.MAX_VALUE;
    for (int halves : GRAD_CAM_SCALES) {
      if (stopRequested.getAsBoolean()) {
        return false;
      }
      int scale = config.crop() * halves / 2;
      List<OfficialError> errors = gradCam(validation, scale, SHARES);
      for (int i = 0; i < errors.size(); i++) {
        int wrong = errors.get(i).localisation(OfficialError.GUESSES).wrong();
        if (wrong < fewest) {
          fewest = wrong;
          bestScale = scale;
          bestShare = i;
        }
      }
    }
    double share = SHARES.get(bestShare);
    OfficialError error = gradCam(test, bestScale, List.of(share)).get(0);
    String choice = String.format(Locale.ROOT, "Q = %d, share %.2f", bestScale, share);
    measurements.add(BoxMeasurements.GRAD_CAM, found(error, choice));
    return true;
  }

  /** The errors for each share. */
  private List<OfficialError> gradCam(Part part, int scale, List<Double> shares) {
    GradCamFinder finder =
        new GradCamFinder(
            engine.hostThreads(),
            classifier.member(List.of(scale)),
            classifier.parameters(),
            shares,
            part.posteriors().classNames());
    List<ImageTruth> truths = new ArrayList<>();
    List<List<List<Guess>>> guesses = new ArrayList<>();
    shares.forEach(share -> guesses.add(new ArrayList<>()));
    look(
        new LocalizationEvaluator(engine.hostThreads(), finder),
        part,
        (image, truth, found) -> {
          truths.add(Objects.requireNonNull(truth));
          for (int i = 0; i < shares.size(); i++) {
            int share = i;
            guesses
                .get(i)
                .add(
                    found.stream()
                        .filter(boxes -> !boxes.isEmpty())
                        .map(boxes -> boxes.get(share))
                        .map(box -> new Guess(box.label(), box.box()))
                        .toList());
          }
        });
    return guesses.stream().map(ofShare -> OfficialError.of(truths, ofShare)).toList();
  }
}
