package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSources;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.evaluate.CenterCropEvaluator;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.Engine;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg evaluate}. */
@Command(
    name = "evaluate",
    description = "Measures the errors of a model on labelled images (centre crop).")
final class EvaluateCommand implements Runnable {
  private static final int MOST_CLASSES_IN_CONFUSION = 20;

  @Spec private CommandSpec spec;

  @Option(names = "--model", paramLabel = "FILE", required = true, description = Texts.MODEL)
  private Path model;

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
          "fraction held out for validation, where there is no val/ (default: the model's own, if it"
              + " was trained on this data, else 0.1)")
  private @Nullable Double heldOut;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "decides what is held out (default: the model's own, if it was trained on this data, else"
              + " 1)")
  private @Nullable Long seed;

  @Option(
      names = "--test-scales",
      paramLabel = "Q",
      description =
          "shorter side, in pixels, of a rescaled image; the centre crop takes one (default: that of"
              + " the training)")
  private @Nullable Integer testScale;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "64",
      description = "images at a time (default: ${DEFAULT-VALUE})")
  private int batch;

  @Mixin private final FcWeightsOption fcWeights = new FcWeightsOption();

  @Option(names = "--threads", paramLabel = "N", description = Texts.THREADS)
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Override
  public void run() {
    if (batch < 1) {
      throw new InputException("option batch is " + batch + " but must be at least 1");
    }
    FcWeights form = fcWeights.get();
    ModelFile file = ModelFile.read(model);
    Preprocessing preprocessing =
        testScale == null ? file.preprocessing() : file.preprocessing().withScale(testScale);
    Dataset dataset = dataset(file);
    ProgressLine progress = new ProgressLine(spec.commandLine().getErr());
    Evaluation evaluation;
    Map<String, Double> roundingErrors;
    try (Engine engine = new Engine(threads)) {
      Parameters parameters =
          engine.withFcWeights(new Parameters(file.architecture(), file.arrays()), form);
      roundingErrors = parameters.roundingErrors();
      file = file.withoutArrays(); // what was rounded is let go before more memory is asked for
      int capacity = Math.min(batch, dataset.size());
      Inference inference = engine.inference(parameters, capacity, Set.of());
      evaluation =
          new CenterCropEvaluator(engine, inference, preprocessing, file.classNames())
              .evaluate(
                  dataset,
                  done -> progress.show("evaluated " + done + " of " + dataset.size() + " images"));
    }
    progress.clear();
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        json
            ? Json.of(asMap(evaluation, dataset, preprocessing, roundingErrors))
            : text(evaluation, dataset, preprocessing, roundingErrors));
  }

  private Dataset dataset(ModelFile file) {
    Provenance provenance = file.provenance();
    Map<String, Object> trained = Map.of();
    if (provenance != null
        && DataSources.fingerprint(data).equals(provenance.datasetFingerprint())) {
      trained = provenance.configuration();
    }
    double fraction = heldOut != null ? heldOut : number(trained, "held-out", 0.1).doubleValue();
    long draw = seed != null ? seed : number(trained, "seed", 1).longValue();
    if (split == null && !trained.isEmpty()) {
      // never the images that the model has learnt
      DataSplits splits = DataSources.open(data, fraction, draw);
      Dataset test = splits.test();
      return test != null ? test : splits.validation();
    }
    return DataSources.openLabelled(data, split, fraction, draw);
  }

  private static Number number(Map<String, Object> options, String name, Number otherwise) {
    return options.get(name) instanceof Number value ? value : otherwise;
  }

  private Map<String, Object> asMap(
      Evaluation evaluation,
      Dataset dataset,
      Preprocessing preprocessing,
      Map<String, Double> roundingErrors) {
    List<Map<String, Object>> classes = new ArrayList<>();
    for (int label = 0; label < evaluation.classNames().size(); label++) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("label", evaluation.classNames().get(label));
      one.put("images", evaluation.images(label));
      boolean any = evaluation.images(label) > 0;
      one.put("top1Error", any ? evaluation.top1Error(label) : null);
      one.put("top5Error", any ? evaluation.top5Error(label) : null);
      classes.add(one);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", model.toString());
    map.put("data", dataset.name());
    map.put("protocol", "center-crop");
    map.put("testScale", preprocessing.scale());
    map.put("crop", preprocessing.crop());
    map.put("fcWeights", fcWeights.get().label());
    map.put("fcRoundingErrors", roundingErrors);
    map.put("images", evaluation.images());
    map.put("top1Error", evaluation.top1Error());
    map.put("top5Error", evaluation.top5Error());
    map.put("meanLoss", evaluation.meanLoss());
    map.put("classes", classes);
    map.put("confusion", evaluation.confusion());
    return map;
  }

  private static String text(
      Evaluation evaluation,
      Dataset dataset,
      Preprocessing preprocessing,
      Map<String, Double> roundingErrors) {
    String head =
        String.format(
            Locale.ROOT,
            "%s: %d images, centre crop of %d from Q = %d%n"
                + "top-1 error %.2f %%, top-5 error %.2f %%, mean loss %.4f%n%s%n",
            dataset.name(),
            evaluation.images(),
            preprocessing.crop(),
            preprocessing.scale(),
            evaluation.top1Error(),
            evaluation.top5Error(),
            evaluation.meanLoss(),
            roundingErrors.isEmpty() ? "" : FcWeightsOption.sentence(roundingErrors) + "\n");
    TextTable perClass = new TextTable().row("class", "images", "top-1 error", "top-5 error");
    for (int label = 0; label < evaluation.classNames().size(); label++) {
      perClass.row(
          evaluation.classNames().get(label),
          evaluation.images(label),
          percent(evaluation.top1Error(label)),
          percent(evaluation.top5Error(label)));
    }
    return head + perClass + confusion(evaluation);
  }

  private static String percent(double error) {
    return Double.isNaN(error) ? "-" : String.format(Locale.ROOT, "%.2f %%", error);
  }

  private static String confusion(Evaluation evaluation) {
    int classes = evaluation.classNames().size();
    if (classes > MOST_CLASSES_IN_CONFUSION) {
      return "\nThe confusion matrix of " + classes + " classes is in --json.\n";
    }
    List<Object> header = new ArrayList<>(List.of("is \\ taken for"));
    for (int label = 0; label < classes; label++) {
      header.add(label);
    }
    TextTable table = new TextTable().row(header.toArray());
    for (int label = 0; label < classes; label++) {
      List<Object> row = new ArrayList<>();
      row.add(label + " " + evaluation.classNames().get(label));
      for (int count : evaluation.confusion()[label]) {
        row.add(count);
      }
      table.row(row.toArray());
    }
    return "\n" + table;
  }
}
