package org.vgg4j.cuda.engine;

import java.util.List;
import java.util.concurrent.Exchanger;
import org.vgg4j.network.Exchange;

/** Two learners, each with half of a batch, as two processes have it. */
final class TwoRanks {
  private final Exchanger<Object> meeting = new Exchanger<>();

  /** Adds the arrays of both in the order of the ranks. */
  final class End implements Exchange {
    private final int rank;

    End(int rank) {
      this.rank = rank;
    }

    @Override
    public int rank() {
      return rank;
    }

    @Override
    public int ranks() {
      return 2;
    }

    private Object other(Object own) {
      try {
        return meeting.exchange(own);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void beginAllReduce(float[] values) {
      float[] theirs = (float[]) other(values.clone());
      for (int i = 0; i < values.length; i++) {
        values[i] = rank == 0 ? values[i] + theirs[i] : theirs[i] + values[i];
      }
    }

    @Override
    public void beginAllGather(List<float[]> arrays) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void awaitAll() {}

    @Override
    public void allReduce(double[] values) {
      double[] theirs = (double[]) other(values.clone());
      for (int i = 0; i < values.length; i++) {
        values[i] += theirs[i];
      }
    }
  }
}
