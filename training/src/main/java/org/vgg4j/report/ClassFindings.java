package org.vgg4j.report;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.CenterCropEvaluator;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.Prediction;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.weights.ModelFile;

/**
 * How well a model classifies.
 *
 * @param evaluation its results
 * @param worst its most confident wrong predictions, the most confident first
 */
record ClassFindings(Evaluation evaluation, List<Prediction> worst) implements Findings {
  static ClassFindings of(
      ModelFile model, ForwardPass network, HostThreads threads, Dataset images, IntConsumer done) {
    Worst worst = new Worst();
    Evaluation evaluation =
        new CenterCropEvaluator(threads, network, model.preprocessing(), model.classNames())
            .evaluate(images, done, worst);
    return new ClassFindings(evaluation, worst.inOrder());
  }

  /** Keeps the wrong predictions with the largest probabilities; among equal ones, the first. */
  private static final class Worst implements Consumer<Prediction> {
    private static final Comparator<Prediction> BY_CONFIDENCE =
        Comparator.comparing(Prediction::probability)
            .thenComparing(Comparator.comparing(Prediction::index).reversed());

    private final PriorityQueue<Prediction> kept = new PriorityQueue<>(BY_CONFIDENCE);

    @Override
    public void accept(Prediction prediction) {
      if (!prediction.isCorrect()) {
        kept.add(prediction);
        if (kept.size() > SHOWN) {
          kept.remove();
        }
      }
    }

    List<Prediction> inOrder() {
      return kept.stream().sorted(BY_CONFIDENCE.reversed()).toList();
    }
  }
}
