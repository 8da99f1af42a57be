package org.vgg4j.parallel;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * The group that a process belongs to, from the environment variables that schedulers set for
 * PyTorch.
 *
 * @param address of the machine of rank 0, {@code MASTER_ADDR}
 * @param port on which rank 0 listens, {@code MASTER_PORT}; nothing else may use it
 * @param rank of this process, {@code RANK}
 * @param size of the group, {@code WORLD_SIZE}
 * @param localRank number of this process on its machine, {@code LOCAL_RANK}
 * @param timeout how long a rank waits for the others
 */
public record Membership(
    String address, int port, int rank, int size, int localRank, Duration timeout) {
  private static final int PORTS = 65_535;
  private static final int DEFAULT_PORT = 29_500; // PyTorch's

  /** How long a rank waits for the others by default. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

  /**
   * Returns the membership that the environment describes; null if this process is alone.
   *
   * @throws InputException if the description is incomplete or invalid
   */
  public static @Nullable Membership of(Map<String, String> environment, Duration timeout) {
    if (environment.getOrDefault("WORLD_SIZE", "").isBlank()) {
      return null;
    }
    int size = number(environment, "WORLD_SIZE", null, 1, 1 << 16);
    if (size == 1) {
      return null;
    }
    int rank = number(environment, "RANK", null, 0, size - 1);
    String address = environment.get("MASTER_ADDR");
    if (address == null || address.isBlank()) {
      throw new InputException(
          "WORLD_SIZE is %d, but MASTER_ADDR is missing: set it to the address of the machine of rank 0"
              .formatted(size));
    }
    return new Membership(
        address.strip(),
        number(environment, "MASTER_PORT", DEFAULT_PORT, 1, PORTS),
        rank,
        size,
        number(environment, "LOCAL_RANK", 0, 0, size - 1),
        timeout);
  }

  private static int number(
      Map<String, String> environment,
      String name,
      @Nullable Integer missing,
      int least,
      int largest) {
    String text = environment.get(name);
    if (text == null && missing != null) {
      return missing;
    }
    try {
      int value = text == null ? least - 1 : Integer.parseInt(text.strip());
      if (value >= least && value <= largest) {
        return value;
      }
    } catch (NumberFormatException e) {
      // reported below, with the range
    }
    throw new InputException(
        "the variable %s is %s, but must be a number from %d to %d"
            .formatted(name, text == null ? "missing" : "'" + text + "'", least, largest));
  }
}
