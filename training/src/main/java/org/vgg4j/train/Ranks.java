package org.vgg4j.train;

import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.vgg4j.base.AbortedException;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.Evaluator;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.parallel.ProcessGroup;

/** The processes that train one network, as one of them sees them. Not thread-safe. */
interface Ranks {
  /** How gradients are exchanged. */
  Exchange exchange();

  /** Asked after each step: whether training is to stop here. */
  boolean isStopped();

  /** Asked between steps: whether training is to stop here. Waits for the other ranks' answers. */
  boolean agreeToStop();

  /** Evaluates a data set; each rank takes its share, and all get the result of the whole. */
  Measurement evaluate(Evaluator evaluator, Dataset dataset);

  /**
   * Ends training if the ranks' weights differ, as different processors could make them.
   *
   * @throws AbortedException if the weights of this rank differ from those of the others
   */
  void requireSame(ParameterStore weights);

  /** Replaces values by those of rank 0. */
  void share(ParameterStore values);

  /**
   * Returns the processes of a group.
   *
   * @param stopRequested polled after each step; one rank that says yes stops all
   */
  static Ranks of(ProcessGroup group, BooleanSupplier stopRequested) {
    return group.size() == 1 ? new Alone(stopRequested) : new Several(group, stopRequested);
  }

  /** One process. */
  record Alone(BooleanSupplier stopRequested) implements Ranks {
    @Override
    public Exchange exchange() {
      return Exchange.ALONE;
    }

    @Override
    public boolean isStopped() {
      return stopRequested.getAsBoolean();
    }

    @Override
    public boolean agreeToStop() {
      return isStopped();
    }

    @Override
    public Measurement evaluate(Evaluator evaluator, Dataset dataset) {
      return evaluator.evaluate(dataset, done -> {});
    }

    @Override
    public void requireSame(ParameterStore weights) {}

    @Override
    public void share(ParameterStore values) {}
  }

  /**
   * Several processes. A request to stop travels with the sums of each step, so that all stop after
   * the same step.
   */
  final class Several implements Ranks, Exchange {
    private final ProcessGroup group;
    private final BooleanSupplier stopRequested;
    private boolean stopped;

    Several(ProcessGroup group, BooleanSupplier stopRequested) {
      this.group = group;
      this.stopRequested = stopRequested;
    }

    @Override
    public Exchange exchange() {
      return this;
    }

    @Override
    public int rank() {
      return group.rank();
    }

    @Override
    public int ranks() {
      return group.size();
    }

    @Override
    public void beginAllReduce(float[] values) {
      group.beginAllReduce(values);
    }

    @Override
    public void beginAllGather(List<float[]> arrays) {
      group.beginAllGather(arrays);
    }

    @Override
    public void awaitAll() {
      group.awaitAll();
    }

    @Override
    public void allReduce(double[] values) {
      double[] all = Arrays.copyOf(values, values.length + 1);
      all[values.length] = stopRequested.getAsBoolean() ? 1 : 0;
      group.allReduce(all);
      stopped = all[values.length] > 0;
      System.arraycopy(all, 0, values, 0, values.length);
    }

    @Override
    public boolean isStopped() {
      return stopped;
    }

    @Override
    public boolean agreeToStop() {
      allReduce(new double[0]);
      return stopped;
    }

    @Override
    public Measurement evaluate(Evaluator evaluator, Dataset dataset) {
      return evaluator.ofSums(evaluator.sums(dataset, group, done -> {}));
    }

    @Override
    public void requireSame(ParameterStore weights) {
      double own = weights.checksum();
      double[] sum = {own};
      group.allReduce(sum);
      if (sum[0] != own * group.size()) {
        throw new AbortedException(
            "the processes have arrived at different weights, which different processors or"
                + " versions of Java can cause: train on machines of one kind");
      }
    }

    @Override
    public void share(ParameterStore values) {
      for (ParameterShape shape : values.architecture().parameters()) {
        values.change(shape.name(), group::broadcast);
      }
    }
  }
}
