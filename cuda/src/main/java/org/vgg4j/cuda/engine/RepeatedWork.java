package org.vgg4j.cuda.engine;

import org.jspecify.annotations.Nullable;
import org.vgg4j.cuda.driver.CudaGraph;
import org.vgg4j.cuda.driver.CudaStream;

/**
 * Work that is enqueued in the same way again and again: as a graph, with one call. Where the
 * driver does not capture it, it is enqueued piece by piece, and after some tries always so. Not
 * thread-safe.
 */
final class RepeatedWork implements AutoCloseable {
  /** Another library in this process may end a capture by chance, but hardly always. */
  static final int TRIES = 3;

  private @Nullable CudaGraph graph;
  private int failed;

  /**
   * Enqueues it.
   *
   * @param work enqueues it piece by piece, and does nothing else: it may be called a second time,
   *     after a capture that failed, or not at all
   */
  void enqueue(CudaStream stream, Runnable work) {
    if (graph == null && failed < TRIES) {
      graph = CudaGraph.tryToCapture(stream, work);
      failed += graph == null ? 1 : 0;
    }
    if (graph == null) {
      work.run();
    } else {
      graph.launch(stream);
    }
  }

  /** Whether one call enqueues it. */
  boolean isGraph() {
    return graph != null;
  }

  /** Drops the graph, which must not run any more. */
  @Override
  public void close() {
    if (graph != null) {
      graph.close();
      graph = null;
    }
  }
}
