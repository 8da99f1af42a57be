package org.vgg4j.cuda.engine;

import java.util.HashMap;
import java.util.Map;
import org.vgg4j.cuda.driver.CudaStream;

/**
 * Work that is enqueued again and again in the same way: from the second time on as a graph, with
 * one call, if the driver can. The first time assembles kernels and writes tables, which a capture
 * does not allow. Not thread-safe.
 */
final class StepGraphs implements AutoCloseable {
  /** Combinations of a micro-batch's and a batch's images that keep their graphs. */
  static final int KEPT = 16;

  private static final int PARTS = 2;

  private final CudaStream stream;
  private final DeviceTables tables;
  private final Map<Part, RepeatedWork> parts = new HashMap<>();

  /**
   * A part of a training step, which is always the same.
   *
   * @param images of the micro-batch
   * @param batch images of the whole batch
   * @param backward whether it is what follows the loss
   */
  record Part(int images, int batch, boolean backward) {}

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
   * @param work as {@link RepeatedWork#enqueue} takes it
   */
  void run(Part part, Runnable work) {
    RepeatedWork known = parts.get(part);
    if (known == null) {
      runWithoutGraph(part, work);
    } else {
      known.enqueue(stream, work);
    }
  }

  /** Enqueues a part piece by piece, whenever it comes. */
  void runWithoutGraph(Part part, Runnable work) {
    if (!parts.containsKey(part)) {
      makeRoom();
      parts.put(part, new RepeatedWork());
    }
    work.run();
  }

  /** Before work that is new: forgets all that is known, if it is much. */
  private void makeRoom() {
    if (parts.size() >= KEPT * PARTS) {
      stream.synchronize();
      close();
      tables.clear();
    }
  }

  /** How many parts are enqueued with one call. */
  int graphs() {
    return (int) parts.values().stream().filter(RepeatedWork::isGraph).count();
  }

  /** Drops the graphs; nothing of them may run any more. */
  @Override
  public void close() {
    parts.values().forEach(RepeatedWork::close);
    parts.clear();
  }
}
