package org.vgg4j.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.eclipse.jetty.io.Content;
import org.junit.jupiter.api.Test;

class BodyReaderTest {
  /** A part of a body, and then no memory for the next. */
  private static final class Scarce implements Content.Source {
    private boolean begun;

    @Override
    public Content.Chunk read() {
      if (begun) {
        throw new OutOfMemoryError("as if");
      }
      begun = true;
      return Content.Chunk.from(ByteBuffer.allocate(100), false);
    }

    @Override
    public void demand(Runnable callback) {
      callback.run();
    }

    @Override
    public void fail(Throwable failure) {}
  }

  @Test
  void whereMemoryEndsNothingIsHeld() {
    ByteBudget budget = new ByteBudget(1_000_000);
    ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    try {
      Limits limits = new Limits(100_000, 1, 10_000, 10_000, 10_000);
      CompletableFuture<byte[]> body =
          new BodyReader(new Scarce(), -1, limits, budget, timers).read();
      assertThatThrownBy(body::join).hasCauseInstanceOf(OutOfMemoryError.class);
      assertThat(budget.taken()).isZero();
    } finally {
      timers.shutdown();
    }
  }
}
