package org.vgg4j.network.cpu;

import java.util.stream.Stream;

/**
 * Memory that the kernels of a stage need in a pass, in floats.
 *
 * @param prepared weights in the form of the forward kernel; 0 if it reads them as they are
 * @param scratch memory of each thread
 * @param shared memory shared by the threads
 */
record StageMemory(int prepared, int scratch, int shared) {
  static final StageMemory NONE = new StageMemory(0, 0, 0);

  /** Scratch memory only. */
  static StageMemory ofScratch(int scratch) {
    return new StageMemory(0, scratch, 0);
  }

  /** The memory that is enough for each of the stages, one at a time. */
  static StageMemory largest(Stream<StageMemory> stages) {
    return stages.reduce(NONE, StageMemory::orLarger);
  }

  private StageMemory orLarger(StageMemory other) {
    return new StageMemory(
        Math.max(prepared, other.prepared),
        Math.max(scratch, other.scratch),
        Math.max(shared, other.shared));
  }
}
