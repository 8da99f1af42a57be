package org.vgg4j.report;

import java.util.List;
import java.util.function.IntConsumer;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.LabelEvaluator;
import org.vgg4j.evaluate.LabelScores;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.weights.ModelFile;

/**
 * How well a model says which of several classes images show.
 *
 * @param evaluation its results
 * @param worst its most confident wrong labels, the most confident first
 */
record LabelFindings(LabelEvaluation evaluation, List<LabelScores.Mistake> worst)
    implements Findings {
  static LabelFindings of(
      ModelFile model, ForwardPass network, HostThreads threads, Dataset images, IntConsumer done) {
    LabelScores scores =
        new LabelEvaluator(threads, network, model.preprocessing(), model.classNames())
            .scores(images, done);
    return new LabelFindings(scores.evaluation(), scores.mistakes(SHOWN));
  }
}
