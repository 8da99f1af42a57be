package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import org.vgg4j.network.Inference;

/**
 * Runs a network over images of one size after another: crops or whole images. Memory grows to what
 * the largest batch took. Not thread-safe; passes over the same weights may run beside each other.
 */
final class MapPass implements AutoCloseable {
  /** How many combinations of batch and image size keep their steps. */
  private static final int KEPT = 16;

  private final Gpu gpu;
  private final Architecture architecture;
  private final Map<String, LayerWeights> weights;
  private final Set<String> taps;
  private final String last;
  private final CudaStream stream;
  private final Layouts layouts;
  private final Map<String, Long> nanos = new LinkedHashMap<>();
  private final Map<MapShape, List<Step>> stepsOfShape = new LinkedHashMap<>();
  private ForwardMemory.Sizes sizes = ForwardMemory.Sizes.NONE;
  private @Nullable Place place;

  /** The memory that there is. */
  private record Place(Allocation allocation, ForwardMemory memory, ImageFeed feed) {
    void close() {
      feed.close();
      allocation.close();
    }
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
   * @param architecture without batch normalisation
   * @param weights of each layer that has some
   * @param taps outputs that are copied to the host
   * @param last the output with which a pass ends
   */
  MapPass(
      Gpu gpu,
      Architecture architecture,
      Map<String, LayerWeights> weights,
      Set<String> taps,
      String last) {
    this.gpu = gpu;
    this.architecture = architecture;
    this.weights = weights;
    this.taps = taps;
    this.last = last;
    this.stream = CudaStream.create(gpu.context());
    this.layouts = new Layouts(gpu.library());
  }

  private List<Step> steps(MapShape images) {
    List<Step> known = stepsOfShape.get(images);
    if (known == null) {
      if (stepsOfShape.size() >= KEPT) {
        stepsOfShape.clear();
      }
      known = Steps.of(gpu, architecture, weights, images, taps, last);
      stepsOfShape.put(images, known);
    }
    return known;
  }

  private static MapShape images(int count, int height, int width) {
    return new MapShape(count, height, width, MapShape.IMAGE_CHANNELS);
  }

  private ForwardMemory.Sizes sizes(int count, int height, int width) {
    MapShape images = images(count, height, width);
    return ForwardMemory.Sizes.of(gpu, images, steps(images), taps::contains);
  }

  /**
   * Takes memory for up to so many crops.
   *
   * @throws org.vgg4j.cuda.driver.OutOfDeviceMemoryException if there is not so much
   */
  void reserveCrops(int most) {
    Place unused = reserve(ForwardMemory.Sizes.upTo(gpu, architecture, weights, most, taps));
  }

  /** Lets the memory go. */
  void release() {
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
      ImageFeed feed = new ImageFeed(gpu, allocation, memory.input(), larger.input());
      Place there = new Place(allocation, memory, feed);
      place = there;
      sizes = larger;
      return there;
    } catch (RuntimeException | Error e) {
      allocation.close();
      throw e;
    }
  }

  /** What each step has to do, by the name of its output. */
  Map<String, Inference.Work> work(int count, int height, int width) {
    Map<String, Inference.Work> work = new LinkedHashMap<>();
    MapShape images = images(count, height, width);
    long input = gpu.precision().bytes(images.values());
    for (Step step : steps(images)) {
      long output = Steps.outputBytes(gpu, step);
      long bytes = input + step.weightBytes() + output;
      work.put(step.tap(), new Inference.Work(step.multiplyAdds(), bytes));
      input = output;
    }
    return work;
  }

  /**
   * Runs the network.
   *
   * @param images {@code [N][3][height][width]}
   * @return what is copied, by the name; class scores always are, if the pass goes so far
   */
  Map<String, Output> run(float[] images, int count, int height, int width) {
    MapShape shape = images(count, height, width);
    Place there = reserve(sizes(count, height, width));
    Map<String, Output> outputs = new LinkedHashMap<>();
    Planes x = gpu.precision().at(there.memory().images(), shape.values());
    List<Step> steps = steps(shape);
    try (Clock clock = new Clock()) {
      there.feed().copy(stream, images, shape, x);
      clock.mark();
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        long address = i % 2 == 0 ? there.memory().even() : there.memory().odd();
        Planes y = Steps.outputAt(gpu, step, address);
        step.work().run(stream, x, y, there.memory().workspace());
        clock.mark();
        if (step.scores()) {
          outputs.put(step.tap(), scores(step, there.allocation().memory(address)));
        } else if (taps.contains(step.tap())) {
          outputs.put(step.tap(), copy(there, step, y));
        }
        x = y;
      }
      stream.synchronize();
      clock.read(steps);
    }
    return outputs;
  }

  private Output copy(Place there, Step step, Planes y) {
    MapShape shape = step.output();
    long copies = there.memory().copies();
    layouts.toPlanes(stream, shape, y, step.channels(), copies);
    float[] values = new float[Math.multiplyExact(shape.pixels(), step.channels())];
    there.allocation().memory(copies).download(values);
    return new Output(
        shape.images(), step.channels(), shape.height(), shape.width(), values, false);
  }

  /** The scores of all windows. */
  private static Output scores(Step step, DeviceMemory memory) {
    MapShape shape = step.output();
    int classes = step.channels();
    float[] values = Posteriors.scores(memory, shape.pixels(), classes);
    return new Output(shape.images(), classes, shape.height(), shape.width(), values, true);
  }

  /** Nanoseconds of each step of the last pass, by the name of its output. */
  Map<String, Long> stageNanos() {
    return new LinkedHashMap<>(nanos);
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
      nanos.clear();
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
