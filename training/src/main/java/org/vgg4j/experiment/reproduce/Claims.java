package org.vgg4j.experiment.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.vgg4j.evaluate.Significance;
import org.vgg4j.experiment.reproduce.Measurements.Subject;
import org.vgg4j.experiment.reproduce.Net.Scale;
import org.vgg4j.model.Configuration;
import org.vgg4j.views.Protocol;

/**
 * What the paper concludes, and whether it holds here: by McNemar's test on the top predictions of
 * all seeds, at a level of 5 %. The seeds share their images, so a small p says more about these
 * images than about others.
 */
final class Claims {
  private static final double LEVEL = 0.05;
  private static final String HOLDS = "holds";
  private static final String DOES_NOT = "does not hold";
  private static final String OPEN = "not significant here";

  static final List<String> HEADER =
      List.of("the paper", "here", "only the first right", "only the second right", "p", "verdict");

  private final Reproduction found;
  private final List<List<String>> rows = new ArrayList<>();

  private Claims(Reproduction found) {
    this.found = found;
  }

  static Section of(Reproduction found) {
    Claims claims = new Claims(found);
    claims.networks();
    claims.scales();
    claims.protocols();
    claims.beginnings();
    return new Section(
        "claims",
        "The paper's conclusions, one by one",
        String.format(
            Locale.ROOT,
            "McNemar's exact test on the top predictions for %d images by %d seed(s), level 5 %%."
                + " \"Only the first right\": images that only the one named first got right. That"
                + " a network is no better holds unless it is significantly better. The seeds share"
                + " their images, so that a small p says of these images more than of others.",
            found.testImages(),
            found.config().seeds()),
        HEADER,
        claims.rows);
  }

  private Subject single(String net) {
    return found.single(net);
  }

  private static String deep(Configuration configuration, Scale scale) {
    return Net.deep(configuration, scale);
  }

  private void networks() {
    String c = deep(Configuration.C, Scale.SMALL);
    String d = deep(Configuration.D, Scale.SMALL);
    String e = deep(Configuration.E, Scale.SMALL);
    noBetter(
        "local response normalisation does not help (A-LRN is no better than A)"
            + cost(Net.A_LRN, Net.A),
        single(Net.A_LRN),
        single(Net.A));
    better(
        "the error falls with depth: B (13 layers) is better than A (11)",
        single(Net.B),
        single(Net.A));
    better("D (16) is better than B (13)", single(d), single(Net.B));
    noBetter("it saturates at 19 layers: E is no better than D", single(e), single(d));
    better("more non-linearities help: C (1x1) is better than B", single(c), single(Net.B));
    better("spatial context helps: D (3x3) is better than C (1x1)", single(d), single(c));
    better("a pair of 3x3 is better than one 5x5: B than B-5x5", single(Net.B), single(Net.B_5X5));
  }

  /** The additional training time. */
  private String cost(String net, String other) {
    double more = 100 * (found.seconds(net) / found.seconds(other) - 1);
    return String.format(Locale.ROOT, "; its training took %+.0f %% time", more);
  }

  private void scales() {
    for (Configuration net : List.of(Configuration.C, Configuration.D, Configuration.E)) {
      String jitter = deep(net, Scale.JITTER);
      String fixed = deep(net, Scale.LARGE);
      better(
          "scale jitter in training is better than S = 384: " + net.label(),
          single(jitter),
          single(fixed));
    }
    for (Configuration net : List.of(Configuration.D, Configuration.E)) {
      String jitter = deep(net, Scale.JITTER);
      better(
          "several test scales are better than one: " + net.label() + " with jitter",
          found.several(jitter, Protocol.DENSE),
          single(jitter));
    }
    String d = deep(Configuration.D, Scale.SMALL);
    int far = found.config().farTestScale();
    better(
        "a test scale far from the training scale hurts: D at Q = S is better than at Q = 2 S",
        single(d),
        Subject.of(d, Protocol.DENSE, List.of(far)));
  }

  private void protocols() {
    for (Configuration net : List.of(Configuration.D, Configuration.E)) {
      String jitter = deep(net, Scale.JITTER);
      Subject dense = found.several(jitter, Protocol.DENSE);
      Subject crops = found.several(jitter, Protocol.MULTI_CROP);
      Subject both = found.several(jitter, Protocol.BOTH);
      better("multi-crop is slightly better than dense: " + net.label(), crops, dense);
      better("the two together are better than dense alone: " + net.label(), both, dense);
      better("the two together are better than multi-crop alone: " + net.label(), both, crops);
    }
    better(
        "fusion helps: D and E together are better than E alone (both protocols)",
        found.pair(Protocol.BOTH),
        found.several(deep(Configuration.E, Scale.JITTER), Protocol.BOTH));
    better(
        "two good networks do better than the competition's seven",
        found.pair(Protocol.DENSE),
        found.seven());
  }

  private void beginnings() {
    String d = deep(Configuration.D, Scale.SMALL);
    better(
        "pre-initialised networks need fewer epochs: after as many, D from A's layers is better"
            + " than from random weights",
        single(d),
        single(Net.D_RANDOM));
    Subject stalled = single(Net.D_GAUSSIAN);
    double guessing = 100 - 100.0 / found.classes();
    double error = found.measurements().errors(stalled).top1();
    better(
        String.format(
            Locale.ROOT,
            "D from small random weights (std 0.01) stalls: its error is %.1f %% (guessing: %.1f"
                + " %%), that from A's layers %.1f %%",
            error,
            guessing,
            found.measurements().errors(single(d)).top1()),
        single(d),
        stalled);
  }

  /** Claims that the first is better. */
  private void better(String claim, Subject first, Subject second) {
    Significance.Comparison compared = found.measurements().compare(first, second);
    add(claim, first, second, compared, verdict(compared));
  }

  /** Whether the first is better. */
  static String verdict(Significance.Comparison compared) {
    if (compared.probability() >= LEVEL) {
      return OPEN;
    }
    return compared.onlyFirstRight() > compared.onlySecondRight() ? HOLDS : DOES_NOT;
  }

  /** Claims that the first is no better: only a significant advantage refutes it. */
  private void noBetter(String claim, Subject first, Subject second) {
    Significance.Comparison compared = found.measurements().compare(first, second);
    boolean isBetter =
        compared.probability() < LEVEL && compared.onlyFirstRight() > compared.onlySecondRight();
    add(claim, first, second, compared, isBetter ? DOES_NOT : HOLDS);
  }

  private void add(
      String claim,
      Subject first,
      Subject second,
      Significance.Comparison compared,
      String verdict) {
    Measurements all = found.measurements();
    rows.add(row(claim, all.errors(first).top1(), all.errors(second).top1(), compared, verdict));
  }

  /** A row of the table of conclusions; errors in percent. */
  static List<String> row(
      String claim, double first, double second, Significance.Comparison compared, String verdict) {
    return List.of(
        claim,
        String.format(Locale.ROOT, "%.2f %% against %.2f %%", first, second),
        Integer.toString(compared.onlyFirstRight()),
        Integer.toString(compared.onlySecondRight()),
        String.format(Locale.ROOT, "%.2g", compared.probability()),
        verdict);
  }
}
