package org.vgg4j.cuda.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.network.Device;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Precision;

/** A whole network on the GPU: one step beside the CPU's, then how long steps and passes take. */
final class NetworkRun {
  /** Steps and passes before those that count. */
  private static final int WARM_UP = 3;

  private static final double DROPOUT = 0.5;

  private final Device device;
  private final boolean tiny;
  private final ObjectNode json;

  /**
   * @param tiny whether an emulator computes
   */
  NetworkRun(int ordinal, boolean tiny, ObjectNode json) {
    this.device = new Device("cuda", List.of(ordinal));
    this.tiny = tiny;
    this.json = json;
  }

  /** Runs all; returns how much is wrong. */
  int run() {
    int failed = 0;
    System.out.println();
    System.out.println("One training step beside the CPU's: largest difference of a gradient");
    for (Configuration configuration : List.of(Configuration.D, Configuration.A_LRN)) {
      failed += tryStep(configuration, Precision.FP32, 2e-2); // one ReLU that decides differently
      failed += tryStep(configuration, Precision.BF16, 0.5);
    }
    return failed + measureAll();
  }

  /** Measures steps and passes; returns how much is wrong. */
  int measureAll() {
    int failed = 0;
    System.out.println();
    System.out.println("Whole networks: median ms");
    for (Precision precision : List.of(Precision.BF16, Precision.FP32)) {
      failed += measure(precision);
    }
    return failed;
  }

  /** Weights of the variance that keeps signals alive, the same in every run. */
  private static Parameters weights(Architecture network) {
    Parameters parameters = Parameters.zeros(network);
    SplittableRandom random = new SplittableRandom(1);
    for (ParameterShape shape : network.parameters()) {
      float[] values = parameters.values(shape.name());
      float bound = shape.isWeight() ? (float) Math.sqrt(6.0 / shape.fanIn()) : 0f;
      for (int i = 0; i < values.length; i++) {
        values[i] = bound * random.nextInt() / (1L << 31);
      }
    }
    return parameters;
  }

  private static float[] images(Architecture network, int count) {
    float[] images = new float[Math.multiplyExact(count, 3 * network.crop() * network.crop())];
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < images.length; i++) {
      images[i] = random.nextInt() / (float) (1L << 30);
    }
    return images;
  }

  private static void step(Learner learner, Architecture network, float[] images, int count) {
    int[] labels = new int[count];
    int[] samples = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % network.classes();
      samples[i] = i;
    }
    List<Target> targets = Label.listOf(labels);
    learner.add(images, targets, new DropoutKeys(1, 0, samples));
  }

  private int tryStep(Configuration configuration, Precision precision, double allowed) {
    try {
      return step(configuration, precision, allowed);
    } catch (RuntimeException e) {
      System.out.println(
          "WRONG  " + configuration + ", " + precision.label() + ": " + e.getMessage());
      json.put("stepError " + configuration + " " + precision.label(), e.getMessage());
      return 1;
    }
  }

  private int step(Configuration configuration, Precision precision, double allowed) {
    Architecture network = new Architecture(configuration, tiny ? 0.02 : 0.25, 32, 10);
    int count = tiny ? 2 : 16;
    float[] images = images(network, count);
    Map<String, float[]> expected = gradients(Device.CPU, network, images, count);
    Map<String, float[]> actual = gradients(device.in(precision), network, images, count);
    double largest = 0;
    String where = "";
    for (Map.Entry<String, float[]> entry : expected.entrySet()) {
      double distance =
          distance(Objects.requireNonNull(actual.get(entry.getKey())), entry.getValue());
      if (!(distance <= largest)) {
        largest = distance;
        where = entry.getKey();
      }
    }
    boolean right = largest <= allowed;
    System.out.printf(
        Locale.ROOT,
        "%s  %8.2e  %8.2e  %s, %s (%s)%n",
        right ? "ok   " : "WRONG",
        largest,
        allowed,
        network,
        precision.label(),
        where);
    json.put("stepDifference " + configuration + " " + precision.label(), largest);
    return right ? 0 : 1;
  }

  private static double distance(float[] actual, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      double own = (double) actual[i] - expected[i];
      difference += own * own;
      norm += (double) expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }

  /** What a step without momentum moves by at the rate 1. */
  private static Map<String, float[]> gradients(
      Device on, Architecture network, float[] images, int count) {
    LearnerOptions options =
        new LearnerOptions(count, count, DROPOUT, new LearnerOptions.Descent(0, 0, true));
    Map<String, float[]> gradients = new LinkedHashMap<>();
    try (Engine engine = Engines.open(on, Runtime.getRuntime().availableProcessors());
        Learner learner = engine.learner(weights(network), options, Exchange.ALONE)) {
      learner.begin(new Learner.Batch(count, 1));
      step(learner, network, images, count);
      Learner.Result unused = learner.update();
      for (ParameterShape shape : network.parameters()) {
        gradients.put(shape.name(), learner.velocities().values(shape.name()).clone());
      }
    }
    return gradients;
  }

  /** A network's sizes, and how often each is measured. */
  private record Sizes(Architecture network, int batch, int rounds) {}

  private Sizes sizes() {
    return tiny
        ? new Sizes(new Architecture(Configuration.A, 0.02, 32, 10), 2, 1)
        : new Sizes(new Architecture(Configuration.D, 1, 224, 1000), 128, 15);
  }

  private int measure(Precision precision) {
    Sizes sizes = sizes();
    try (Engine engine =
        Engines.open(device.in(precision), Runtime.getRuntime().availableProcessors())) {
      String name = precision.label();
      LearnerOptions options =
          new LearnerOptions(
              sizes.batch(), sizes.batch(), DROPOUT, new LearnerOptions.Descent(0.9, 5e-4, true));
      try (Learner learner = engine.learner(weights(sizes.network()), options, Exchange.ALONE)) {
        float[] images = images(sizes.network(), sizes.batch());
        say(name + " training step", sizes.batch(), steps(learner, sizes, images));
        json.put(name + " training bytes", learner.memory().total());
        System.out.printf(
            Locale.ROOT, "%10.2f  GB of memory for it%n", learner.memory().total() / 1e9);
      }
      try (Network network = engine.load(weights(sizes.network()), FcWeights.FP32)) {
        for (int count : new int[] {sizes.batch(), 1}) {
          Inference inference = network.inference(count, Set.of());
          float[] images = images(sizes.network(), count);
          say(name + " inference", count, passes(inference, sizes, images, count));
        }
      }
      return 0;
    } catch (RuntimeException e) {
      System.out.println("WRONG  " + e.getMessage());
      json.put(precision.label() + " error", e.getMessage());
      return 1;
    }
  }

  private void say(String what, int images, double milliseconds) {
    System.out.printf(Locale.ROOT, "%10.3f  %s, %d images%n", milliseconds, what, images);
    json.put(what + " " + images, milliseconds);
  }

  private static double steps(Learner learner, Sizes sizes, float[] images) {
    List<Double> milliseconds = new ArrayList<>();
    for (int i = -WARM_UP; i < sizes.rounds(); i++) {
      long start = System.nanoTime();
      learner.begin(new Learner.Batch(sizes.batch(), 1e-6));
      step(learner, sizes.network(), images, sizes.batch());
      Learner.Result unused = learner.update();
      if (i >= 0) {
        milliseconds.add((System.nanoTime() - start) / 1e6);
      }
    }
    return median(milliseconds);
  }

  private static double passes(Inference inference, Sizes sizes, float[] images, int count) {
    List<Double> milliseconds = new ArrayList<>();
    for (int i = -WARM_UP; i < sizes.rounds(); i++) {
      long start = System.nanoTime();
      float[] unused = inference.outputs(images, count);
      if (i >= 0) {
        milliseconds.add((System.nanoTime() - start) / 1e6);
      }
    }
    return median(milliseconds);
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
