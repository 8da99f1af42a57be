package org.vgg4j;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
import org.vgg4j.network.Inference;

/**
 * Describes crops by an output of the network.
 *
 * @param tap name of the output
 * @param shape of the output for one crop
 */
record TapDescription(String tap, List<Integer> shape) implements CenterCrops.Work<Descriptor> {
  /** The outputs of a network and their shapes, see {@link ImageClassifier#taps}. */
  static Map<String, List<Integer>> shapes(Architecture architecture) {
    Map<String, List<Integer>> taps = new LinkedHashMap<>();
    for (LayerShape shape : architecture.withoutBatchNorm().shapes()) {
      taps.put(
          shape.layer().tap(),
          shape.layer() instanceof Layer.FullyConnected
              ? List.of(shape.channels())
              : List.of(shape.channels(), shape.height(), shape.width()));
    }
    return taps;
  }

  /**
   * @throws InputException if the network has no such output
   */
  static TapDescription of(Architecture architecture, String tap) {
    Objects.requireNonNull(tap, "no tap: it is null, where taps() has the names");
    Map<String, List<Integer>> taps = shapes(architecture);
    List<Integer> shape = taps.get(tap);
    if (shape == null) {
      throw new InputException(
          "network %s has no output '%s': choose from %s"
              .formatted(architecture, tap, String.join(", ", taps.keySet())));
    }
    return new TapDescription(tap, shape);
  }

  @Override
  public List<Descriptor> run(Passes.Pass pass, float[] input, int count) {
    int length = shape.stream().reduce(1, Math::multiplyExact);
    Inference network = pass.inference(Set.of(tap));
    network.outputs(input, count);
    float[] values = network.tap(tap);
    network.keep(Set.of()); // the next call may want none
    return IntStream.range(0, count)
        .mapToObj(n -> Arrays.copyOfRange(values, n * length, (n + 1) * length))
        .map(own -> new Descriptor(tap, shape, own))
        .toList();
  }
}
