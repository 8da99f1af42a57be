package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Synsets;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.evaluate.PosteriorsFile;
import org.vgg4j.evaluate.Significance;
import org.vgg4j.evaluate.Submission;
import org.vgg4j.evaluate.UnseenImages;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.views.Temperature;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vgg evaluate}. */
@Command(
    name = "evaluate",
    description =
        "Measures the errors of a model on labelled images, by the protocols of the paper (section"
            + " 3.2).",
    sortOptions = false)
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--model", paramLabel = "FILE", description = Texts.MODEL)
  private @Nullable Path model;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      defaultValue = "fashion-mini",
      description = Texts.DATA + " (default: ${DEFAULT-VALUE})")
  private String data;

  @Option(
      names = "--split",
      paramLabel = "PART",
      description =
          "train, val or test (default: test if there is one, else val; else what was held out if"
              + " the model was trained on this data, else all)")
  private @Nullable Split split;

  @Option(
      names = "--held-out",
      paramLabel = "F",
      description =
          "fraction held out for validation, where there is no val/ (default: the model's own, if"
              + " it was trained on this data, else 0.1)")
  private @Nullable Double heldOut;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "decides what is held out (default: the model's own, if it was trained on this data, else"
              + " 1)")
  private @Nullable Long seed;

  @Option(
      names = "--multi-label",
      paramLabel = "FILE",
      description =
          "for a model that was trained with it: the CSV file that says which classes images show,"
              + " or voc, as for vgg train")
  private @Nullable String multiLabel;

  @Mixin private final ViewOptions views = new ViewOptions();

  @Option(
      names = "--fuse",
      paramLabel = "FILE,FILE",
      split = ",",
      description =
          "further models, or posteriors that were saved: the mean of the posteriors of all is"
              + " measured")
  private List<Path> fuse = List.of();

  @Option(
      names = "--save-posteriors",
      paramLabel = "FILE.npy",
      description =
          "save the posteriors of every image, for --fuse and --compare, and for NumPy; what its"
              + " rows and columns are goes to FILE.json beside it")
  @Writes
  private @Nullable Path savePosteriors;

  @Option(
      names = "--compare",
      paramLabel = "FILE.npy",
      description =
          "saved posteriors of the same images: say whether the difference is significant")
  private @Nullable Path compare;

  @Option(
      names = "--submission",
      paramLabel = "FILE",
      description =
          "write five labels for each image, of the unlabelled test images of ILSVRC if no --split"
              + " is given: FILE.csv for Kaggle, else with the development kit's numbers")
  @Writes
  private @Nullable Path submission;

  @Mixin private final BatchOption batch = new BatchOption();

  @Mixin private final UnreadableOption maxUnreadable = new UnreadableOption();

  @Mixin private final FcWeightsOption fcWeights = new FcWeightsOption();

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  @Mixin private final RankOptions ranks = new RankOptions();

  /** What has been said about the images: several networks have the same ones. */
  private final Set<String> noted = new HashSet<>();

  /** This process's group while {@link #call} runs. */
  private ProcessGroup group = ProcessGroup.alone();

  @Override
  public Integer call() {
    return ranks.run(
        spec,
        joined -> {
          group = joined;
          evaluate();
          return 0;
        });
  }

  private void evaluate() {
    FcWeights form = fcWeights.get(); // finds mistakes in options before anything is read
    ViewPlan unused = views.plan();
    ModelEvaluation evaluation =
        new ModelEvaluation(
            "vgg evaluate",
            views,
            batch.get(),
            unreadableLimit(),
            form,
            group,
            spec.commandLine().getErr(),
            quiet);
    if (savePosteriors != null && group.leads()) {
      PosteriorsFile.requireName(savePosteriors);
    }
    Device chosen = device.get();
    List<Path> members = new ArrayList<>();
    if (model != null) {
      members.add(model);
    }
    members.addAll(fuse);
    if (members.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "Missing required option: '--model=FILE', or --fuse=FILE,FILE");
    }
    if (isOfLabels(members)) {
      evaluateLabels(members.get(0), labelsOf(members.get(0)), chosen, form);
      return;
    }
    if (multiLabel != null) {
      throw new InputException(
          "--multi-label is for models that were trained with it, and %s was not: leave it out"
              .formatted(members.get(0)));
    }
    Posteriors compared = compare == null || !group.leads() ? null : PosteriorsFile.read(compare);
    Synsets synsets = submission == null ? null : submittable(submission, members);
    Map<String, Double> roundingErrors = new LinkedHashMap<>();
    List<Posteriors> posteriors = evaluate(members, evaluation, chosen, roundingErrors);
    Posteriors fused = Posteriors.fused(posteriors);
    if (!group.leads()) {
      return; // one process reports what all have found
    }
    PassedOverImages.say(spec.commandLine().getErr(), EvaluationResult.unreadable(fused));
    if (savePosteriors != null) {
      PosteriorsFile.write(savePosteriors, fused);
    }
    String submitted =
        submission == null || synsets == null ? null : submit(submission, fused, synsets);
    if (!fused.isLabelled() && compare != null) {
      throw new InputException(
          "the classes of the images are not known, so nothing can be compared: leave out"
              + " --compare");
    }
    EvaluationResult result =
        new EvaluationResult(
            fused,
            submitted,
            roundingErrors,
            form.label(),
            compare,
            compared == null ? null : Significance.compare(fused, compared));
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? Json.of(result.asMap()) : result.asText());
  }

  /** Whether a model was trained with several labels an image; those are measured one by one. */
  private static boolean isOfLabels(List<Path> members) {
    return members.stream()
        .anyMatch(
            member ->
                !PosteriorsFile.isOne(member)
                    && Models.readWithoutArrays(member).architecture().task().isLabels());
  }

  /** The file of labels, for a model that finds labels: refuses options that are not for it. */
  private String labelsOf(Path path) {
    for (String option : List.of("--fuse", "--save-posteriors", "--compare", "--submission")) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new InputException(
            "%s is for models that name one class an image, and %s was trained with --multi-label: leave it out"
                .formatted(option, path));
      }
    }
    if (multiLabel == null) {
      throw new InputException(
          "%s was trained with --multi-label: say which classes the images show, with --multi-label FILE"
              .formatted(path));
    }
    if (!views.areDefault()) {
      throw new InputException(
          "labels are measured on the centre crop at the training scale alone: leave out --protocol"
              + " and --test-scales");
    }
    return multiLabel;
  }

  private void evaluateLabels(Path path, String labels, Device chosen, FcWeights form) {
    LabelMeasurement measurement =
        new LabelMeasurement(
            labels,
            data,
            new UnseenImages(split, heldOut, seed),
            batch.get(),
            unreadableLimit(),
            form,
            group,
            spec.commandLine().getErr(),
            quiet);
    try (Engine engine = Engines.open(chosen, threads.count())) {
      engine.requireOneDeviceEach(group.size());
      LabelResult result = measurement.of(path, engine);
      if (group.leads()) {
        PassedOverImages.say(spec.commandLine().getErr(), result.unreadable());
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? Json.of(result.asMap()) : result.asText());
        out.flush();
      }
    }
  }

  /** A submission allows no unreadable images. */
  private UnreadableLimit unreadableLimit() {
    UnreadableLimit limit = maxUnreadable.get();
    if (submission == null) {
      return limit;
    }
    if (!limit.equals(UnreadableLimit.AUTO) && !limit.equals(UnreadableLimit.NONE)) {
      throw new InputException(
          "a submission needs a line for each image, so none can be passed over: leave out"
              + " --max-unreadable");
    }
    return UnreadableLimit.NONE;
  }

  /** Returns the classes, and finds mistakes before hours are spent. */
  private Synsets submittable(Path file, List<Path> members) {
    if (split == null && compare != null) {
      throw new InputException(
          "the classes of the test images are not known, so nothing can be compared: leave out"
              + " --compare, or choose a --split");
    }
    Synsets synsets = DataSources.synsets(data);
    for (Path member : members) {
      List<String> classNames =
          PosteriorsFile.isOne(member)
              ? PosteriorsFile.read(member).classNames()
              : Models.readWithoutArrays(member)
                  .requireOneClass(member.toString(), "a submission")
                  .classNames();
      Submission.requirePossible(file, classNames, synsets);
    }
    return synsets;
  }

  /** Returns a sentence about what was written. */
  private static String submit(Path file, Posteriors posteriors, Synsets synsets) {
    List<String> unreadable = EvaluationResult.unreadable(posteriors);
    if (!unreadable.isEmpty()) {
      throw new InputException(
          "a submission needs a line for each image, and %d could not be read when the posteriors were stored (such as %s): evaluate again with all images"
              .formatted(unreadable.size(), unreadable.get(0)));
    }
    int[][] labels = new Submission(posteriors, synsets).write(file);
    int each = labels.length == 0 ? 0 : labels[0].length;
    String sentence =
        "%s: %d images, %d labels each; read again and checked"
            .formatted(file, labels.length, each);
    if (!posteriors.isLabelled()) {
      return sentence;
    }
    int wrong = 0;
    for (int n = 0; n < labels.length; n++) {
      int label = posteriors.labels()[n];
      wrong += Arrays.stream(labels[n]).noneMatch(predicted -> predicted == label) ? 1 : 0;
    }
    return String.format(
        Locale.ROOT, "%s; its labels' error is %.2f %%", sentence, 100.0 * wrong / labels.length);
  }

  /** The device is opened first: what is wrong with it is said before data are read. */
  private List<Posteriors> evaluate(
      List<Path> members,
      ModelEvaluation evaluation,
      Device chosen,
      Map<String, Double> roundingErrors) {
    List<Posteriors> posteriors = new ArrayList<>();
    if (members.stream().allMatch(PosteriorsFile::isOne)) {
      members.forEach(member -> posteriors.add(PosteriorsFile.read(member)));
      return posteriors;
    }
    try (Engine engine = Engines.open(chosen, threads.count())) {
      engine.requireOneDeviceEach(group.size());
      for (Path member : members) {
        posteriors.add(
            PosteriorsFile.isOne(member)
                ? PosteriorsFile.read(member)
                : evaluate(member, evaluation, engine, roundingErrors));
      }
    }
    return posteriors;
  }

  private Posteriors evaluate(
      Path path, ModelEvaluation evaluation, Engine engine, Map<String, Double> roundingErrors) {
    ModelEvaluation.Result result =
        evaluation.of(
            path,
            engine,
            file -> {
              Dataset dataset = dataset(file);
              evaluation.note(dataset.notes().stream().filter(noted::add).toList());
              sayTemperature(path, file);
              return dataset;
            });
    roundingErrors.putAll(result.roundingErrors());
    return result.posteriors().at(new Temperature(result.file().temperature()));
  }

  private void sayTemperature(Path path, ModelFile file) {
    if (group.leads() && file.calibration() != null && !quiet.isQuiet()) {
      spec.commandLine()
          .getErr()
          .printf(Locale.ROOT, "vgg: %s is at its temperature %.4f%n", path, file.temperature());
    }
  }

  private Dataset dataset(ModelFile file) {
    if (submission != null && split == null) {
      return DataSources.openUnlabelled(data);
    }
    return new UnseenImages(split, heldOut, seed).open(data, file.provenance());
  }
}
