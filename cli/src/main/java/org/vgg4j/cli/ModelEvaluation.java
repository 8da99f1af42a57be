package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.evaluate.ProtocolEvaluator;
import org.vgg4j.network.Engine;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/**
 * How models are evaluated on images: what {@code vgg evaluate} and {@code vgg calibrate} share.
 *
 * @param command the command, as it calls itself in refusals
 * @param views options of the views
 * @param batch crops, or whole images, at a time
 * @param limit how many unreadable images may be passed over
 * @param form of the weights of the fully connected layers
 * @param group whose processes divide the images
 * @param err where notes and progress go
 * @param quiet whether there is progress
 */
record ModelEvaluation(
    String command,
    ViewOptions views,
    int batch,
    UnreadableLimit limit,
    FcWeights form,
    ProcessGroup group,
    PrintWriter err,
    QuietOption quiet) {
  /**
   * What was found.
   *
   * @param file the model, without its arrays
   * @param posteriors at temperature 1, whatever the model's own
   * @param roundingErrors of the layers whose weights are rounded, see {@link
   *     Network#roundingErrors}
   */
  record Result(ModelFile file, Posteriors posteriors, Map<String, Double> roundingErrors) {}

  /**
   * Evaluates a model.
   *
   * @param path its file
   * @param images opens the images for it
   * @throws org.vgg4j.base.InputException if the model or the images cannot be read, do not fit
   *     each other or the options, or the memory does not suffice
   */
  Result of(Path path, Engine engine, Function<ModelFile, Dataset> images) {
    ModelFile file = Models.read(path).requireOneClass(path.toString(), command);
    ProgressLine progress = quiet.line(err);
    List<Integer> scales = views.scales(file);
    ViewPlan plan = views.plan(file);
    Dataset dataset = images.apply(file);
    try (Network network = engine.load(new Parameters(file.architecture(), file.arrays()), form)) {
      file = file.withoutArrays(); // releases what was rounded before more memory is allocated
      int windows = plan.protocol() == Protocol.CENTER_CROP ? dataset.size() : batch;
      ProtocolEvaluator evaluator =
          new ProtocolEvaluator(
              engine.hostThreads(),
              network,
              file.preprocessing(),
              file.classNames(),
              path.toString(),
              plan,
              scales,
              Math.min(batch, windows));
      int share = dataset.size() / group.size();
      Posteriors posteriors =
          evaluator.run(
              dataset,
              limit,
              group,
              done -> {
                if (group.leads()) {
                  progress.show("evaluated " + done + " of " + share + " images");
                }
              });
      return new Result(file, posteriors, network.roundingErrors());
    } finally {
      progress.clear();
    }
  }

  /** Says what there is to say about the images. */
  void note(List<String> sentences) {
    if (group.leads()) {
      sentences.forEach(sentence -> err.println("vgg: " + sentence));
    }
  }
}
