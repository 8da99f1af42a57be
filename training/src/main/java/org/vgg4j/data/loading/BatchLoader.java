package org.vgg4j.data.loading;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Dataset;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Target;

/**
 * Makes training batches, augmented and preprocessed, on threads of its own while training works on
 * the previous one. What a batch holds depends on its epoch and position only, never on timing.
 * Memory is bounded: two batches, and one image per thread; where samples are mixed, also a sample
 * per thread. To be used by one thread.
 */
public final class BatchLoader implements AutoCloseable {
  private static final int BUFFERS = 2;
  private static final int SECONDS_TO_END = 30;
  private static final AtomicInteger THREADS = new AtomicInteger();

  /**
   * Samples to train on. The images are overwritten after the next call of {@link #next}.
   *
   * @param epoch from 0
   * @param first position in the epoch's order of the first sample, from 0
   * @param count number of samples
   * @param images [count][3][crop][crop]; may be longer
   * @param targets what the network's outputs are compared with, [count]
   */
  public record Batch(int epoch, int first, int count, float[] images, List<Target> targets) {

    /** Copies the list. */
    public Batch {
      targets = List.copyOf(targets);
    }
  }

  private final Dataset dataset;
  private final Sampler sampler;
  private final Augmentation augmentation;
  private final Mixing mixing;

  /** Of each thread: a sample that another one is mixed with. */
  private final ThreadLocal<float[]> partners;

  private final SampleWriter writer;
  private final BatchSequence sequence;
  private final ExecutorService threads;
  private final List<Buffer> buffers = new ArrayList<>();
  private BatchSequence.MicroBatch following;
  private int taken;
  private long waitedNanos;
  private int epochOfOrder = -1;
  private int[] order = {};

  /**
   * Starts loading.
   *
   * @param dataset the training images
   * @param sampler their order, of the same size
   * @param augmentation how samples are made of them, with the same crop as the preprocessing
   * @param mixing how samples are mixed with others
   * @param preprocessing how pixels become input values
   * @param sequence in which micro-batches, for the same number of samples
   * @param epoch of the first sample, from 0
   * @param position of the first sample in its epoch, from 0
   * @param threads number of threads
   * @throws IllegalArgumentException if sizes or crops differ
   */
  public BatchLoader(
      Dataset dataset,
      Sampler sampler,
      Augmentation augmentation,
      Mixing mixing,
      Preprocessing preprocessing,
      BatchSequence sequence,
      int epoch,
      int position,
      int threads) {
    if (sampler.size() != dataset.size()
        || sequence.samples() != dataset.size()
        || augmentation.crop() != preprocessing.crop()) {
      throw new IllegalArgumentException(
          "%s, %s and %s do not fit %d images and %s"
              .formatted(sampler, sequence, augmentation, dataset.size(), preprocessing));
    }
    this.dataset = dataset;
    this.sampler = sampler;
    this.augmentation = augmentation;
    this.mixing = mixing;
    this.writer = new SampleWriter(dataset, preprocessing);
    this.sequence = sequence;
    this.threads = Executors.newFixedThreadPool(threads, BatchLoader::thread);
    this.following = sequence.from(epoch, position);
    int samples = Math.min(sequence.microBatch(), Math.min(sequence.batch(), sequence.samples()));
    int crop = preprocessing.crop();
    this.partners = ThreadLocal.withInitial(() -> new float[3 * crop * crop]);
    for (int i = 0; i < BUFFERS; i++) {
      Buffer buffer = new Buffer(samples, 3 * crop * crop);
      buffers.add(buffer);
      fill(buffer);
    }
  }

  /** Daemon threads, so that loading does not keep a failed program alive. */
  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "vgg-loader-" + THREADS.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Returns the next samples; waits if they are not ready yet.
   *
   * @throws org.vgg4j.base.InputException if an image cannot be used
   */
  public Batch next() {
    if (taken > 0) {
      fill(buffers.get((taken - 1) % BUFFERS));
    }
    Buffer buffer = buffers.get(taken % BUFFERS);
    taken++;
    long began = System.nanoTime();
    Batch batch = buffer.await();
    waitedNanos += System.nanoTime() - began;
    return batch;
  }

  /** How long {@link #next} has waited in all. */
  public long waitedNanos() {
    return waitedNanos;
  }

  private void fill(Buffer buffer) {
    BatchSequence.MicroBatch microBatch = following;
    following = sequence.after(microBatch);
    if (microBatch.epoch() != epochOfOrder) {
      order = sampler.order(microBatch.epoch());
      epochOfOrder = microBatch.epoch();
    }
    int[] orderOfEpoch = order;
    int[] keys = sampler.keys(order, microBatch.first(), microBatch.count());
    buffer.begin(microBatch);
    for (int i = 0; i < microBatch.count(); i++) {
      int n = i;
      threads.execute(() -> buffer.write(n, orderOfEpoch, microBatch.first() + n, keys[n]));
    }
  }

  /** Ends the threads; what they have loaded is lost. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      // A thread that is decoding an image finishes it first.
      threads.awaitTermination(SECONDS_TO_END, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A batch that is being filled or trained on. */
  private final class Buffer {
    private final float[] images;
    private final Target[] targets;
    private BatchSequence.MicroBatch microBatch = new BatchSequence.MicroBatch(0, 0, 0);
    private CountDownLatch missing = new CountDownLatch(0);
    private int failedSample;
    private @Nullable Throwable failure;

    Buffer(int samples, int sampleLength) {
      this.images = new float[Math.multiplyExact(samples, sampleLength)];
      this.targets = new Target[samples];
    }

    void begin(BatchSequence.MicroBatch toLoad) {
      microBatch = toLoad;
      missing = new CountDownLatch(toLoad.count());
      failedSample = Integer.MAX_VALUE;
      failure = null;
    }

    void write(int n, int[] order, int position, int key) {
      try {
        Target target = write(order[position], key, images, n);
        targets[n] = mixing.isOff() ? target : mix(n, target, order, key);
      } catch (RuntimeException | Error e) {
        fail(n, e); // thrown where the batch is asked for
      } finally {
        missing.countDown();
      }
    }

    private Target write(int index, int key, float[] to, int n) {
      SampleWriter.Cut cut =
          (image, i) -> augmentation.apply(dataset, image, microBatch.epoch(), i, key);
      Geometry geometry = writer.write(index, cut, to, n);
      return dataset.target(index, geometry);
    }

    /** Mixes the sample that was written with another one; returns the target of both. */
    private Target mix(int n, Target target, int[] order, int key) {
      Mixture mixture = mixing.draw(microBatch.epoch(), key, order.length, augmentation.crop());
      if (mixture.isPlain()) {
        return target;
      }
      float[] partner = partners.get();
      int itsKey = sampler.keys(order, mixture.partner(), 1)[0];
      Target itsTarget = write(order[mixture.partner()], itsKey, partner, 0);
      mixture.mix(images, n * partner.length, partner, augmentation.crop());
      return mixture.mix(target, itsTarget);
    }

    /** Of several failures that of the first sample counts, whichever thread is faster. */
    private synchronized void fail(int n, Throwable reason) {
      if (n < failedSample) {
        failedSample = n;
        failure = reason;
      }
    }

    Batch await() {
      try {
        missing.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for training images", e);
      }
      throwFailure();
      return new Batch(
          microBatch.epoch(),
          microBatch.first(),
          microBatch.count(),
          images,
          Arrays.asList(targets).subList(0, microBatch.count()));
    }

    private synchronized void throwFailure() {
      if (failure instanceof RuntimeException e) {
        throw e;
      }
      if (failure instanceof Error e) {
        throw e;
      }
    }
  }
}
