package org.vgg4j.experiment.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.experiment.reproduce.Measurements.Errors;
import org.vgg4j.experiment.reproduce.Measurements.Subject;
import org.vgg4j.experiment.reproduce.Net.Scale;
import org.vgg4j.model.Configuration;
import org.vgg4j.views.Protocol;

/** What was measured, in the form of the paper's tables. */
public final class Reproduction {
  private final ReproductionConfig config;
  private final String test;
  private final int testImages;
  private final Measurements measurements;
  private final Map<String, Double> trainingSeconds;

  /**
   * @param config the reproduction's size
   * @param test name of the test images
   * @param testImages how many they were
   * @param measurements posteriors of all networks
   * @param trainingSeconds mean over the seeds, by the name of the network
   */
  Reproduction(
      ReproductionConfig config,
      String test,
      int testImages,
      Measurements measurements,
      Map<String, Double> trainingSeconds) {
    this.config = config;
    this.test = test;
    this.testImages = testImages;
    this.measurements = measurements;
    this.trainingSeconds = Map.copyOf(trainingSeconds);
  }

  ReproductionConfig config() {
    return config;
  }

  int testImages() {
    return testImages;
  }

  int classes() {
    return measurements.architecture(Net.A).classes();
  }

  Measurements measurements() {
    return measurements;
  }

  double seconds(String net) {
    Double seconds = trainingSeconds.get(net);
    return seconds == null ? Double.NaN : seconds;
  }

  private static Net net(String name) {
    return Net.all().stream().filter(net -> net.name().equals(name)).findFirst().orElseThrow();
  }

  /** A network, dense, at the one test scale of Table 3. */
  Subject single(String net) {
    int scale = config.testScale(net(net));
    return Subject.of(net, Protocol.DENSE, List.of(scale));
  }

  /** A network at the three test scales of Table 4. */
  Subject several(String net, Protocol protocol) {
    return Subject.of(net, protocol, config.testScales(net(net)));
  }

  /** D and E with jitter (Table 6). */
  Subject pair(Protocol protocol) {
    return together(
        protocol, Net.deep(Configuration.D, Scale.JITTER), Net.deep(Configuration.E, Scale.JITTER));
  }

  /** The seven networks of the competition (Table 6). */
  Subject seven() {
    return together(
        Protocol.DENSE,
        Net.deep(Configuration.D, Scale.SMALL),
        Net.deep(Configuration.D, Scale.LARGE),
        Net.D_JITTER_FC,
        Net.deep(Configuration.C, Scale.SMALL),
        Net.deep(Configuration.C, Scale.LARGE),
        Net.deep(Configuration.E, Scale.SMALL),
        Net.deep(Configuration.E, Scale.LARGE));
  }

  private Subject together(Protocol protocol, String... nets) {
    List<List<Integer>> scales = new ArrayList<>();
    for (String net : nets) {
      scales.add(config.testScales(net(net)));
    }
    return new Subject(List.of(nets), protocol, scales);
  }

  /** All tables, the paper's figures beside those measured, and the verdicts. */
  List<Section> sections() {
    return List.of(
        scalesTable("table-3", "Table 3: one test scale", PaperTables.table3(), false),
        scalesTable("table-4", "Table 4: several test scales", PaperTables.table4(), true),
        table5(),
        table6(),
        control(),
        Claims.of(this),
        table7());
  }

  private static List<String> header(String... first) {
    List<String> header = new ArrayList<>(List.of(first));
    header.addAll(List.of("paper top-1", "paper top-5", "top-1", "95 %", "top-5", "score maps"));
    return header;
  }

  private static List<String> cells(Errors errors) {
    return List.of(
        String.format(Locale.ROOT, "%.2f", errors.top1()),
        String.format(Locale.ROOT, "%.1f-%.1f", errors.low(), errors.high()),
        String.format(Locale.ROOT, "%.2f", errors.top5()),
        errors.maps());
  }

  private static String text(List<Integer> scales) {
    return String.join(",", scales.stream().map(String::valueOf).toList());
  }

  private static String percent(double error) {
    return String.format(Locale.ROOT, "%.1f", error);
  }

  private Section scalesTable(
      String name, String title, List<PaperTables.Row> paper, boolean several) {
    List<List<String>> rows = new ArrayList<>();
    for (PaperTables.Row row : paper) {
      Subject subject = several ? several(row.net(), Protocol.DENSE) : single(row.net());
      List<String> cells = new ArrayList<>();
      cells.add(row.label());
      cells.add(row.scale().paper());
      cells.add(row.testScales());
      cells.add(config.trainingScale(net(row.net())).option().toString());
      cells.add(text(subject.scales().get(0)));
      cells.add(percent(row.top1()));
      cells.add(percent(row.top5()));
      cells.addAll(cells(measurements.errors(subject)));
      rows.add(cells);
    }
    return new Section(
        name,
        title,
        "Dense evaluation. " + intervals(),
        header("network", "paper S", "paper Q", "S", "Q"),
        rows);
  }

  private String intervals() {
    return "Errors in percent: the paper's on ILSVRC-2012's 50,000 validation images, ours on %s (%d images), the mean of %d seed(s); 95 %%: the interval of top-1 for this many images."
        .formatted(test, testImages, config.seeds());
  }

  private Section table5() {
    List<List<String>> rows = new ArrayList<>();
    for (PaperTables.Crops row : PaperTables.table5()) {
      Protocol protocol =
          switch (row.protocol()) {
            case "dense" -> Protocol.DENSE;
            case "multi-crop" -> Protocol.MULTI_CROP;
            default -> Protocol.BOTH;
          };
      Subject subject = several(row.net(), protocol);
      List<String> cells = new ArrayList<>(List.of(row.label(), row.protocol()));
      cells.add(text(subject.scales().get(0)));
      cells.add(percent(row.top1()));
      cells.add(percent(row.top5()));
      cells.addAll(cells(measurements.errors(subject)));
      rows.add(cells);
    }
    return new Section(
        "table-5",
        "Table 5: dense and multi-crop evaluation",
        "Networks with scale jitter. " + intervals(),
        header("network", "protocol", "Q"),
        rows);
  }

  private Section table6() {
    List<Subject> subjects =
        List.of(seven(), pair(Protocol.DENSE), pair(Protocol.MULTI_CROP), pair(Protocol.BOTH));
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < subjects.size(); i++) {
      PaperTables.Fusion paper = PaperTables.table6().get(i);
      List<String> cells = new ArrayList<>(List.of(paper.what(), paper.top1(), paper.top5()));
      cells.addAll(cells(measurements.errors(subjects.get(i))));
      rows.add(cells);
    }
    return new Section(
        "table-6",
        "Table 6: fusion of networks",
        "The mean of the posteriors, each network at its three test scales. " + intervals(),
        header("networks"),
        rows);
  }

  /** Claims of the paper that have no table, and the basis of the verdicts. */
  private Section control() {
    List<List<String>> rows = new ArrayList<>();
    for (Net net : Net.all()) {
      Errors errors = measurements.errors(single(net.name()));
      rows.add(
          List.of(
              net.name(),
              net.from() == null ? "random weights" : net.from(),
              config.trainingScale(net).option().toString(),
              Integer.toString(config.epochs(net)),
              String.format(Locale.ROOT, "%.0f", seconds(net.name())),
              String.format(
                  Locale.ROOT, "%.1f", measurements.architecture(net.name()).multiplyAdds() / 1e6),
              String.format(
                  Locale.ROOT, "%,d", measurements.architecture(net.name()).parameterCount()),
              String.format(Locale.ROOT, "%.2f", errors.top1()),
              errors.maps()));
    }
    return new Section(
        "networks",
        "All networks that were trained",
        "Top-1 error in percent, dense, at one test scale. Seconds: of training, mean of the"
            + " seeds.",
        List.of(
            "network",
            "begins with",
            "S",
            "epochs",
            "seconds",
            "multiply-adds, million",
            "parameters",
            "top-1",
            "score maps"),
        rows);
  }

  /** Comes last, and clearly apart. */
  private Section table7() {
    List<List<String>> rows = new ArrayList<>();
    for (PaperTables.Fusion paper : PaperTables.table7()) {
      rows.add(List.of(paper.what(), "ILSVRC-2012", paper.top1(), paper.top5(), paper.testTop5()));
    }
    Errors single =
        measurements.errors(several(Net.deep(Configuration.E, Scale.JITTER), Protocol.BOTH));
    Errors fused = measurements.errors(pair(Protocol.BOTH));
    rows.add(ours("vgg4j, E with jitter, multi-crop & dense", single));
    rows.add(ours("vgg4j, D and E with jitter, multi-crop & dense", fused));
    return new Section(
        "table-7",
        "Table 7: beside others (another data set: our rows cannot be compared with the others)",
        "ILSVRC-2012: top-1 and top-5 on the validation images, top-5 on the test images.",
        List.of("method", "data", "top-1", "top-5", "test top-5"),
        rows);
  }

  private List<String> ours(String what, Errors errors) {
    return List.of(
        what,
        test,
        String.format(Locale.ROOT, "%.2f", errors.top1()),
        String.format(Locale.ROOT, "%.2f", errors.top5()),
        "-");
  }
}
