package org.vgg4j.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Label;
import org.vgg4j.model.Target;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.train.Initialisation;

/**
 * Measures a network with random weights on random images: the JIT compiler is warmed up first,
 * then several rounds are timed, and medians given.
 */
public final class Benchmark {
  /** The pass to measure. */
  public enum Pass {
    /** Class scores. */
    FORWARD,
    /** A training step: forward, backward, and SGD. */
    TRAIN
  }

  /**
   * The measurements.
   *
   * @param millisPerImage median of the rounds
   * @param fastest smallest of the rounds, in milliseconds per image
   * @param slowest largest of the rounds, in milliseconds per image
   * @param parts median of the parts, in milliseconds per image: by the name of a stage's output,
   *     for the forward pass; else empty
   * @param work what each part had to do for the whole batch, by the same names
   * @param scoreDifference largest difference that rounding the weights made to a class score, as a
   *     share of the largest score; 0 if they were not rounded
   */
  public record Result(
      double millisPerImage,
      double fastest,
      double slowest,
      Map<String, Double> parts,
      Map<String, Inference.Work> work,
      double scoreDifference) {}

  /**
   * Dense evaluation of square images (the paper, section 3.2).
   *
   * @param scale Q: side of the images, in pixels
   * @param batch images at a time, as many as fit the heap
   * @param share its multiply-adds as a multiple of a crop's
   * @param crop the forward pass over crops, measured alternately with it
   * @param result of one image, not counting its mirror image
   */
  public record Dense(int scale, int batch, double share, Result crop, Result result) {
    /** Time for the multiply-adds of the definition, as a multiple of a crop's. */
    public double ratio() {
      return result.millisPerImage() / crop.millisPerImage() / share;
    }
  }

  /** How long it warms up, and then measures, at least; tests are content with less. */
  private static final double SECONDS =
      Double.parseDouble(System.getProperty("vgg.bench.seconds", "4"));

  private static final int WARM_UP_ROUNDS = 5;
  private static final int ROUNDS = 7;
  private static final long SEED = 1;

  private final Engine engine;
  private final Architecture architecture;
  private final int batch;
  private final FcWeights form;
  private final Parameters parameters;
  private final float[] images;

  /**
   * @param batch images at a time
   * @param form of the weights of the fully connected layers in the forward pass; training has
   *     {@link FcWeights#FP32}
   */
  public Benchmark(Engine engine, Architecture architecture, int batch, FcWeights form) {
    this.engine = engine;
    this.architecture = architecture;
    this.batch = batch;
    this.form = form;
    this.parameters = Parameters.zeros(architecture);
    Initialisation.GLOROT.fill(parameters, SEED);
    this.images = ForwardPass.images(architecture, batch);
    for (int i = 0; i < images.length; i++) {
      images[i] = (i * 7919L) % 256 - 128; // any image will do; its values do not change the work
    }
  }

  /** Measures. */
  public Result run(Pass pass) {
    return pass == Pass.FORWARD ? forward() : train();
  }

  /**
   * Measures dense evaluation and the forward pass over crops, alternately.
   *
   * @param scale side of the images, in pixels, at least the crop
   */
  public Dense dense(int scale) {
    try (Network loaded = engine.load(parameters, form);
        DenseInference network = loaded.dense();
        Inference inference = loaded.inference(batch, Set.of())) {
      int count = network.capacity(scale, scale, batch);
      float[] whole = new float[Math.multiplyExact(count, 3 * scale * scale)];
      for (int i = 0; i < whole.length; i++) {
        whole[i] = (i * 7919L) % 256 - 128;
      }
      Rounds dense =
          new Rounds(count, () -> network.scores(whole, count, scale, scale), network::stageNanos);
      Rounds crop = forwardRounds(inference);
      measure(List.of(crop, dense));
      double share = (double) architecture.multiplyAdds(scale, scale) / architecture.multiplyAdds();
      return new Dense(scale, count, share, crop.result(Map.of(), 0), dense.result(Map.of(), 0));
    }
  }

  private Result forward() {
    double difference = form == FcWeights.FP32 ? 0 : scoreDifference();
    try (Network network = engine.load(parameters, form);
        Inference inference = network.inference(batch, Set.of())) {
      Rounds rounds = forwardRounds(inference);
      measure(List.of(rounds));
      return rounds.result(inference.work(batch), difference);
    }
  }

  private Rounds forwardRounds(Inference inference) {
    return new Rounds(batch, () -> inference.outputs(images, batch), inference::stageNanos);
  }

  private float[] scores(FcWeights weights) {
    try (Network network = engine.load(parameters, weights);
        Inference inference = network.inference(batch, Set.of())) {
      return inference.outputs(images, batch).clone();
    }
  }

  private double scoreDifference() {
    float[] exact = scores(FcWeights.FP32);
    float[] rounded = scores(form);
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < exact.length; i++) {
      largest = Math.max(largest, Math.abs(exact[i]));
      difference = Math.max(difference, Math.abs(exact[i] - rounded[i]));
    }
    return difference / largest;
  }

  private Result train() {
    int devices = engine.memory().devices();
    int share = BatchSequence.share(batch, devices);
    LearnerOptions options =
        new LearnerOptions(batch, share, 0.5, new LearnerOptions.Descent(0.9, 5e-4, true));
    int[] labels = new int[batch];
    int[] samples = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = i % architecture.classes();
      samples[i] = i;
    }
    List<Target> targets = Label.listOf(labels);
    int[] counts = new BatchSequence(batch, batch, share).microBatchesAt(0);
    List<float[]> parts = new ArrayList<>();
    for (int from = 0; from < batch; from += share) {
      int to = Math.min(batch, from + share);
      int length = images.length / batch;
      parts.add(share == batch ? images : Arrays.copyOfRange(images, from * length, to * length));
    }
    // a rate too small to change the weights
    Learner.Batch step = new Learner.Batch(counts, 1e-6);
    try (Learner learner = engine.learner(parameters, options, Exchange.ALONE)) {
      Rounds rounds =
          new Rounds(
              batch,
              () -> {
                learner.begin(step);
                for (int i = 0; i < parts.size(); i++) {
                  int from = i * share;
                  int to = from + counts[i];
                  int[] ofPart = Arrays.copyOfRange(samples, from, to);
                  learner.add(
                      parts.get(i), targets.subList(from, to), new DropoutKeys(SEED, 0, ofPart));
                }
                Learner.Result unused = learner.update();
              },
              Map::of);
      measure(List.of(rounds));
      return rounds.result(Map.of(), 0);
    }
  }

  /**
   * Warms each up, then alternates between them, so that a slow moment of the machine affects all.
   */
  private static void measure(List<Rounds> all) {
    for (Rounds rounds : all) {
      long start = System.nanoTime();
      for (int i = 0; i < WARM_UP_ROUNDS || secondsSince(start) < SECONDS; i++) {
        rounds.warmUp();
      }
    }
    long start = System.nanoTime();
    for (int i = 0; i < ROUNDS || secondsSince(start) < SECONDS * all.size(); i++) {
      all.forEach(Rounds::run);
    }
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /** The rounds of one pass. */
  private static final class Rounds {
    private final int count;
    private final Runnable pass;
    private final Supplier<Map<String, Long>> nanos;
    private final List<Double> rounds = new ArrayList<>();
    private final Map<String, List<Double>> parts = new LinkedHashMap<>();

    /**
     * @param count images of one round
     * @param pass runs one round
     * @param nanos the nanoseconds of the last round's parts; asking may take as long as a round
     */
    Rounds(int count, Runnable pass, Supplier<Map<String, Long>> nanos) {
      this.count = count;
      this.pass = pass;
      this.nanos = nanos;
    }

    void warmUp() {
      pass.run();
    }

    void run() {
      long start = System.nanoTime();
      pass.run();
      rounds.add((System.nanoTime() - start) / 1e6 / count);
      nanos
          .get()
          .forEach(
              (name, time) ->
                  parts.computeIfAbsent(name, n -> new ArrayList<>()).add(time / 1e6 / count));
    }

    Result result(Map<String, Inference.Work> work, double scoreDifference) {
      Map<String, Double> medians = new LinkedHashMap<>();
      parts.forEach((name, times) -> medians.put(name, quantile(times, 0.5)));
      return new Result(
          quantile(rounds, 0.5),
          quantile(rounds, 0),
          quantile(rounds, 1),
          medians,
          work,
          scoreDifference);
    }
  }

  private static double quantile(List<Double> values, double share) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[(int) Math.round(share * (sorted.length - 1))];
  }
}
