package org.vgg4j.data;

import java.util.function.IntConsumer;

/** Runs independent tasks and waits for them to end. */
@FunctionalInterface
public interface ParallelFor {
  /** One task after the other, in the calling thread. */
  ParallelFor SERIAL =
      (tasks, body) -> {
        for (int task = 0; task < tasks; task++) {
          body.accept(task);
        }
      };

  /**
   * Runs the body once for each task, in any order, and returns when all have ended. What a body
   * throws is thrown to the caller.
   *
   * @param tasks number of tasks
   * @param body takes the index of a task, from 0 to tasks - 1; thread-safe
   */
  void run(int tasks, IntConsumer body);
}
