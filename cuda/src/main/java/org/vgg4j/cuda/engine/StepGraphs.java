package org.vgg4j.cuda.engine;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.cuda.driver.CudaGraph;
import org.vgg4j.cuda.driver.CudaStream;

/**
 * Work that is enqueued again and again in the same way: from the second time on as a graph, with
 * one call. The first time assembles kernels and writes tables, which a capture does not allow. Not
 * thread-safe.
 */
final class StepGraphs implements AutoCloseable {
  /** Combinations of a micro-batch's and a batch's images that keep their graphs. */
  static final int KEPT = 16;

  private static final int PARTS = 2;

  private final CudaStream stream;
  private final DeviceTables tables;
  private final Map<Part, Entry> entries = new HashMap<>();

  /**
   * A part of a training step, which is always the same.
   *
   * @param images of the micro-batch
   * @param batch images of the whole batch
   * @param backward whether it is what follows the loss
   */
  record Part(int images, int batch, boolean backward) {}

  private static final class Entry {
    private @Nullable CudaGraph graph;
  }

  /**
   * @param tables that the work reads
   */
  StepGraphs(CudaStream stream, DeviceTables tables) {
    this.stream = stream;
    this.tables = tables;
  }

  /**
   * Enqueues a part.
   *
   * @param work enqueues it piece by piece, and does nothing else
   */
  void run(Part part, Runnable work) {
    Entry entry = entries.get(part);
    if (entry == null) {
      runWithoutGraph(part, work);
      return;
    }
    CudaGraph graph = entry.graph;
    if (graph == null) {
      graph = CudaGraph.capture(stream, work);
      entry.graph = graph;
    }
    graph.launch(stream);
  }

  /** Enqueues a part piece by piece, whenever it comes. */
  void runWithoutGraph(Part part, Runnable work) {
    if (!entries.containsKey(part)) {
      makeRoom();
      entries.put(part, new Entry());
    }
    work.run();
  }

  /** Before work that is new: forgets all that is known, if it is much. */
  private void makeRoom() {
    if (entries.size() >= KEPT * PARTS) {
      stream.synchronize();
      close();
      tables.clear();
    }
  }

  /** How many parts are enqueued with one call. */
  int graphs() {
    return (int) entries.values().stream().filter(entry -> entry.graph != null).count();
  }

  /** Drops the graphs; nothing of them may run any more. */
  @Override
  public void close() {
    for (Entry entry : entries.values()) {
      if (entry.graph != null) {
        entry.graph.close();
      }
    }
    entries.clear();
  }
}
