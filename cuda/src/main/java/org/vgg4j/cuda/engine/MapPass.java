package org.vgg4j.cuda.engine;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.driver.OutOfDeviceMemoryException;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;

/**
 * Runs a network over images of one size after another: crops or whole images. Memory grows to what
 * the largest batch took. Not thread-safe; passes over the same weights may run beside each other
 * if each has host threads of its own.
 */
final class MapPass implements AutoCloseable {
  /** How many combinations of batch, image size and copies keep their steps and their graph. */
  private static final int KEPT = 16;

  private final Gpu gpu;
  private final HostThreads threads;
  private final Architecture architecture;
  private final Map<String, LayerWeights> weights;
  private final Set<String> taps;
  private Set<String> copied;
  private final String last;
  private final long mostResults;
  private final CudaStream stream;
  private final Layouts layouts;
  private final Map<String, Long> nanos = new LinkedHashMap<>();
  private final Map<Shape, Kept> keptOfShape = new LinkedHashMap<>();
  private ForwardMemory.Sizes sizes = ForwardMemory.Sizes.NONE;
  private @Nullable Place place;
  private @Nullable MapShape ran;

  /** The memory that there is. */
  private record Place(
      Allocation allocation, ForwardMemory memory, ImageFeed feed, Results results) {
    void close() {
      results.close();
      feed.close();
      allocation.close();
    }
  }

  /** Images of a number and size, and what is copied of their outputs. */
  private record Shape(MapShape images, Set<String> copied) {}

  /** What is known of these. */
  private static final class Kept {
    private final MapShape images;
    private final List<Step> steps;
    private final ForwardMemory.Sizes sizes;

    /**
     * All work of a pass that comes after the upload, for the memory that there is; null before
     * kernels have been assembled and given their shared memory, by a pass.
     */
    private @Nullable RepeatedWork repeated;

    Kept(MapShape images, List<Step> steps, ForwardMemory.Sizes sizes) {
      this.images = images;
      this.steps = steps;
      this.sizes = sizes;
    }

    void drop() {
      if (repeated != null) {
        repeated.close();
        repeated = null;
      }
    }
  }

  /** Does something with an output that is to be copied, after the work that makes it. */
  private interface Taker {
    void take(Step step, DeviceMemory memory);
  }

  /**
   * What a pass leaves.
   *
   * @param images number of images
   * @param channels of the output
   * @param height rows of the output
   * @param width columns of the output
   * @param values {@code [images][channels][height][width]}; of the class scores {@code
   *     [images][height][width][channels]}
   * @param scores whether they are class scores
   */
  record Output(int images, int channels, int height, int width, float[] values, boolean scores) {
    /** The same as {@code [images][channels][height][width]}. */
    FeatureMaps channelsFirst() {
      float[] maps = scores ? new float[values.length] : values;
      int area = height * width;
      for (int window = 0; scores && window < images * area; window++) {
        int to = window / area * channels * area + window % area;
        for (int channel = 0; channel < channels; channel++) {
          maps[to + channel * area] = values[window * channels + channel];
        }
      }
      return new FeatureMaps(images, channels, height, width, maps);
    }
  }

  /**
   * @param threads that copy images
   * @param architecture without batch normalisation
   * @param weights of each layer that has some
   * @param taps outputs that are copied to the host, at first all
   * @param last the output with which a pass ends
   */
  MapPass(
      Gpu gpu,
      HostThreads threads,
      Architecture architecture,
      Map<String, LayerWeights> weights,
      Set<String> taps,
      String last) {
    this(gpu, threads, architecture, weights, taps, last, Results.MOST);
  }

  /**
   * @param mostResults bytes that come to the host at once, at most
   */
  MapPass(
      Gpu gpu,
      HostThreads threads,
      Architecture architecture,
      Map<String, LayerWeights> weights,
      Set<String> taps,
      String last,
      long mostResults) {
    this.gpu = gpu;
    this.threads = threads;
    this.architecture = architecture;
    this.weights = weights;
    this.taps = taps;
    this.copied = taps;
    this.last = last;
    this.mostResults = mostResults;
    this.stream = CudaStream.create(gpu.context());
    this.layouts = new Layouts(gpu.library());
  }

  /** Copies only these of the taps from now on. */
  void copyOnly(Set<String> some) {
    copied = Set.copyOf(some);
  }

  private Kept kept(int count, int height, int width) {
    MapShape images = Patches.of(architecture, count, height, width);
    Shape shape = new Shape(images, copied);
    Kept known = keptOfShape.get(shape);
    if (known == null) {
      if (keptOfShape.size() >= KEPT) {
        keptOfShape.values().forEach(Kept::drop);
        keptOfShape.clear();
      }
      List<Step> steps = Steps.of(gpu, architecture, weights, images, taps, last);
      ForwardMemory.Sizes needed = ForwardMemory.Sizes.of(gpu, images, steps, copied::contains);
      known = new Kept(images, steps, needed);
      keptOfShape.put(shape, known);
    }
    return known;
  }

  /**
   * Takes memory for up to so many crops.
   *
   * @throws org.vgg4j.cuda.driver.OutOfDeviceMemoryException if there is not so much
   */
  void reserveCrops(int most) {
    Place unused = reserve(ForwardMemory.Sizes.upTo(gpu, architecture, weights, most, taps));
  }

  /** Lets the memory go, and what knows its addresses. */
  void release() {
    keptOfShape.values().forEach(Kept::drop);
    ran = null;
    nanos.clear();
    if (place != null) {
      place.close();
      place = null;
    }
    sizes = ForwardMemory.Sizes.NONE;
  }

  private Place reserve(ForwardMemory.Sizes needed) {
    ForwardMemory.Sizes larger = sizes.max(needed);
    Place there = place;
    if (there != null && larger.equals(sizes)) {
      return there;
    }
    release(); // before more is asked for
    try {
      return take(larger);
    } catch (OutOfDeviceMemoryException e) {
      return take(needed); // what earlier ones took may not fit beside
    }
  }

  private Place take(ForwardMemory.Sizes larger) {
    ImageFeed.require(larger.input());
    Allocation allocation = Allocation.on(gpu.context());
    try {
      ForwardMemory memory = larger.in(allocation);
      ImageFeed feed =
          new ImageFeed(
              gpu, threads, Patches.side(architecture), allocation, memory.input(), larger.input());
      Place there = new Place(allocation, memory, feed, results(feed, larger.results()));
      place = there;
      sizes = larger;
      return there;
    } catch (RuntimeException | Error e) {
      allocation.close();
      throw e;
    }
  }

  private Results results(ImageFeed feed, long bytes) {
    try {
      return new Results(gpu, Math.min(bytes, mostResults));
    } catch (RuntimeException | Error e) {
      feed.close();
      throw e;
    }
  }

  /** What each step has to do, by the name of its output. */
  Map<String, Inference.Work> work(int count, int height, int width) {
    Map<String, Inference.Work> work = new LinkedHashMap<>();
    Kept kept = kept(count, height, width);
    long input = gpu.precision().bytes(kept.images.values());
    for (Step step : kept.steps) {
      long output = Steps.outputBytes(gpu, step);
      long bytes = input + step.weightBytes() + output;
      work.put(step.tap(), new Inference.Work(step.multiplyAdds(), bytes));
      input = output;
    }
    return work;
  }

  /**
   * Runs the network. The work of a second pass over images of a number and size is captured, if
   * the driver can, and later ones enqueue it as a whole; the first assembles kernels, which a
   * capture does not allow.
   *
   * @param images {@code [N][3][height][width]}
   * @return what is copied, by the name; class scores always are, if the pass goes so far
   */
  Map<String, Output> run(float[] images, int count, int height, int width) {
    Kept kept = kept(count, height, width);
    Place there = reserve(kept.sizes);
    nanos.clear();
    ran = null;
    long unused = there.feed().upload(stream, images, kept.images);
    Map<String, Output> outputs = new LinkedHashMap<>();
    if (there.results().fits(kept.sizes.results())) {
      if (kept.repeated == null) {
        enqueueWithCopies(there, kept);
      } else {
        kept.repeated.enqueue(stream, () -> enqueueWithCopies(there, kept));
      }
      stream.synchronize();
      long at = 0;
      for (Step step : kept.steps) {
        if (isCopied(step)) {
          outputs.put(step.tap(), output(step, there.results().floats(at, step.copiedValues())));
          at += step.copiedValues();
        }
      }
    } else {
      enqueue(
          there,
          kept,
          (step, memory) -> {
            float[] values = there.results().await(stream, memory, step.copiedValues());
            outputs.put(step.tap(), output(step, FloatBuffer.wrap(values)));
          });
      stream.synchronize();
    }
    if (kept.repeated == null) {
      kept.repeated = new RepeatedWork();
    }
    ran = kept.images;
    return outputs;
  }

  private boolean isCopied(Step step) {
    return step.scores() || copied.contains(step.tap());
  }

  /** Enqueues all of a pass that comes after the upload. */
  private void enqueueWithCopies(Place there, Kept kept) {
    long[] at = new long[1];
    enqueue(
        there,
        kept,
        (step, memory) -> {
          there.results().copy(stream, memory, at[0], step.copiedValues());
          at[0] += step.copiedValues();
        });
  }

  private void enqueue(Place there, Kept kept, Taker taker) {
    there.feed().toPatches(stream, kept.images, map(there, kept));
    enqueueSteps(
        there,
        kept,
        (step, y) -> {
          if (step.scores()) {
            taker.take(step, there.allocation().memory(y.high()));
          } else if (copied.contains(step.tap())) {
            long copies = there.memory().copies();
            layouts.toPlanes(stream, step.output(), y, step.channels(), copies);
            taker.take(step, there.allocation().memory(copies));
          }
        });
  }

  private Planes map(Place there, Kept kept) {
    return gpu.precision().at(there.memory().images(), kept.images.values());
  }

  /**
   * Enqueues the steps, which leave the map of the images as it is.
   *
   * @param after called after each one, with its output
   */
  private void enqueueSteps(Place there, Kept kept, BiConsumer<Step, Planes> after) {
    Planes x = map(there, kept);
    for (int i = 0; i < kept.steps.size(); i++) {
      Step step = kept.steps.get(i);
      long address = i % 2 == 0 ? there.memory().even() : there.memory().odd();
      Planes y = Steps.outputAt(gpu, step, address);
      step.work().run(stream, x, y, there.memory().workspace());
      after.accept(step, y);
      x = y;
    }
  }

  private static Output output(Step step, FloatBuffer copied) {
    MapShape shape = step.output();
    float[] values;
    if (step.scores()) {
      values = Posteriors.scores(copied, shape.pixels(), step.channels());
    } else if (copied.hasArray()) {
      values = copied.array();
    } else {
      values = new float[copied.remaining()];
      copied.get(values);
    }
    return new Output(
        shape.images(), step.channels(), shape.height(), shape.width(), values, step.scores());
  }

  /**
   * Nanoseconds of each step of the last pass, by the name of its output. Nothing is measured until
   * this is called: then the steps run once more. Empty if there was no pass, or its memory was let
   * go.
   */
  Map<String, Long> stageNanos() {
    MapShape images = ran;
    Place there = place;
    if (nanos.isEmpty() && images != null && there != null) {
      Kept kept = kept(images.images(), images.height(), images.width());
      try (Clock clock = new Clock()) {
        clock.mark();
        enqueueSteps(there, kept, (step, y) -> clock.mark());
        stream.synchronize();
        clock.read(kept.steps);
      }
    }
    return new LinkedHashMap<>(nanos);
  }

  /** How many passes are enqueued as a whole. */
  int graphs() {
    return (int)
        keptOfShape.values().stream()
            .filter(kept -> kept.repeated != null && kept.repeated.isGraph())
            .count();
  }

  @Override
  public void close() {
    release();
    stream.close();
  }

  /** Measures steps on the GPU itself. */
  private final class Clock implements AutoCloseable {
    private final List<CudaEvent> marks = new ArrayList<>();

    void mark() {
      CudaEvent event = CudaEvent.create(gpu.context());
      marks.add(event);
      event.record(stream);
    }

    void read(List<Step> steps) {
      for (int i = 0; i < steps.size(); i++) {
        double millis = marks.get(i + 1).millisecondsSince(marks.get(i));
        nanos.put(steps.get(i).tap(), Math.round(millis * 1e6));
      }
    }

    @Override
    public void close() {
      marks.forEach(CudaEvent::close);
    }
  }
}
