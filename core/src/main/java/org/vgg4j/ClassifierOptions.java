package org.vgg4j;

import java.util.Objects;
import org.vgg4j.base.InputException;
import org.vgg4j.network.Device;
import org.vgg4j.network.FcWeights;

/**
 * How an {@link ImageClassifier} or {@link ImageEmbedder} uses the machine. Except for {@link
 * #fcWeights}, no option changes a result by more than rounding.
 *
 * @param device where networks are computed, as {@code --device} takes it: cpu; auto, the best that
 *     can be used; or one for which vgg4j's module is on the class path
 * @param threads number of compute threads, callers' threads included, at least 1. A single call
 *     uses all of them; concurrent calls share them, and each has at least its own
 * @param passes how many single-image calls run concurrently, each in a forward pass with memory of
 *     its own; further ones wait for their turn. {@link #AUTO}: as many as threads, or fewer where
 *     the heap has no room for them. An embedder always has one
 * @param batch batch size for calls with several images, at least 1; where the memory has no room
 *     for so many, fewer are computed at a time; but two passes or more are refused that have no
 *     room beside a batch of this size
 * @param fcWeights how the weights of the fully connected layers are held
 */
public record ClassifierOptions(
    String device, int threads, int passes, int batch, FcWeights fcWeights) {
  /** The number of passes that threads and heap suggest. */
  public static final int AUTO = 0;

  private static final int BATCH = 16;

  /**
   * @throws InputException if a number is out of its range
   */
  public ClassifierOptions {
    Objects.requireNonNull(device, "no device: auto takes the best that can be used");
    Objects.requireNonNull(
        fcWeights, "no form of the weights: FcWeights.FP32 leaves them as they are");
    require("threads", threads, 1);
    require("passes", passes, AUTO);
    require("batch", batch, 1);
  }

  private static void require(String option, int value, int least) {
    if (value < least) {
      throw new InputException(
          "option %s is %d but must be at least %d".formatted(option, value, least));
    }
  }

  /** All processors, as many passes, batches of 16, and the weights as they are. */
  public static ClassifierOptions defaults() {
    return new ClassifierOptions(
        Device.CPU.text(), Runtime.getRuntime().availableProcessors(), AUTO, BATCH, FcWeights.FP32);
  }

  /** The same on another device. */
  public ClassifierOptions withDevice(String name) {
    return new ClassifierOptions(name, threads, passes, batch, fcWeights);
  }

  /** The same with another number of threads. */
  public ClassifierOptions withThreads(int number) {
    return new ClassifierOptions(device, number, passes, batch, fcWeights);
  }

  /** The same with another number of passes. */
  public ClassifierOptions withPasses(int number) {
    return new ClassifierOptions(device, threads, number, batch, fcWeights);
  }

  /** The same with batches of another size. */
  public ClassifierOptions withBatch(int images) {
    return new ClassifierOptions(device, threads, passes, images, fcWeights);
  }

  /** The same with another form of the weights of the fully connected layers. */
  public ClassifierOptions withFcWeights(FcWeights form) {
    return new ClassifierOptions(device, threads, passes, batch, form);
  }
}
