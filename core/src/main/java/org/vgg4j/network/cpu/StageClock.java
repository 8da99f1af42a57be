package org.vgg4j.network.cpu;

import java.util.LinkedHashMap;
import java.util.Map;

/** Measures how long the stages of the last forward pass took. */
final class StageClock {
  private final Map<String, Long> nanos = new LinkedHashMap<>();
  private long start;

  /** Forgets all, before other stages run. */
  void clear() {
    nanos.clear();
  }

  void start() {
    start = System.nanoTime();
  }

  /** Records the time since the start as a stage's. */
  void stop(Stage stage) {
    nanos.put(stage.tap(), System.nanoTime() - start);
  }

  /** Nanoseconds by the name of a stage's output, in the order of the stages. */
  Map<String, Long> times() {
    return new LinkedHashMap<>(nanos);
  }
}
