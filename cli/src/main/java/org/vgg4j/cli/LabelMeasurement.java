package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.LabelEvaluator;
import org.vgg4j.evaluate.ReadableImages;
import org.vgg4j.evaluate.UnseenImages;
import org.vgg4j.network.Engine;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.parallel.ProcessGroup;
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
 * @param group whose processes divide the images
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
    ProcessGroup group,
    PrintWriter err,
    QuietOption quiet) {

  /**
   * Measures a model; all processes of the group get the result.
   *
   * @throws org.vgg4j.base.InputException if the model or the images cannot be read, do not fit
   *     each other, or the memory does not suffice
   */
  LabelResult of(Path path, Engine engine) {
    ModelFile file = Models.read(path);
    Dataset found = part.openLabelSets(data, labels, file.provenance());
    if (group.leads()) {
      found.notes().forEach(note -> err.println("vgg: " + note));
    }
    ProgressLine progress = quiet.line(err);
    try (Network network = engine.load(new Parameters(file.architecture(), file.arrays()), form)) {
      file = file.withoutArrays();
      int share = found.size() / group.size();
      ReadableImages readable =
          ReadableImages.of( // first, so that none of them ends the measurement
              found,
              file.preprocessing().scale(),
              engine.hostThreads(),
              limit,
              group,
              done -> show(progress, "looking at %d of %d images", done, share));
      Dataset images = readable.images();
      Inference inference = network.inference(Math.min(batch, images.size()), Set.of());
      LabelEvaluator evaluator =
          new LabelEvaluator(
              engine.hostThreads(), inference, file.preprocessing(), file.classNames());
      LabelEvaluation evaluation =
          evaluator.ofSums(
              evaluator.sums(
                  images, group, done -> show(progress, "evaluated %d of %d images", done, share)));
      progress.clear();
      noteUnmeasured(evaluation);
      return new LabelResult(
          path,
          images.name(),
          evaluation,
          readable.unreadable(),
          network.roundingErrors(),
          form.label());
    } finally {
      progress.clear();
    }
  }

  private void show(ProgressLine progress, String text, int done, int all) {
    if (group.leads()) {
      progress.show(text.formatted(done, all));
    }
  }

  /** Says which of the model's labels the file says nothing about. */
  private void noteUnmeasured(LabelEvaluation evaluation) {
    List<String> unmeasured =
        IntStream.range(0, evaluation.classNames().size())
            .filter(k -> evaluation.known()[k] == 0)
            .mapToObj(evaluation.classNames()::get)
            .toList();
    if (group.leads() && !unmeasured.isEmpty()) {
      err.printf(
          "vgg: %d of the model's %d labels are not measured, since %s does not say which images"
              + " show them, such as %s%n",
          unmeasured.size(), evaluation.classNames().size(), labels, unmeasured.get(0));
      err.flush();
    }
  }
}
