package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Subset;
import org.vgg4j.data.Synsets;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.BoxEvaluator;
import org.vgg4j.evaluate.BoxFinder;
import org.vgg4j.evaluate.BoxSubmission;
import org.vgg4j.evaluate.LoadedNetworks;
import org.vgg4j.evaluate.LocalizationEvaluator;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.evaluate.PosteriorsFile;
import org.vgg4j.evaluate.ProtocolEvaluator;
import org.vgg4j.evaluate.Submission;
import org.vgg4j.evaluate.UnseenImages;
import org.vgg4j.evaluate.boxes.BoxMerging;
import org.vgg4j.evaluate.boxes.Guess;
import org.vgg4j.evaluate.boxes.ImageTruth;
import org.vgg4j.evaluate.boxes.MergeRule;
import org.vgg4j.evaluate.boxes.MergeThreshold;
import org.vgg4j.evaluate.boxes.OfficialError;
import org.vgg4j.evaluate.boxes.ScoredBox;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Network;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.Temperature;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;
import org.vgg4j.weights.Provenance;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg localize evaluate}. */
@Command(
    name = "evaluate",
    description = {
      "Measures how well networks find objects, by the protocols of the paper (appendix A).",
      "Without --labels: the box for each image's own class, in the central crop. With --labels: up"
          + " to five classes for each image, and for each the boxes of all windows, scales and"
          + " networks, merged; scored as ILSVRC's development kit does."
    },
    sortOptions = false)
final class LocalizeEvaluateCommand implements Runnable {
  private static final int MOST_CLASSES = 20;

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "FILE,FILE",
      split = ",",
      required = true,
      description = "networks that find boxes, as vgg localize train makes them")
  private List<Path> models;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      defaultValue = "fashion-boxes",
      description = Texts.DATA + " (default: ${DEFAULT-VALUE})")
  private String data;

  @Option(names = "--boxes", paramLabel = "FILE", description = Texts.BOXES)
  private @Nullable Path boxes;

  @Option(
      names = "--split",
      paramLabel = "PART",
      description =
          "train, val or test (default: test if there is one, else val; else what was held out if"
              + " the first model was trained on this data, else all)")
  private @Nullable Split split;

  @Option(
      names = "--labels",
      paramLabel = "FILE,FILE",
      split = ",",
      description =
          "what names the classes of an image: classification models, or posteriors that vgg"
              + " evaluate saved; the mean of several. The models also rate the boxes, window by"
              + " window")
  private List<Path> labels = List.of();

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      defaultValue = "dense",
      description =
          "how models of --labels look at an image, see vgg evaluate; at mirror images, too, unless"
              + " they were trained with --no-flip (default: ${DEFAULT-VALUE})")
  private String protocol;

  @Option(
      names = "--test-scales",
      paramLabel = "Q,Q",
      description =
          "shorter side, in pixels, of the rescaled images in which boxes are sought; paper: the"
              + " three that the paper takes for classification (default: each model's own)")
  private @Nullable String testScales;

  @Option(
      names = "--merge",
      paramLabel = "RULE",
      defaultValue = "ours",
      description =
          "how boxes are matched: ours (does not depend on the scale of images) or published"
              + " (OverFeat's score, in pixels and square pixels) (default: ${DEFAULT-VALUE})")
  private String merge;

  @Option(
      names = "--threshold",
      paramLabel = "F",
      description =
          "boxes are merged while their match score is at most this (default: 0.5 for ours; must be"
              + " given or chosen for published)")
  private @Nullable Double threshold;

  @Option(
      names = "--choose-threshold",
      description =
          "measure all thresholds of a grid and say which is the best: on validation images, for"
              + " use on others")
  private boolean chooseThreshold;

  @Option(
      names = "--submission",
      paramLabel = "FILE",
      description =
          "write classes and boxes, of the unlabelled test images of ILSVRC if no --split is given:"
              + " FILE.csv for Kaggle, else with the development kit's numbers")
  @Writes
  private @Nullable Path submission;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      description = "images at a time (default: ${DEFAULT-VALUE})")
  private int batch;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  /** What was said of the data already: several networks look at the same. */
  private final Set<String> noted = new HashSet<>();

  @Override
  public void run() {
    requirePossible();
    List<ModelFile> files = new ArrayList<>();
    for (Path model : models) {
      files.add(Models.readWithoutArrays(model).requireBoxes(model.toString()));
    }
    try (Engine engine = Engines.open(device.get(), threads.count())) {
      Map<String, Object> result = labels.isEmpty() ? centre(engine, files) : full(engine, files);
      if (json) {
        spec.commandLine().getOut().println(Json.of(result));
      }
    }
  }

  private void requirePossible() {
    if (batch < 1) {
      throw new InputException("option batch is " + batch + " but must be at least 1");
    }
    if (threshold != null && !(threshold >= 0)) {
      throw new InputException("option threshold is " + threshold + " but must be at least 0");
    }
    if (threshold != null && chooseThreshold) {
      throw new InputException(
          "option threshold is %s, though it is to be chosen: leave out one of the two"
              .formatted(threshold));
    }
    if (rule() == MergeRule.PUBLISHED && threshold == null && !chooseThreshold) {
      throw new InputException(
          "the published score has no threshold that suits all images: choose one on validation"
              + " images (--choose-threshold), then give it (--threshold)");
    }
    if (labels.isEmpty() && (submission != null || chooseThreshold || threshold != null)) {
      throw new InputException(
          "the central crop gives one box for each image, and nothing to merge or submit: name what"
              + " classifies (option labels)");
    }
    if (chooseThreshold && submission != null) {
      throw new InputException(
          "a threshold is chosen on images whose boxes are known: choose it first, then write the"
              + " submission with it");
    }
  }

  private MergeRule rule() {
    return switch (merge.toLowerCase(Locale.ROOT)) {
      case "ours" -> MergeRule.SCALE_FREE;
      case "published" -> MergeRule.PUBLISHED;
      default ->
          throw new InputException(
              "option merge is '%s' but must be ours or published".formatted(merge));
    };
  }

  private Dataset dataset(ModelFile file) {
    if (submission != null && split == null) {
      return DataSources.openUnlabelled(data);
    }
    Provenance provenance = file.provenance();
    Dataset dataset = new UnseenImages(split, null, null).openBoxed(data, boxes, provenance);
    dataset.notes().stream()
        .filter(noted::add)
        .forEach(note -> spec.commandLine().getErr().println("vgg: " + note));
    return dataset;
  }

  /**
   * The images are those that the first network has not seen. Others may have, where other images
   * were held out for them.
   */
  private void noteLearnt(Dataset dataset, List<ModelFile> files) {
    if (submission != null && split == null) {
      return; // nobody has their labels
    }
    for (int i = 1; i < files.size(); i++) {
      Provenance provenance = files.get(i).provenance();
      noteLearnt(dataset, models.get(i), UnseenImages.learntBoxes(data, boxes, provenance));
    }
    for (Path file : labels) {
      if (!PosteriorsFile.isOne(file)) {
        Provenance provenance = Models.readWithoutArrays(file).provenance();
        noteLearnt(dataset, file, UnseenImages.learnt(data, provenance));
      }
    }
  }

  private void noteLearnt(Dataset dataset, Path model, Set<String> learnt) {
    int count = UnseenImages.count(dataset, learnt);
    if (count > 0 && split != Split.TRAIN) {
      spec.commandLine()
          .getErr()
          .printf(
              Locale.ROOT,
              "vgg: %s learnt from %,d of the %,d images, so errors will be too low: take models for which the same images were held out%n",
              model,
              count,
              dataset.size());
    }
  }

  /** The first protocol: a table, or object, for each network. */
  private Map<String, Object> centre(Engine engine, List<ModelFile> files) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      Dataset dataset = trusted(dataset(files.get(i)));
      BoxEvaluation measured = centre(engine, models.get(i), dataset);
      all.add(LocalizationResult.asMap(models.get(i), dataset, measured));
      if (!json) {
        spec.commandLine()
            .getOut()
            .println(LocalizationResult.text(models.get(i), dataset, measured));
      }
    }
    return Map.of("networks", all);
  }

  /** Without the images whose boxes ILSVRC lists as wrong, as the development kit counts. */
  private Dataset trusted(Dataset dataset) {
    BitSet listed = DataSources.blacklist(data).indices(dataset);
    if (listed.isEmpty()) {
      return dataset;
    }
    int[] others = IntStream.range(0, dataset.size()).filter(n -> !listed.get(n)).toArray();
    if (others.length == 0) {
      throw new InputException(
          "all images of %s are on the list of those whose boxes are wrong: choose other images"
              .formatted(dataset.name()));
    }
    if (!quiet.isQuiet()) {
      spec.commandLine()
          .getErr()
          .printf("%,d blacklisted images do not count.%n", listed.cardinality());
    }
    return new Subset(dataset, dataset.name(), others);
  }

  private BoxEvaluation centre(Engine engine, Path model, Dataset dataset) {
    ProgressLine progress = quiet.line(spec.commandLine().getErr());
    try (LoadedNetworks loaded = new LoadedNetworks(engine)) {
      BoxFinder.Member member = loaded.finders(List.of(model), testScales).get(0);
      if (member.scales().size() > 1) {
        throw new InputException(
            "option test-scales is %s, but the central crop is of one scale: give one, or name what classifies (option labels)"
                .formatted(testScales));
      }
      Network network = member.network();
      Preprocessing preprocessing = member.preprocessing();
      return new BoxEvaluator(
              engine.hostThreads(),
              network.inference(Math.min(batch, dataset.size()), Set.of()),
              network.architecture(),
              preprocessing.withSizes(member.scales().get(0), preprocessing.crop()),
              member.classNames(),
              BoxLoss.SQUARED)
          .evaluate(
              dataset,
              done -> progress.show("looked at " + done + " of " + dataset.size() + " images"));
    } finally {
      progress.clear();
    }
  }

  /** The second protocol. */
  private Map<String, Object> full(Engine engine, List<ModelFile> files) {
    Dataset dataset = dataset(files.get(0));
    noteLearnt(dataset, files);
    Synsets synsets = submission == null ? null : submittable(submission, files.get(0));
    Posteriors posteriors = posteriors(engine, dataset);
    List<Path> raters = labels.stream().filter(file -> !PosteriorsFile.isOne(file)).toList();
    MergeThreshold search = chooseThreshold ? new MergeThreshold(rule()) : null;
    Collected collected =
        new Collected(rule(), threshold == null ? MergeRule.USUAL_THRESHOLD : threshold);
    ProgressLine progress = quiet.line(spec.commandLine().getErr());
    try (LoadedNetworks loaded = new LoadedNetworks(engine)) {
      BoxFinder finder =
          new BoxFinder(
              engine.hostThreads(),
              loaded.finders(models, testScales),
              loaded.classifiers(raters),
              posteriors.classNames(),
              batch);
      new LocalizationEvaluator(engine.hostThreads(), finder)
          .run(
              dataset,
              posteriors,
              DataSources.blacklist(data).indices(dataset),
              done -> progress.show("looked at " + done + " of " + dataset.size() + " images"),
              search == null
                  ? collected
                  : (image, truth, found) -> search.add(Objects.requireNonNull(truth), found));
    } finally {
      progress.clear();
    }
    return search == null
        ? report(dataset, posteriors, collected, raters.isEmpty(), synsets)
        : threshold(search.choose(), dataset);
  }

  private Map<String, Object> report(
      Dataset dataset,
      Posteriors posteriors,
      Collected collected,
      boolean ratedByImage,
      @Nullable Synsets synsets) {
    String submitted = null;
    List<List<Guess>> scored = collected.guesses;
    if (submission != null && synsets != null) {
      List<String> ids =
          collected.images.stream().map(image -> posteriors.ids().get(image)).toList();
      scored = new BoxSubmission(ids, posteriors.classNames(), synsets).write(submission, scored);
      submitted = "%s: %d images; read again and checked".formatted(submission, scored.size());
    }
    LocalizationResult result =
        new LocalizationResult(
            models,
            labels,
            dataset,
            ratedByImage,
            (double) collected.boxes / Math.max(1, scored.size()),
            collected.threshold,
            merge,
            submitted,
            posteriors.classNames(),
            collected.truths.isEmpty() ? null : OfficialError.of(collected.truths, scored));
    if (!json) {
      spec.commandLine().getOut().println(result.text(MOST_CLASSES));
    }
    return result.asMap();
  }

  /** The guesses for all images, and what is true of them. */
  private static final class Collected implements LocalizationEvaluator.Visitor {
    private final MergeRule rule;
    private final double threshold;
    private final List<Integer> images = new ArrayList<>();
    private final List<ImageTruth> truths = new ArrayList<>();
    private final List<List<Guess>> guesses = new ArrayList<>();
    private long boxes;

    Collected(MergeRule rule, double threshold) {
      this.rule = rule;
      this.threshold = threshold;
    }

    @Override
    public void visit(int image, @Nullable ImageTruth truth, List<List<ScoredBox>> found) {
      found.forEach(ofClass -> boxes += ofClass.size());
      guesses.add(BoxMerging.guesses(rule, threshold, found));
      images.add(image);
      if (truth != null) {
        truths.add(truth);
      }
    }
  }

  private Map<String, Object> threshold(MergeThreshold.Choice choice, Dataset dataset) {
    List<Double> grid = rule().grid();
    TextTable table = new TextTable().row("threshold", "localisation error");
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < grid.size(); i++) {
      double percent = choice.errors().get(i).percent();
      table.row(
          LocalizationResult.number(grid.get(i)), String.format(Locale.ROOT, "%.2f %%", percent));
      rows.add(Map.of("threshold", grid.get(i), "localisationError", percent));
    }
    if (!json) {
      spec.commandLine()
          .getOut()
          .printf(
              "%s%s%nThe best on these images is --threshold %s: use it on others.%n",
              table,
              LocalizationResult.leftOut(dataset),
              LocalizationResult.number(choice.threshold()));
      spec.commandLine().getOut().flush();
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("merge", merge);
    map.put("threshold", choice.threshold());
    map.put("grid", rows);
    map.put(LocalizationResult.LEFT_OUT, dataset.leftOut());
    return map;
  }

  private Synsets submittable(Path file, ModelFile model) {
    Synsets synsets = DataSources.synsets(data);
    Submission.requirePossible(file, model.classNames(), synsets);
    return synsets;
  }

  /** The posteriors of all members, each at its temperature, averaged. */
  private Posteriors posteriors(Engine engine, Dataset dataset) {
    List<Posteriors> members = new ArrayList<>();
    Protocol views = Protocol.of(protocol);
    for (Path file : labels) {
      if (PosteriorsFile.isOne(file)) {
        members.add(PosteriorsFile.read(file).of(dataset));
        continue;
      }
      ModelFile classifier = Models.readWithoutArrays(file);
      ProgressLine progress = quiet.line(spec.commandLine().getErr());
      try (LoadedNetworks loaded = new LoadedNetworks(engine)) {
        BoxFinder.Member member = loaded.classifiers(List.of(file)).get(0);
        members.add(
            new ProtocolEvaluator(
                    engine.hostThreads(),
                    member.network(),
                    member.preprocessing(),
                    member.classNames(),
                    member.name(),
                    ViewPlan.of(views, classifier.knowsMirrorImages()),
                    member.scales(),
                    batch)
                .run(
                    dataset,
                    UnreadableLimit.NONE,
                    done ->
                        progress.show("classified " + done + " of " + dataset.size() + " images"))
                .at(new Temperature(classifier.temperature())));
      } finally {
        progress.clear();
      }
    }
    return Posteriors.fused(members);
  }
}
