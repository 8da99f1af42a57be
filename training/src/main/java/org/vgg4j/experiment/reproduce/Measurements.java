package org.vgg4j.experiment.reproduce;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.evaluate.Significance;
import org.vgg4j.model.Architecture;
import org.vgg4j.views.Protocol;

/**
 * The posteriors of all networks, by seed, protocol and single test scale. Posteriors over several
 * scales and protocols are means of these (the paper, section 3.2). Not thread-safe.
 */
final class Measurements {
  /**
   * One evaluation of a network on the test images.
   *
   * @param seed from 1
   * @param net name of the network
   * @param protocol {@link Protocol#DENSE} or {@link Protocol#MULTI_CROP}
   * @param scale Q, in pixels
   */
  record Key(int seed, String net, Protocol protocol, int scale) {}

  /**
   * What is measured: a network, or the fusion of several.
   *
   * @param nets names of the networks, whose posteriors are averaged
   * @param protocol dense, multi-crop or both
   * @param scales Q for each network, in pixels
   */
  record Subject(List<String> nets, Protocol protocol, List<List<Integer>> scales) {
    static Subject of(String net, Protocol protocol, List<Integer> scales) {
      return new Subject(List.of(net), protocol, List.of(scales));
    }
  }

  /**
   * Errors in percent, the mean over the seeds.
   *
   * @param top1 of the top prediction
   * @param top5 of the top five
   * @param low lower end of the 95 % interval of top1 for as many images as one seed has
   * @param high upper end of it
   * @param maps smallest and largest class score map
   */
  record Errors(double top1, double top5, double low, double high, String maps) {}

  private final int seeds;
  private final Map<String, Architecture> architectures = new HashMap<>();
  private final Map<Key, Posteriors> posteriors = new HashMap<>();

  Measurements(int seeds) {
    this.seeds = seeds;
  }

  void put(Key key, Posteriors measured) {
    posteriors.put(key, measured);
  }

  void put(String net, Architecture architecture) {
    architectures.put(net, architecture);
  }

  Architecture architecture(String net) {
    Architecture architecture = architectures.get(net);
    if (architecture == null) {
      throw new IllegalArgumentException("no network " + net);
    }
    return architecture;
  }

  /** Posteriors of a subject for one seed. */
  Posteriors posteriors(int seed, Subject subject) {
    List<Posteriors> nets = new ArrayList<>();
    for (int i = 0; i < subject.nets().size(); i++) {
      List<Posteriors> looks = new ArrayList<>();
      for (int scale : subject.scales().get(i)) {
        for (Protocol protocol : single(subject.protocol())) {
          Key key = new Key(seed, subject.nets().get(i), protocol, scale);
          Posteriors found = posteriors.get(key);
          if (found == null) {
            throw new IllegalArgumentException("not measured: " + key);
          }
          looks.add(found);
        }
      }
      nets.add(Posteriors.fused(looks));
    }
    return Posteriors.fused(nets);
  }

  private static List<Protocol> single(Protocol protocol) {
    return protocol == Protocol.BOTH
        ? List.of(Protocol.DENSE, Protocol.MULTI_CROP)
        : List.of(protocol);
  }

  Errors errors(Subject subject) {
    double top1 = 0;
    double top5 = 0;
    int images = 1;
    String maps = "";
    for (int seed = 1; seed <= seeds; seed++) {
      Posteriors measured = posteriors(seed, subject);
      Evaluation evaluation = measured.evaluation();
      top1 += evaluation.top1Error() / seeds;
      top5 += evaluation.top5Error() / seeds;
      images = evaluation.images();
      maps = maps(measured);
    }
    Significance.Interval interval =
        Significance.wilson((int) Math.round(top1 / 100 * images), images);
    return new Errors(top1, top5, interval.low(), interval.high(), maps);
  }

  private static String maps(Posteriors measured) {
    List<String> maps = new ArrayList<>();
    for (Posteriors.About about : measured.about()) {
      for (String map : List.of(about.smallestMap(), about.largestMap())) {
        if (about.protocol() == Protocol.DENSE && !maps.contains(map)) {
          maps.add(map);
        }
      }
    }
    return maps.isEmpty() ? "crops" : String.join(", ", maps);
  }

  /** Compares top predictions on the same images, over all seeds. */
  Significance.Comparison compare(Subject first, Subject second) {
    int onlyFirst = 0;
    int onlySecond = 0;
    for (int seed = 1; seed <= seeds; seed++) {
      Significance.Comparison one =
          Significance.compare(posteriors(seed, first), posteriors(seed, second));
      onlyFirst += one.onlyFirstRight();
      onlySecond += one.onlySecondRight();
    }
    return new Significance.Comparison(
        onlyFirst, onlySecond, Significance.mcNemar(onlyFirst, onlySecond));
  }
}
