package org.vgg4j.report;

import java.util.function.IntConsumer;
import org.vgg4j.data.Dataset;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.weights.ModelFile;

/** What a run's best model has shown on the validation images. */
sealed interface Findings permits ClassFindings, LabelFindings, BoxFindings {
  /** How many images of a kind the page shows: enough to fill a screen, at about 30 kB each. */
  int SHOWN = 24;

  /**
   * Measures the model.
   *
   * @param network its forward pass
   * @param done is told how many images have been measured
   */
  static Findings of(
      RunRecord run,
      ModelFile model,
      ForwardPass network,
      HostThreads threads,
      Dataset images,
      IntConsumer done) {
    return switch (model.architecture().task()) {
      case CLASSIFICATION -> ClassFindings.of(model, network, threads, images, done);
      case LABELS -> LabelFindings.of(model, network, threads, images, done);
      case SINGLE_BOX, BOX_PER_CLASS -> BoxFindings.of(run, model, network, threads, images, done);
    };
  }
}
