package org.vgg4j.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/**
 * The gradients of a batch that is worked on in several parts, by one process or by several that
 * have a share each: sums, or, of fully connected layers where that {@linkplain Factors#pay pays},
 * the factors of all parts, which are multiplied at the end. Not thread-safe.
 */
public final class BatchGradients implements GradientSink {
  private final Set<String> frozen;
  private final GradientSums sums;

  /** Of each layer for each part of each share. */
  private final Map<String, List<Factors>> factors = new LinkedHashMap<>();

  private final int partsOfShare;
  private int[] images = {};
  private int firstOwn;
  private int current;

  /**
   * @param batch images of a batch
   * @param part images of a part; the last one of a share may be smaller
   * @param shares number of processes among which a batch is divided
   * @param frozen names of layers whose gradients nobody wants
   */
  BatchGradients(
      Architecture architecture,
      int batch,
      int part,
      int shares,
      Set<String> frozen,
      Workers workers) {
    this.frozen = Set.copyOf(frozen);
    this.sums =
        new GradientSums(
            summed(architecture, batch).stream()
                .filter(shape -> !frozen.contains(shape.layer()))
                .toList(),
            workers);
    int share = (batch + shares - 1) / shares;
    this.partsOfShare = (share + part - 1) / part;
    for (Layer.FullyConnected layer : factored(architecture, batch)) {
      if (frozen.contains(layer.name())) {
        continue;
      }
      List<Factors> parts = new ArrayList<>();
      for (int i = 0; i < shares * partsOfShare; i++) {
        int most = Math.min(part, share - i % partsOfShare * part);
        parts.add(
            new Factors(
                most,
                Buffers.floats("inputs of " + layer.name(), most, layer.inFeatures()),
                Buffers.floats("gradients of " + layer.name(), most, layer.outFeatures())));
      }
      factors.put(layer.name(), parts);
    }
  }

  /** The layers whose factors are kept, from the last to the first. */
  private static List<Layer.FullyConnected> factored(Architecture architecture, int batch) {
    List<Layer.FullyConnected> layers = new ArrayList<>();
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.FullyConnected connected && Factors.pay(connected, batch)) {
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

  /** Values of the sums, if nothing is frozen. */
  public static long sumsLength(Architecture architecture, int batch) {
    return summed(architecture, batch).stream().mapToLong(ParameterShape::length).sum();
  }

  /** Values of the factors of a whole batch, if nothing is frozen. */
  public static long factorsLength(Architecture architecture, int batch) {
    return factored(architecture, batch).stream()
        .mapToLong(layer -> (long) batch * (layer.inFeatures() + layer.outFeatures()))
        .sum();
  }

  /**
   * Begins a batch.
   *
   * @param parts images of each part of the first share, then of the second and so on; a share has
   *     as many parts as that of a whole batch, of which the last may be empty
   * @param share whose parts are computed here
   */
  public void begin(int[] parts, int share) {
    images = parts.clone();
    firstOwn = share * partsOfShare;
    current = firstOwn;
  }

  /**
   * Says whose gradients follow.
   *
   * @param part number of a part of the share, from 0
   */
  public void beginPart(int part) {
    current = firstOwn + part;
  }

  @Override
  public void take(ParameterShape shape, int first, int count, float[] gradient) {
    if (frozen.contains(shape.layer())) {
      Arrays.fill(gradient, 0, count, 0f);
      return;
    }
    sums.take(shape, first, count, gradient);
  }

  @Override
  public boolean takeFactors(String layer, Factors taken) {
    if (frozen.contains(layer)) {
      return true;
    }
    List<Factors> parts = factors.get(layer);
    if (parts == null) {
      return false;
    }
    Factors place = parts.get(current);
    int count = images[current];
    if (taken.images() != count) {
      throw new IllegalStateException(
          "a part of %d images was announced, one of %d has come".formatted(count, taken.images()));
    }
    copy(taken.input(), place.input(), count, place.images());
    copy(taken.outputGradient(), place.outputGradient(), count, place.images());
    return true;
  }

  private static void copy(float[] from, float[] to, int images, int most) {
    System.arraycopy(from, 0, to, 0, to.length / most * images);
  }

  /** The sum of a parameter's gradients, not a copy. */
  public float[] sums(String parameter) {
    return sums.values(parameter);
  }

  /**
   * The factors of a layer, not copies: each part of the first share, with room for those of a
   * whole batch, then those of the second and so on; null if its gradients are summed.
   */
  public @Nullable List<Factors> factors(String layer) {
    List<Factors> parts = factors.get(layer);
    return parts == null ? null : List.copyOf(parts);
  }

  /** Number of parts of each share. */
  public int partsOfShare() {
    return partsOfShare;
  }

  /**
   * Hands the gradients of the whole batch over, and is ready for the next.
   *
   * @param training which multiplies factors
   */
  public void passTo(Training training, GradientSink sink) {
    factors.forEach(
        (layer, kept) -> {
          List<Factors> parts = new ArrayList<>();
          for (int i = 0; i < images.length; i++) {
            if (images[i] > 0) {
              parts.add(new Factors(images[i], kept.get(i).input(), kept.get(i).outputGradient()));
            }
          }
          training.multiply(layer, parts, sink);
        });
    sums.passTo(sink);
  }
}
