package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Target;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Parameters;

/**
 * A learner on several GPUs, each of which has all weights and velocities. The micro-batches of a
 * batch go to the GPUs in turn, and their gradients are added in the order of the micro-batches; so
 * it learns, bit for bit, what one GPU learns with the same micro-batches.
 *
 * <p>Each GPU has a thread of its own, which computes a micro-batch while the caller brings the
 * next one. In a round of micro-batches, each GPU has one of them.
 */
final class CudaGroupLearner implements Learner {
  private final LearnerOptions options;
  private final MemoryPlan plan;
  private final List<TrainingDevice> devices = new ArrayList<>();
  private final List<ExecutorService> threads = new ArrayList<>();
  private final DeviceExchange exchange;

  /** What the GPUs' threads are computing: the micro-batches of the present round. */
  private final List<Future<Result>> round = new ArrayList<>();

  private Batch batch = new Batch(new int[0], 0);
  private int microBatch;
  private Result result = Result.NONE;
  private boolean closed;

  /**
   * @param copying threads that copy images
   * @param initial weights that it begins with
   * @param plan for each GPU, that was found to fit
   * @throws InputException if an option is out of range
   */
  CudaGroupLearner(
      List<Gpu> gpus,
      HostThreads copying,
      Parameters initial,
      LearnerOptions options,
      MemoryPlan plan) {
    this.options = options;
    this.plan = plan;
    try {
      for (Gpu gpu : gpus) {
        devices.add(new TrainingDevice(gpu, copying, initial, options, gpus.size()));
      }
      this.exchange = new DeviceExchange(devices, options.descent().frozen());
    } catch (RuntimeException | Error e) {
      try {
        Closing.all(devices.stream().<Runnable>map(device -> device::close).toList());
      } catch (RuntimeException | Error alsoFailed) {
        e.addSuppressed(alsoFailed);
      }
      throw e;
    }
    for (Gpu gpu : gpus) {
      String name = "cuda:" + gpu.context().device().ordinal();
      threads.add(
          Executors.newSingleThreadExecutor(
              work -> {
                Thread thread = new Thread(work, name);
                thread.setDaemon(true);
                return thread;
              }));
    }
  }

  /** What each GPU has. */
  List<TrainingDevice> devices() {
    return List.copyOf(devices);
  }

  @Override
  public void begin(Batch next) {
    awaitRound();
    batch = next;
    microBatch = 0;
    result = Result.NONE;
    devices.forEach(device -> device.descent().setRate(next.rate()));
    exchange.begin();
  }

  /** Returns once the images have been copied. */
  @Override
  public void add(float[] images, List<Target> targets, DropoutKeys keys) {
    CudaLearner.requireAnnounced(batch, microBatch, targets.size());
    int next = microBatch % devices.size();
    if (next == 0 && microBatch > 0) {
      addRound(false);
    }
    microBatch++;
    TrainingDevice device = devices.get(next);
    TrainingDevice.Loaded loaded = device.load(images, targets, keys);
    DeviceExchange.Side side = exchange.side(next);
    int ofBatch = batch.images();
    round.add(threads.get(next).submit(() -> device.learn(loaded, ofBatch, side)));
  }

  @Override
  public Result update() {
    addRound(true);
    return result;
  }

  /**
   * Waits until all GPUs know their micro-batches' losses, and lets their gradients be added.
   *
   * @param last whether the batch is complete: then the step is made
   */
  private void addRound(boolean last) {
    int count = round.size();
    awaitRound();
    if (!Double.isFinite(result.lossSum())) {
      return;
    }
    onAll(side -> side.add(count));
    if (last) {
      onAll(DeviceExchange.Side::complete);
    } else {
      exchange.next();
    }
  }

  private void awaitRound() {
    List<Future<Result>> computing = List.copyOf(round);
    round.clear();
    for (Result ofMicroBatch : await(computing)) {
      result = result.plus(ofMicroBatch);
    }
  }

  /** Lets each GPU's thread do something, and waits for all. */
  private void onAll(Consumer<DeviceExchange.Side> work) {
    IntFunction<Future<?>> start =
        number -> threads.get(number).submit(() -> work.accept(exchange.side(number)));
    List<Future<?>> working = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      working.add(start.apply(i));
    }
    List<?> unused = await(working);
  }

  /** Waits for all of them; if some failed, throws the failure of the first as it is. */
  private static <T extends @Nullable Object> List<T> await(
      List<? extends Future<? extends T>> all) {
    List<T> results = new ArrayList<>();
    @Nullable Throwable failure = null;
    boolean interrupted = false;
    for (Future<? extends T> each : all) {
      while (true) {
        try {
          results.add(each.get());
          break;
        } catch (ExecutionException e) {
          failure = failure == null ? e.getCause() : failure;
          break;
        } catch (InterruptedException e) {
          interrupted = true; // the GPU does not stop either
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure != null) {
      throw new IllegalStateException(failure);
    }
    return results;
  }

  @Override
  public int capacity() {
    return options.microBatch();
  }

  /**
   * {@inheritDoc} On the first GPU, so that it gives the same bits however many there are; without
   * dropout and with the running statistics of batch norms.
   */
  @Override
  public float[] outputs(float[] images, int count) {
    return devices.get(0).outputs(images, count);
  }

  @Override
  public float[] posteriors(float[] images, int count) {
    return Posteriors.of(weights().architecture(), outputs(images, count), count);
  }

  @Override
  public ParameterStore weights() {
    return new Store(devices.stream().map(TrainingDevice::weights).toList());
  }

  @Override
  public ParameterStore velocities() {
    return new Store(devices.stream().map(TrainingDevice::velocities).toList());
  }

  @Override
  public void average(double share) {
    devices.forEach(device -> device.average().add(share));
  }

  @Override
  public void exchangeAverage() {
    devices.forEach(device -> device.average().exchange());
  }

  @Override
  public ParameterStore averages() {
    return new Store(devices.stream().map(TrainingDevice::averages).toList());
  }

  /** What each GPU holds: read from the first, and written to all. */
  private record Store(List<DeviceStore> stores) implements ParameterStore {
    @Override
    public Architecture architecture() {
      return stores.get(0).architecture();
    }

    @Override
    public float[] values(String name) {
      return stores.get(0).values(name);
    }

    @Override
    public void change(String name, Consumer<float[]> change) {
      float[] values = values(name);
      change.accept(values);
      stores.forEach(store -> store.write(name, values));
    }
  }

  /** {@inheritDoc} Each GPU takes it. */
  @Override
  public MemoryPlan memory() {
    return plan;
  }

  /**
   * Waits for work that nobody has waited for, on all GPUs, since they read each other's memory,
   * and throws what failed in it.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    List<Runnable> steps = new ArrayList<>();
    steps.add(this::awaitRound);
    threads.forEach(thread -> steps.add(thread::shutdown));
    for (int i = 0; i < devices.size(); i++) {
      TrainingDevice device = devices.get(i);
      DeviceExchange.Side side = exchange.side(i);
      steps.add(() -> device.stream().synchronize());
      steps.add(side::synchronize);
    }
    steps.add(exchange::close);
    devices.forEach(device -> steps.add(device::close));
    Closing.all(steps);
  }
}
