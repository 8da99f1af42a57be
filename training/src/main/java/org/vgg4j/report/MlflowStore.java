package org.vgg4j.report;

import java.util.Map;

/**
 * Where MLflow keeps runs: a server, or a folder. Every method throws an {@link
 * org.vgg4j.base.InputException} if that cannot be reached or written. Not thread-safe.
 */
interface MlflowStore {
  /** How a run stands; the numbers are those of MLflow's files. */
  enum Status {
    RUNNING(1),
    FINISHED(3),
    FAILED(4),
    KILLED(5);

    private final int number;

    Status(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  /**
   * Begins a run.
   *
   * @param experiment name of the experiment, which is made if it is not there
   * @param name of the run, for people
   * @param millis when it began, since 1970
   * @param tags by name
   * @return its id
   */
  String begin(String experiment, String name, long millis, Map<String, String> tags);

  /**
   * Adds to a run.
   *
   * @param parameters what it was asked to do, each once in a run's life
   * @param metrics finite numbers
   * @param millis when they were measured, since 1970
   * @param step to which they belong
   */
  void log(
      String run,
      Map<String, String> parameters,
      Map<String, Double> metrics,
      long millis,
      long step);

  /**
   * Says how a run stands.
   *
   * @param millis now, since 1970
   */
  void mark(String run, Status status, long millis);
}
