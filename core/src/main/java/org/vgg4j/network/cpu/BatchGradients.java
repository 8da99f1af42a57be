package org.vgg4j.network.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.vgg4j.kernels.Factors;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Buffers;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;

/**
 * Collects the gradients of a batch in several micro-batches, of one process or of several that
 * have a share each, or of one micro-batch where they are clipped. They are sums, or for fully
 * connected layers, where that {@linkplain Exchange#isOfFactors pays}, the factors of all
 * micro-batches, which are multiplied at the end. Not thread-safe.
 */
final class BatchGradients implements GradientSink {
  private final Set<String> frozen;
  private final GradientSums sums;

  /** For each layer, those of each micro-batch of each share. */
  private final Map<String, List<Factors>> factors = new LinkedHashMap<>();

  private final int microBatchesOfShare;
  private int[] images = {};
  private int firstOwn;
  private int current;
  private Consumer<String> complete = layer -> {};

  /**
   * Number of values in the sums of each layer, and how many of them are yet to come from the last
   * micro-batch.
   */
  private final Map<String, Integer> lengths = new HashMap<>();

  private final Map<String, Integer> missing = new HashMap<>();

  /**
   * @param batch images of a batch
   * @param microBatch images of a micro-batch; the last one of a share may be smaller
   * @param shares number of processes among which a batch is divided
   * @param frozen names of layers whose gradients are not needed
   */
  BatchGradients(
      Architecture architecture,
      int batch,
      int microBatch,
      int shares,
      Set<String> frozen,
      Workers workers) {
    this.frozen = Set.copyOf(frozen);
    List<ParameterShape> summed =
        summed(architecture, batch).stream()
            .filter(shape -> !frozen.contains(shape.layer()))
            .toList();
    this.sums = new GradientSums(summed, workers);
    summed.forEach(shape -> lengths.merge(shape.layer(), shape.length(), Integer::sum));
    int share = (batch + shares - 1) / shares;
    this.microBatchesOfShare = (share + microBatch - 1) / microBatch;
    for (Layer.FullyConnected layer : factored(architecture, batch)) {
      if (frozen.contains(layer.name())) {
        continue;
      }
      List<Factors> places = new ArrayList<>();
      for (int i = 0; i < shares * microBatchesOfShare; i++) {
        int most = Math.min(microBatch, share - i % microBatchesOfShare * microBatch);
        places.add(
            new Factors(
                most,
                Buffers.floats("inputs of " + layer.name(), most, layer.inFeatures()),
                Buffers.floats("gradients of " + layer.name(), most, layer.outFeatures())));
      }
      factors.put(layer.name(), places);
    }
  }

  /** The layers whose factors are kept, from the last to the first. */
  private static List<Layer.FullyConnected> factored(Architecture architecture, int batch) {
    List<Layer.FullyConnected> layers = new ArrayList<>();
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.FullyConnected connected
          && Exchange.isOfFactors(connected, batch)) {
        layers.add(0, connected);
      }
    }
    return layers;
  }

  /** The parameters whose gradients are summed. */
  private static List<ParameterShape> summed(Architecture architecture, int batch) {
    List<String> factored = factored(architecture, batch).stream().map(Layer::name).toList();
    return architecture.parameters().stream()
        .filter(shape -> !factored.contains(shape.layer()))
        .toList();
  }

  /** Number of values in the sums if nothing is frozen. */
  static long sumsLength(Architecture architecture, int batch) {
    return summed(architecture, batch).stream().mapToLong(ParameterShape::length).sum();
  }

  /** Number of values in the factors of a whole batch if nothing is frozen. */
  static long factorsLength(Architecture architecture, int batch) {
    return factored(architecture, batch).stream()
        .mapToLong(layer -> (long) batch * (layer.inFeatures() + layer.outFeatures()))
        .sum();
  }

  /**
   * Registers a listener for layers whose gradients are complete as far as this process computes
   * them: during the backward pass of its last micro-batch, if it has one.
   *
   * @param listener receives names of layers
   */
  void whenComplete(Consumer<String> listener) {
    complete = listener;
  }

  /**
   * Begins a batch.
   *
   * @param microBatches images of each micro-batch, see {@link Learner.Batch}
   * @param share the share whose micro-batches are computed here
   */
  void begin(int[] microBatches, int share) {
    images = microBatches.clone();
    firstOwn = share * microBatchesOfShare;
    beginMicroBatch(0);
  }

  /**
   * Begins a micro-batch, whose gradients follow.
   *
   * @param number number of the micro-batch in the share, from 0
   */
  void beginMicroBatch(int number) {
    current = firstOwn + number;
    missing.clear();
    if (isLastOwn()) {
      missing.putAll(lengths);
    }
  }

  private boolean isLastOwn() {
    int end = Math.min(images.length, firstOwn + microBatchesOfShare);
    return current + 1 >= end || images[current + 1] == 0;
  }

  @Override
  public void take(ParameterShape shape, int first, int count, float[] gradient) {
    if (frozen.contains(shape.layer())) {
      Arrays.fill(gradient, 0, count, 0f);
      return;
    }
    sums.take(shape, first, count, gradient);
    Integer left = missing.computeIfPresent(shape.layer(), (name, values) -> values - count);
    if (left != null && left == 0) {
      complete.accept(shape.layer());
    }
  }

  @Override
  public boolean takeFactors(String layer, Factors taken) {
    if (frozen.contains(layer)) {
      return true;
    }
    List<Factors> places = factors.get(layer);
    if (places == null) {
      return false;
    }
    Factors place = places.get(current);
    int count = images[current];
    if (taken.images() != count) {
      throw new IllegalStateException(
          "a micro-batch of %d images was announced, one of %d has come"
              .formatted(count, taken.images()));
    }
    copy(taken.input(), place.input(), count, place.images());
    copy(taken.outputGradient(), place.outputGradient(), count, place.images());
    if (isLastOwn()) {
      complete.accept(layer);
    }
    return true;
  }

  private static void copy(float[] from, float[] to, int images, int most) {
    System.arraycopy(from, 0, to, 0, to.length / most * images);
  }

  /** The sum of a parameter's gradients, not a copy. */
  float[] sums(String parameter) {
    return sums.values(parameter);
  }

  /**
   * The arrays of a layer's factors, so that all shares can be brought together: lists of one array
   * for each share, of equal lengths; empty if the layer's gradients are summed.
   */
  List<List<float[]>> factors(String layer) {
    List<Factors> places = factors.getOrDefault(layer, List.of());
    List<List<float[]>> arrays = new ArrayList<>();
    for (int first = 0; first < microBatchesOfShare && !places.isEmpty(); first++) {
      List<float[]> inputs = new ArrayList<>();
      List<float[]> outputGradients = new ArrayList<>();
      for (int i = first; i < places.size(); i += microBatchesOfShare) {
        inputs.add(places.get(i).input());
        outputGradients.add(places.get(i).outputGradient());
      }
      arrays.add(inputs);
      arrays.add(outputGradients);
    }
    return arrays;
  }

  /**
   * The L2 norm of the gradient of the whole batch, over all parameters that learn: running
   * statistics do not. The order of the sum depends on the network and the batch alone.
   *
   * @param training multiplies the factors
   */
  double norm(Training training, Workers workers) {
    SquaredNorm norm = new SquaredNorm(workers);
    multiply(training, norm);
    sums.measure(norm);
    return norm.root();
  }

  /**
   * Hands over the gradients of the whole batch, and gets ready for the next.
   *
   * @param training multiplies the factors
   */
  void passTo(Training training, GradientSink sink) {
    multiply(training, sink);
    sums.passTo(sink);
  }

  private void multiply(Training training, GradientSink sink) {
    factors.forEach(
        (layer, kept) -> {
          List<Factors> places = new ArrayList<>();
          for (int i = 0; i < images.length; i++) {
            if (images[i] > 0) {
              places.add(new Factors(images[i], kept.get(i).input(), kept.get(i).outputGradient()));
            }
          }
          training.multiply(layer, places, sink);
        });
  }
}
