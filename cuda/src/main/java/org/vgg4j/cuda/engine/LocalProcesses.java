package org.vgg4j.cuda.engine;

import java.util.Map;

/**
 * The processes of a group that run on this machine, as far as their environment says.
 *
 * @param rank number of this one among them, {@code LOCAL_RANK}; 0 if it is alone
 * @param size how many there are, {@code VGG_LOCAL_SIZE}, which {@code --nproc} sets; 1 if that is
 *     not known: a scheduler may show each process a GPU of its own
 */
record LocalProcesses(int rank, int size) {
  /** What variables say; what is not a number is reported by whoever joins the group. */
  static LocalProcesses of(Map<String, String> environment) {
    if (number(environment, "WORLD_SIZE", 1) < 2) {
      return new LocalProcesses(0, 1);
    }
    return new LocalProcesses(
        number(environment, "LOCAL_RANK", 0),
        Math.max(1, number(environment, "VGG_LOCAL_SIZE", 1)));
  }

  private static int number(Map<String, String> environment, String name, int missing) {
    String text = environment.getOrDefault(name, "").strip();
    return text.matches("\\d{1,5}") ? Integer.parseInt(text) : missing;
  }

  /** The GPU of this process, of so many, where none is named: they are taken in turn. */
  int gpu(int gpus) {
    return gpus == 0 ? 0 : rank % gpus;
  }

  /**
   * How many of these processes use this one's GPU.
   *
   * @param gpus that are taken in turn; 1 if all were told to use the same
   */
  int sharers(int gpus) {
    int number = gpu(gpus);
    return Math.max(1, (size - number + gpus - 1) / Math.max(1, gpus));
  }
}
