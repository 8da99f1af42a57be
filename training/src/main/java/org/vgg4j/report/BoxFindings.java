package org.vgg4j.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.BoxEvaluator;
import org.vgg4j.evaluate.BoxEvaluator.Found;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.weights.ModelFile;

/**
 * How well a model finds boxes.
 *
 * @param evaluation its results
 * @param worst the wrong boxes with the smallest overlap, the smallest first
 * @param right some that are right, spread over the data set
 */
record BoxFindings(BoxEvaluation evaluation, List<Found> worst, List<Found> right)
    implements Findings {
  /** Two rows of a wide screen: to see what the wrong ones miss. */
  private static final int RIGHT_SHOWN = 12;

  static BoxFindings of(
      RunRecord run,
      ModelFile model,
      ForwardPass network,
      HostThreads threads,
      Dataset images,
      IntConsumer done) {
    List<Found> wrong = new ArrayList<>();
    List<Found> right = new ArrayList<>();
    BoxEvaluation evaluation =
        new BoxEvaluator(
                threads,
                network,
                model.architecture(),
                model.preprocessing(),
                model.classNames(),
                BoxLoss.of(run.text("box-loss")))
            .evaluate(images, done, found -> (found.isRight() ? right : wrong).add(found));
    List<Found> worst =
        wrong.stream().sorted(Comparator.comparing(Found::overlap)).limit(SHOWN).toList();
    int shown = Math.min(RIGHT_SHOWN, right.size());
    List<Found> some =
        IntStream.range(0, shown)
            .mapToObj(i -> right.get((int) ((long) i * right.size() / shown)))
            .toList();
    return new BoxFindings(evaluation, worst, some);
  }
}
