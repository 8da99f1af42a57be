package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Subset;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.inspect.Survey;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.LabelEvaluationJson;
import org.vgg4j.evaluate.LabelEvaluator;
import org.vgg4j.evaluate.UnseenImages;
import org.vgg4j.network.Engine;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/**
 * How {@code vgg evaluate} measures a model with several labels an image.
 *
 * @param labels the file of labels
 * @param data the images
 * @param part which of them
 * @param batch images at a time
 * @param limit how many unreadable images may be passed over
 * @param form of the weights of the fully connected layers
 * @param err where notes and progress go
 * @param quiet whether there is progress
 */
record LabelMeasurement(
    String labels,
    String data,
    UnseenImages part,
    int batch,
    UnreadableLimit limit,
    FcWeights form,
    PrintWriter err,
    QuietOption quiet) {

  /**
   * Measures a model.
   *
   * @return what to print
   * @throws org.vgg4j.base.InputException if the model or the images cannot be read, do not fit
   *     each other, or the memory does not suffice
   */
  String of(Path path, Engine engine, boolean json) {
    ModelFile file = Models.read(path);
    Dataset found = part.openLabelSets(data, labels, file.provenance());
    found.notes().forEach(note -> err.println("vgg: " + note));
    ProgressLine progress = quiet.line(err);
    try (Network network = engine.load(new Parameters(file.architecture(), file.arrays()), form)) {
      file = file.withoutArrays();
      Dataset images = readable(found, file, engine, progress);
      Inference inference = network.inference(Math.min(batch, images.size()), Set.of());
      LabelEvaluation evaluation =
          new LabelEvaluator(
                  engine.hostThreads(), inference, file.preprocessing(), file.classNames())
              .evaluate(
                  images,
                  done ->
                      progress.show("evaluated %d of %d images".formatted(done, images.size())));
      progress.clear();
      return json ? Json.of(asMap(path, images, evaluation)) : asText(path, images, evaluation);
    } finally {
      progress.clear();
    }
  }

  /** Decodes all images first, so that none of them ends the measurement. */
  private Dataset readable(Dataset found, ModelFile file, Engine engine, ProgressLine progress) {
    if (!found.mayBeUnreadable()) {
      return found;
    }
    Survey survey =
        Objects.requireNonNull(
            Survey.of(
                Split.TEST,
                found,
                file.preprocessing().scale(),
                engine.hostThreads()::parallel,
                done -> progress.show("looking at %d of %d images".formatted(done, found.size())),
                () -> false));
    progress.clear();
    List<Unreadable> unreadable = survey.unreadable();
    if (unreadable.isEmpty()) {
      return found;
    }
    limit.require(found, unreadable, "");
    err.println(
        "vgg: %s: %s"
            .formatted(Unreadable.passedOver(unreadable.size()), Unreadable.names(unreadable)));
    BitSet kept = new BitSet();
    kept.set(0, found.size());
    unreadable.forEach(one -> kept.clear(one.index()));
    return new Subset(found, found.name(), kept.stream().toArray());
  }

  private static Map<String, Object> asMap(Path path, Dataset images, LabelEvaluation evaluation) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", path.toString());
    map.put("data", images.name());
    map.putAll(LabelEvaluationJson.asMap(evaluation));
    return map;
  }

  private static String asText(Path path, Dataset images, LabelEvaluation evaluation) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s on %s, %,d image%s, centre crop:%n%nmean average precision (mAP) %s%nF1 of all"
                + " labels, at a probability of a half %s%nmean loss %.4f%n%n",
            path,
            images.name(),
            evaluation.images(),
            evaluation.images() == 1 ? "" : "s",
            percent(evaluation.meanAveragePrecision()),
            percent(evaluation.f1()),
            evaluation.meanLoss()));
    TextTable table =
        new TextTable().row("label", "shown by", "average precision", "precision", "recall", "F1");
    IntStream.range(0, evaluation.classNames().size())
        .forEach(
            k ->
                table.row(
                    evaluation.classNames().get(k),
                    evaluation.shown()[k],
                    percent(100 * evaluation.averagePrecision()[k]),
                    percent(evaluation.precision(k)),
                    percent(evaluation.recall(k)),
                    percent(evaluation.f1(k))));
    text.append(table);
    int missing = evaluation.classNames().size() - evaluation.classesShown();
    if (missing > 0) {
      text.append(
          String.format("%nLabels that no image shows do not count in the mean: %d.", missing));
    }
    return text.toString().stripTrailing();
  }

  private static String percent(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.1f %%", value);
  }
}
