package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;

/** What happens to the gradients of a batch until the step is made. */
interface StepMaker {
  /** Begins a batch; see {@link Learner.Batch}. */
  void begin(int[] microBatches);

  /** Returns the sink for the gradients of a micro-batch, numbered from 0 in this rank's share. */
  GradientSink sink(int microBatch);

  /** Waits until the gradients of all ranks are combined. */
  void complete();

  /** Makes whatever part of the step has not been made yet. */
  void step();

  /** Returns the one that suits the options. */
  static StepMaker of(
      Architecture architecture,
      LearnerOptions options,
      Training training,
      Sgd sgd,
      Exchange exchange,
      Workers workers) {
    return options.size().collects()
        ? new Collected(architecture, options, training, sgd, exchange, workers)
        : new AtOnce(sgd);
  }

  /**
   * For a batch that is one micro-batch of the only rank: each layer is updated as soon as its
   * gradients are known, so that no memory for all of them is needed.
   */
  record AtOnce(Sgd sgd) implements StepMaker {
    @Override
    public void begin(int[] microBatches) {}

    @Override
    public GradientSink sink(int microBatch) {
      return sgd;
    }

    @Override
    public void complete() {}

    @Override
    public void step() {}
  }

  /**
   * For a batch in micro-batches, of one rank or of several, and for gradients that are clipped:
   * they are collected first.
   */
  final class Collected implements StepMaker {
    private final Training training;
    private final Sgd sgd;
    private final BatchGradients gradients;
    private final GradientExchange exchange;
    private final LearnerOptions.Descent descent;
    private final Workers workers;
    private final int rank;

    Collected(
        Architecture architecture,
        LearnerOptions options,
        Training training,
        Sgd sgd,
        Exchange exchange,
        Workers workers) {
      this.training = training;
      this.sgd = sgd;
      this.descent = options.descent();
      this.workers = workers;
      this.rank = exchange.rank();
      this.gradients =
          new BatchGradients(
              architecture,
              options.batch(),
              options.microBatch(),
              exchange.ranks(),
              options.descent().frozen(),
              workers);
      this.exchange =
          new GradientExchange(architecture, exchange, gradients, options.descent().frozen());
    }

    @Override
    public void begin(int[] microBatches) {
      gradients.begin(microBatches, rank);
      exchange.begin();
    }

    @Override
    public GradientSink sink(int microBatch) {
      gradients.beginMicroBatch(microBatch);
      return gradients;
    }

    @Override
    public void complete() {
      exchange.finish();
    }

    @Override
    public void step() {
      if (descent.clips()) {
        sgd.setGradientFactor(descent.clipFactor(gradients.norm(training, workers)));
      }
      gradients.passTo(training, sgd);
    }
  }
}
