package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.vgg4j.Prediction;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Synsets;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.evaluate.TestScales;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.views.GradCam;
import org.vgg4j.views.HeatMap;
import org.vgg4j.views.HeatMapSheet;
import org.vgg4j.views.HeatMaps;
import org.vgg4j.views.MapBox;
import org.vgg4j.views.Ranking;
import org.vgg4j.views.Temperature;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg heatmap}. */
@Command(
    name = "heatmap",
    description =
        "Draws what in an image speaks for its class and what against it; class and probability are"
            + " those that vgg classify gives. A square of the image is covered, in one place after"
            + " another (81 forward passes): red where the probability falls, blue where it rises.",
    sortOptions = false)
final class HeatmapCommand implements Runnable {
  @Spec private CommandSpec spec;

  @picocli.CommandLine.Parameters(paramLabel = "IMAGE", description = "an image file")
  private Path image;

  // There is no progress to suppress: it is enough that picocli sets it, which quietens the log.
  @SuppressWarnings("UnusedVariable")
  @Mixin
  private final QuietOption quiet = new QuietOption();

  @Option(names = "--model", paramLabel = "FILE", required = true, description = Texts.MODEL)
  private Path model;

  @ArgGroup private final Choice choice = new Choice();

  /** At most one of these. */
  static final class Choice {
    @Option(
        names = "--class",
        paramLabel = "NAME|INDEX",
        description =
            "draw this class rather than the most probable one; may be given several times")
    private @Nullable List<String> classes;

    @Option(
        names = "--top",
        paramLabel = "N",
        defaultValue = "1",
        description = "draw this many of the most probable classes (default: ${DEFAULT-VALUE})")
    private int top = 1;
  }

  @Option(
      names = "--test-scales",
      paramLabel = "Q,Q",
      description =
          "draw the dense network's class score maps instead, a row for each Q: shorter side, in"
              + " pixels, of the rescaled image. Their probabilities are those of the windows,"
              + " not vgg classify's; from twice the crop on they tell places apart")
  private @Nullable String testScales;

  @Option(
      names = "--grad-cam",
      description =
          "draw Grad-CAM over the whole image instead, in one pass: at the model's own scale, or a"
              + " row for each of --test-scales; also print the box around what reaches 15 %% of"
              + " the largest value")
  private boolean gradCam;

  @Option(
      names = "--out",
      paramLabel = "FILE.png",
      defaultValue = "heatmap.png",
      description = "the drawing (default: ${DEFAULT-VALUE})")
  @Writes
  private Path out;

  @Option(
      names = "--json",
      description = "print labels, probabilities and the values of the maps as JSON")
  private boolean json;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Override
  public void run() {
    Device chosen = device.get();
    if (choice.top < 1) {
      throw new InputException("option top is " + choice.top + " but must be at least 1");
    }
    RgbImage decoded = ImageDecoder.decode(image);
    ModelFile file = Models.readClassifier(model);
    Preprocessing preprocessing = file.preprocessing();
    List<Integer> scales = scales(preprocessing);
    List<Prediction> predictions = new ArrayList<>();
    List<List<HeatMap>> rows = new ArrayList<>();
    Parameters parameters = new Parameters(file.architecture(), file.arrays());
    try (Engine engine = Engines.open(chosen, threads.count());
        Network network = engine.load(parameters)) {
      HeatMaps maps = maps(engine.hostThreads(), network, file, decoded);
      float[] posteriors = maps.posteriors();
      int[] labels = labels(file.classNames(), posteriors);
      for (int label : labels) {
        predictions.add(new Prediction(file.classNames().get(label), label, posteriors[label]));
      }
      if (scales.isEmpty()) {
        rows.add(maps.occlusion(labels));
      }
      GradCam byGradients = gradCam ? new GradCam(parameters) : null;
      for (int scale : scales) {
        rows.add(
            byGradients == null
                ? maps.classScores(scale, labels)
                : maps.gradCam(byGradients, scale, labels));
      }
    }
    HeatMapSheet.draw(decoded, String.valueOf(image.getFileName()), file.classNames(), rows)
        .writePng(out);
    print(predictions, rows, Rescale.Size.of(decoded));
  }

  /** Q for class score maps and Grad-CAM; none for occlusion. */
  private List<Integer> scales(Preprocessing preprocessing) {
    if (testScales == null) {
      return gradCam ? List.of(preprocessing.scale()) : List.of();
    }
    return TestScales.of(testScales, ScaleRange.fixed(preprocessing.scale()), preprocessing.crop());
  }

  private HeatMaps maps(
      HostThreads hostThreads, Network network, ModelFile file, RgbImage decoded) {
    try {
      return new HeatMaps(
          hostThreads, network, file.preprocessing(), new Temperature(file.temperature()), decoded);
    } catch (UnreadableImageException e) {
      throw new InputException(image + ": " + e.getMessage(), e);
    }
  }

  private int[] labels(List<String> names, float[] posteriors) {
    if (choice.classes == null) {
      return Ranking.top(posteriors, 0, names.size(), choice.top);
    }
    return choice.classes.stream().mapToInt(word -> label(word, names)).distinct().toArray();
  }

  /** The class of that name, in any case, or of that index if no class has the name. */
  private static int label(String word, List<String> names) {
    int exact = names.indexOf(word);
    if (exact >= 0) {
      return exact;
    }
    if (word.matches("\\d{1,9}") && Integer.parseInt(word) < names.size()) {
      return Integer.parseInt(word);
    }
    List<String> alike = names.stream().filter(name -> isMeant(word, name)).toList();
    if (alike.size() == 1) {
      return names.indexOf(alike.get(0));
    }
    throw new InputException(
        "option class is '%s' but must be a name of a class, or an index from 0 to %d: %s"
            .formatted(
                word,
                names.size() - 1,
                alike.isEmpty() ? hint(word, names) : String.join(", ", alike)));
  }

  /** Names of ILSVRC are a WNID and a word: either will do. */
  private static boolean isMeant(String word, String name) {
    String key = Synsets.key(name);
    return name.equalsIgnoreCase(word)
        || key.equals(word)
        || (!key.equals(name) && name.substring(key.length() + 1).equalsIgnoreCase(word));
  }

  private static String hint(String word, List<String> names) {
    String nearest = Spelling.nearest(word, names);
    if (nearest != null) {
      return "perhaps " + nearest + "?";
    }
    String most = String.join(", ", names.subList(0, Math.min(10, names.size())));
    return names.size() > 10 ? most + ", … (" + names.size() + " in all)" : most;
  }

  private void print(List<Prediction> predictions, List<List<HeatMap>> rows, Rescale.Size size) {
    PrintWriter terminal = spec.commandLine().getOut();
    if (json) {
      terminal.println(Json.of(asMap(predictions, rows, size)));
      terminal.flush();
      return;
    }
    terminal.println(image);
    for (Prediction prediction : predictions) {
      terminal.printf(
          Locale.ROOT, "  %6.2f %%  %s%n", 100 * prediction.probability(), prediction.label());
    }
    for (List<HeatMap> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        terminal.println(sentence(row.get(i), predictions.get(i).label(), size));
      }
    }
    terminal.println("drawn: " + out);
    terminal.flush();
  }

  private static Optional<Box> box(HeatMap map, Rescale.Size size) {
    return MapBox.of(
        map.values(), map.step(), map.step(), size.width(), size.height(), MapBox.SHARE);
  }

  private static String sentence(HeatMap map, String label, Rescale.Size size) {
    if (map.method() == HeatMap.Method.GRAD_CAM) {
      String where =
          box(map, size)
              .map(
                  box ->
                      String.format(
                          Locale.ROOT,
                          "most speaks for it in x %.0f to %.0f, y %.0f to %.0f",
                          box.left(),
                          box.right(),
                          box.top(),
                          box.bottom()))
              .orElse("nothing speaks for it");
      return label + " by Grad-CAM at Q = " + map.scale() + ": " + where;
    }
    if (map.method() == HeatMap.Method.OCCLUSION) {
      return String.format(
          Locale.ROOT,
          "%s: covering %d x %d pixels lowers the probability by up to %.1f points, or raises it by"
              + " up to %.1f%s",
          label,
          map.window(),
          map.window(),
          100 * Math.max(0, map.largest()),
          100 * Math.max(0, -map.smallest()),
          Math.max(map.largest(), -map.smallest()) < 0.01 ? ": no single square decides" : "");
    }
    return String.format(
        Locale.ROOT,
        "%s at Q = %d: %.2f %% by the mean score of %d x %d windows, from %.2f to %.2f %%%s",
        label,
        map.scale(),
        100 * map.probability(),
        map.rows(),
        map.columns(),
        100 * map.smallest(),
        100 * map.largest(),
        map.rows() * map.columns() == 1
            ? "; one window tells no places apart: take a larger --test-scales"
            : "");
  }

  private Map<String, Object> asMap(
      List<Prediction> predictions, List<List<HeatMap>> rows, Rescale.Size size) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", image.toString());
    map.put("predictions", predictions);
    map.put(
        "maps", rows.stream().flatMap(List::stream).map(heatMap -> asMap(heatMap, size)).toList());
    map.put("drawing", out.toString());
    return map;
  }

  private static Map<String, Object> asMap(HeatMap heatMap, Rescale.Size size) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("method", heatMap.method().name().toLowerCase(Locale.ROOT));
    map.put("index", heatMap.label());
    map.put("testScale", heatMap.scale());
    map.put("probability", heatMap.probability());
    map.put("window", heatMap.window());
    map.put("x", heatMap.x());
    map.put("y", heatMap.y());
    map.put("step", heatMap.step());
    map.put("values", heatMap.values());
    if (heatMap.method() == HeatMap.Method.GRAD_CAM) {
      box(heatMap, size)
          .ifPresent(
              box -> map.put("box", List.of(box.left(), box.top(), box.right(), box.bottom())));
    }
    return map;
  }
}
