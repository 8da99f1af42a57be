package org.vgg4j.experiment.reproduce;

import java.util.List;
import org.vgg4j.experiment.reproduce.Net.Scale;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Task;

/**
 * The errors that the paper reports on ILSVRC-2012's validation images, in percent (Simonyan and
 * Zisserman 2015, Tables 3 to 10), and its figures on smaller data sets (Tables 11 and 12).
 */
final class PaperTables {
  /**
   * A row of Table 3 or 4.
   *
   * @param net name of our network in its place
   * @param label the paper's name
   * @param scale S
   * @param testScales Q, as the paper writes it
   * @param top1 error in percent
   * @param top5 error in percent
   */
  record Row(String net, String label, Scale scale, String testScales, double top1, double top5) {}

  /**
   * A row of Table 5.
   *
   * @param protocol as the paper calls it
   */
  record Crops(String net, String label, String protocol, double top1, double top5) {}

  /** A row of Table 6 or 7, as the paper writes it. */
  record Fusion(String what, String top1, String top5, String testTop5) {}

  /**
   * A row of Table 8, 9 or 10, as the paper writes it: localisation errors.
   *
   * @param what network, scales or group
   * @param validation error on the validation images; "-" if not reported
   * @param test error on the test images
   */
  record Boxes(String what, String validation, String test) {}

  /**
   * A row of Table 11: mean average precision or mean class recall in percent, as the paper writes
   * it.
   */
  record Features(
      String method, String voc2007, String voc2012, String caltech101, String caltech256) {}

  /** A row of Table 12: mean average precision in percent, as the paper writes it. */
  record Actions(String method, String figure) {}

  private PaperTables() {}

  private static Row row(
      Configuration configuration, Scale scale, String q, double top1, double top5) {
    boolean deep =
        List.of(Configuration.C, Configuration.D, Configuration.E).contains(configuration);
    String net = deep ? Net.deep(configuration, scale) : configuration.label();
    return new Row(net, configuration.label(), scale, q, top1, top5);
  }

  /** One test scale, dense. */
  static List<Row> table3() {
    return List.of(
        row(Configuration.A, Scale.SMALL, "256", 29.6, 10.4),
        row(Configuration.A_LRN, Scale.SMALL, "256", 29.7, 10.5),
        row(Configuration.B, Scale.SMALL, "256", 28.7, 9.9),
        row(Configuration.C, Scale.SMALL, "256", 28.1, 9.4),
        row(Configuration.C, Scale.LARGE, "384", 28.1, 9.3),
        row(Configuration.C, Scale.JITTER, "384", 27.3, 8.8),
        row(Configuration.D, Scale.SMALL, "256", 27.0, 8.8),
        row(Configuration.D, Scale.LARGE, "384", 26.8, 8.7),
        row(Configuration.D, Scale.JITTER, "384", 25.6, 8.1),
        row(Configuration.E, Scale.SMALL, "256", 27.3, 9.0),
        row(Configuration.E, Scale.LARGE, "384", 26.9, 8.7),
        row(Configuration.E, Scale.JITTER, "384", 25.5, 8.0));
  }

  /** Several test scales, dense. */
  static List<Row> table4() {
    return List.of(
        row(Configuration.B, Scale.SMALL, "224,256,288", 28.2, 9.6),
        row(Configuration.C, Scale.SMALL, "224,256,288", 27.7, 9.2),
        row(Configuration.C, Scale.LARGE, "352,384,416", 27.8, 9.2),
        row(Configuration.C, Scale.JITTER, "256,384,512", 26.3, 8.2),
        row(Configuration.D, Scale.SMALL, "224,256,288", 26.6, 8.6),
        row(Configuration.D, Scale.LARGE, "352,384,416", 26.5, 8.6),
        row(Configuration.D, Scale.JITTER, "256,384,512", 24.8, 7.5),
        row(Configuration.E, Scale.SMALL, "224,256,288", 26.9, 8.7),
        row(Configuration.E, Scale.LARGE, "352,384,416", 26.7, 8.6),
        row(Configuration.E, Scale.JITTER, "256,384,512", 24.8, 7.5));
  }

  /** Dense and multi-crop evaluation. */
  static List<Crops> table5() {
    String d = Net.deep(Configuration.D, Scale.JITTER);
    String e = Net.deep(Configuration.E, Scale.JITTER);
    return List.of(
        new Crops(d, "D", "dense", 24.8, 7.5),
        new Crops(d, "D", "multi-crop", 24.6, 7.5),
        new Crops(d, "D", "multi-crop & dense", 24.4, 7.2),
        new Crops(e, "E", "dense", 24.8, 7.5),
        new Crops(e, "E", "multi-crop", 24.6, 7.4),
        new Crops(e, "E", "multi-crop & dense", 24.4, 7.1));
  }

  /** Fusion of networks. */
  static List<Fusion> table6() {
    return List.of(
        new Fusion("seven networks of the competition, dense", "24.7", "7.5", "7.3"),
        new Fusion("D and E with jitter, dense", "24.0", "7.1", "7.0"),
        new Fusion("D and E with jitter, multi-crop", "23.9", "7.2", "-"),
        new Fusion("D and E with jitter, multi-crop & dense", "23.7", "6.8", "6.8"));
  }

  /** Comparison with other groups, without outside data. */
  static List<Fusion> table7() {
    return List.of(
        new Fusion("VGG, two networks, multi-crop & dense", "23.7", "6.8", "6.8"),
        new Fusion("VGG, one network, multi-crop & dense", "24.4", "7.1", "7.0"),
        new Fusion("VGG, seven networks of the competition, dense", "24.7", "7.5", "7.3"),
        new Fusion("GoogLeNet, one network", "-", "7.9", "7.9"),
        new Fusion("GoogLeNet, seven networks", "-", "6.7", "6.7"),
        new Fusion("MSRA, eleven networks", "-", "-", "8.1"),
        new Fusion("MSRA, one network", "27.9", "9.1", "9.1"),
        new Fusion("Clarifai, several networks", "-", "-", "11.7"),
        new Fusion("Clarifai, one network", "-", "-", "12.5"),
        new Fusion("Zeiler and Fergus, six networks", "36.0", "14.7", "14.8"),
        new Fusion("Zeiler and Fergus, one network", "37.5", "16.0", "16.1"),
        new Fusion("OverFeat, seven networks", "34.0", "13.2", "13.6"),
        new Fusion("OverFeat, one network", "35.7", "14.2", "-"),
        new Fusion("Krizhevsky et al., five networks", "38.1", "16.4", "16.4"),
        new Fusion("Krizhevsky et al., one network", "40.7", "18.2", "-"));
  }

  /** Error of a box network of Table 8 for the class that is told, in the central crop. */
  static String table8(BoxNet net) {
    if (net.scale() == Scale.SMALL) {
      return "-"; // "similar", says the paper
    }
    if (!net.onlyFullyConnected()) {
      return "33.1";
    }
    return net.form() == Task.SINGLE_BOX ? "36.4" : "34.3";
  }

  /** Errors of Table 9, by our name of the row. */
  static Boxes table9(BoxSubject subject) {
    return switch (subject) {
      case SMALL_ONE -> new Boxes("256", "29.5", "-");
      case SMALL_TWO -> new Boxes("224,256", "-", "-");
      case LARGE_ONE -> new Boxes("384", "28.2", "26.7");
      case LARGE_TWO -> new Boxes("352,384", "27.5", "-");
      case FUSION -> new Boxes("256; 352,384", "26.9", "25.3");
    };
  }

  /** Comparison of localisation with other groups; the last row is Selvaraju et al. 2017. */
  static List<Boxes> table10() {
    return List.of(
        new Boxes("VGG", "26.9", "25.3"),
        new Boxes("GoogLeNet", "-", "26.7"),
        new Boxes("OverFeat", "30.0", "29.9"),
        new Boxes("Krizhevsky et al.", "-", "34.2"),
        new Boxes("Grad-CAM boxes of VGG-16 (Selvaraju et al. 2017)", "46.4", "-"));
  }

  /** Classification of other data sets' images by descriptors. */
  static List<Features> table11() {
    return List.of(
        new Features("Zeiler and Fergus", "-", "79.0", "86.5±0.5", "74.2±0.3"),
        new Features("Chatfield et al.", "82.4", "83.2", "88.4±0.6", "77.6±0.1"),
        new Features("He et al.", "82.4", "-", "93.4±0.5", "-"),
        new Features("Wei et al.", "81.5", "81.7", "-", "-"),
        new Features("Wei et al., 2000 classes of ImageNet", "85.2", "90.3", "-", "-"),
        new Features("VGG D", "89.3", "89.0", "91.8±1.0", "85.0±0.2"),
        new Features("VGG E", "89.3", "89.0", "92.3±0.5", "85.1±0.3"),
        new Features("VGG D and E", "89.7", "89.3", "92.7±0.5", "86.2±0.3"));
  }

  /** Actions of people. */
  static List<Actions> table12() {
    return List.of(
        new Actions("Oquab et al., 1512 classes of ImageNet", "70.2"),
        new Actions("Gkioxari et al.", "73.6"),
        new Actions("Hoai", "76.3"),
        new Actions("VGG D and E, image only", "79.2"),
        new Actions("VGG D and E, image and box", "84.0"));
  }
}
