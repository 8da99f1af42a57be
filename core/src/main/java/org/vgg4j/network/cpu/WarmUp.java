package org.vgg4j.network.cpu;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;

/**
 * Runs the kernels on small maps until it is told to stop. Until the JIT compiler has compiled
 * them, each vector is an object and the kernels are a hundred times slower: better to get past
 * that while a core would be waiting for the model to be read than with the first image.
 */
final class WarmUp implements Runnable {
  private static final int CHANNELS = 64; // the fewest that the largest micro-kernels take
  private static final int HEIGHT = 20; // five tiles of four rows, as the micro-kernels need them
  private static final int WIDTH = 16;

  private static final long EARLY_NANOS = 3_000_000_000L;

  /** The one that began before there was work to do it during; null if none runs. */
  private static final AtomicReference<@Nullable WarmUp> EARLY = new AtomicReference<>();

  private final Kernels kernels;
  private volatile boolean stopped;

  private WarmUp(Kernels kernels) {
    this.kernels = kernels;
  }

  /** Whether there are vectors, and a processor that would otherwise be idle. */
  static boolean isWorthwhile(Kernels kernels, int threads) {
    return kernels.lanes() > 1 && threads > 1;
  }

  /** Warms up the kernels on this thread, for some seconds or until other work is done. */
  static void early(Kernels kernels) {
    WarmUp warmUp = new WarmUp(kernels);
    EARLY.set(warmUp);
    long end = System.nanoTime() + EARLY_NANOS;
    warmUp.runUntil(() -> warmUp.stopped || System.nanoTime() > end);
  }

  /** Does the work, and meanwhile warms up the kernels on a separate thread. */
  static <T> T during(Supplier<T> work, Kernels kernels) {
    WarmUp early = EARLY.getAndSet(null);
    WarmUp warmUp = early == null ? new WarmUp(kernels) : early;
    if (early == null) {
      Thread thread = new Thread(warmUp, "vgg-warm-up");
      thread.setDaemon(true);
      thread.start();
    }
    try {
      return work.get();
    } finally {
      warmUp.stopped = true;
    }
  }

  @Override
  public void run() {
    runUntil(() -> stopped);
  }

  private void runUntil(BooleanSupplier end) {
    Convolution image = kernels.convolution(shape(ConvolutionShape.IMAGE_CHANNELS));
    Convolution maps = kernels.convolution(shape(CHANNELS));
    FullyConnected connected = kernels.fullyConnected(maps.shape().pooled().imageLength(), 48);
    float[] picture = new float[ConvolutionShape.IMAGE_CHANNELS * HEIGHT * WIDTH];
    float[] map = new float[maps.shape().output().imageLength()];
    float[] other = new float[map.length];
    float[] prepared =
        new float[Math.max(image.forwardWeightsLength(), maps.forwardWeightsLength())];
    float[] filters =
        new float[CHANNELS * CHANNELS * maps.shape().kernel() * maps.shape().kernel()];
    float[] weights = new float[connected.inFeatures() * connected.outFeatures()];
    float[] bias = new float[CHANNELS];
    try (Workers alone = new Workers(1)) {
      alone.reserve(
          Math.max(maps.scratchLength(Pass.INFERENCE), image.scratchLength(Pass.INFERENCE)), 0);
      while (!end.getAsBoolean()) {
        maps.prepareForward(filters, prepared, alone);
        maps.forward(1, other, prepared, bias, true, map, alone);
        maps.forwardPooled(1, map, prepared, bias, other, null, alone);
        connected.forward(1, other, weights, bias, true, map, alone);
        image.prepareForward(filters, prepared, alone);
        image.forward(1, picture, prepared, bias, true, map, alone);
      }
    }
  }

  private static ConvolutionShape shape(int channels) {
    return new ConvolutionShape(channels, CHANNELS, 3, HEIGHT, WIDTH);
  }
}
