package org.vgg4j.experiment;

/**
 * Between the GPUs of one process, which copy from each other during the backward pass: each copies
 * a part of every gradient from all others, adds them up, and takes the other sums. Not measured.
 *
 * @param link between the GPUs
 * @param memory bytes per second that a GPU reads or writes in its own memory
 */
public record PeerExchange(Link link, double memory) implements GradientExchange {
  /** How GPUs reach each other. */
  public enum Link {
    /**
     * NVLink 4 with a switch, as eight H100 have it: 450 GB/s in each direction on paper. Two
     * thirds of that are assumed, since copies of a few megabytes do not fill it, and two streams
     * share it.
     */
    NVLINK(300e9),
    /** A slot of PCIe 4.0 with 16 lanes, 32 GB/s on paper; GPUs that copy directly. */
    PCIE(25e9),
    /** The same through the host's memory, where GPUs cannot reach each other: half of it. */
    HOST(12e9);

    private final double bytesPerSecond;

    Link(double bytesPerSecond) {
      this.bytesPerSecond = bytesPerSecond;
    }

    /** What one GPU receives, while it sends as much. */
    public double bytesPerSecond() {
      return bytesPerSecond;
    }
  }

  /** Seconds before a copy begins. Assumed: an event of another GPU and a call of the driver. */
  private static final double LATENCY = 1e-5;

  /**
   * Bytes of a GPU's own memory that are moved for each value beside what one GPU alone moves: the
   * gradient is written to be sent, its parts are added to sums, and read again for the step.
   */
  private static final double MOVED = 20;

  /**
   * {@inheritDoc} By layers; in truth small layers share a piece, and large ones have several.
   * Where a share has several micro-batches, the parts of all but the last are added meanwhile.
   */
  @Override
  public Cost cost(TrainingRun run, int parts, double backwardSeconds) {
    int rounds = (run.share(parts) + run.atATime(parts) - 1) / run.atATime(parts);
    double whole = run.gradients().stream().mapToDouble(TrainingRun.Gradient::multiplyAdds).sum();
    double received = 0;
    double values = 0;
    double done = 0;
    double arrived = 0;
    for (TrainingRun.Gradient gradient : run.gradients()) {
      double bytes = GradientExchange.allReduced(gradient.values(), parts);
      done += gradient.multiplyAdds();
      double ready = backwardSeconds * (done / whole);
      arrived =
          Math.max(arrived, ready) + bytes / link.bytesPerSecond() + 2 * (parts - 1) * LATENCY;
      received += bytes;
      values += gradient.values();
    }
    double bytes = received * (rounds + 1) / 2; // half of it is to add the parts
    double work = values * MOVED * rounds / memory;
    return new Cost(bytes, bytes / link.bytesPerSecond(), work, arrived - backwardSeconds);
  }
}
