package org.vgg4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.CsvLine;
import org.vgg4j.evaluate.ImageLocalizer;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.views.BoxDrawing;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg localize}. */
@Command(
    name = "localize",
    description = {
      "Finds where in images their objects are (the paper, appendix A), and draws boxes.",
      "One network says what is in an image (--labels), another where it is (--model)."
    },
    subcommands = {LocalizeTrainCommand.class, LocalizeEvaluateCommand.class},
    sortOptions = false)
final class LocalizeCommand implements Callable<Integer> {
  private final Set<Path> drawn = new HashSet<>();

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "IMAGE", arity = "0..*", description = "image files, or folders of them")
  private List<Path> images = List.of();

  @Option(
      names = "--model",
      paramLabel = "FILE,FILE",
      split = ",",
      description = "networks that find boxes, as vgg localize train makes them")
  private List<Path> models = List.of();

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "a classification model, which says what is in an image and rates the boxes")
  private @Nullable Path labels;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "1",
      description = "find this many of the most probable classes (default: ${DEFAULT-VALUE})")
  private int top;

  @Option(
      names = "--test-scales",
      paramLabel = "Q,Q",
      description =
          "shorter side, in pixels, of the rescaled images in which boxes are sought (default: each"
              + " model's own)")
  private @Nullable String testScales;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "draw each image with its boxes, as a PNG file in this folder")
  @Writes(Writes.Kind.IMAGES)
  private @Nullable Path out;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  // There is no progress to suppress: it is enough that picocli sets it, which quietens the log.
  @SuppressWarnings("UnusedVariable")
  @Mixin
  private final QuietOption quiet = new QuietOption();

  @ArgGroup private final Format format = new Format();

  /** At most one of these. */
  static final class Format {
    @Option(names = "--json", description = Texts.JSON)
    private boolean json;

    @Option(
        names = "--csv",
        description = "print a line per box: file,rank,label,probability,xmin,ymin,xmax,ymax")
    private boolean csv;
  }

  /** What was found in an image. */
  private record Located(Path file, List<ImageLocalizer.Found> finds) {}

  @Override
  public Integer call() {
    if (images.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "images are missing, or a command: vgg localize IMAGE..., localize train, or localize"
              + " evaluate");
    }
    if (models.isEmpty() || labels == null) {
      throw new ParameterException(
          spec.commandLine(),
          "missing required option: " + (models.isEmpty() ? "--model" : "--labels"));
    }
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    List<Path> files = ImageArguments.files(images, this::complain);
    files.forEach(file -> drawn.add(place(file))); // a drawing beside an image must not replace it
    List<Located> results = new ArrayList<>();
    try (ImageLocalizer localizer =
        ImageLocalizer.load(models, labels, testScales, device.get(), threads.count())) {
      for (Path file : files) {
        try {
          RgbImage image = ImageDecoder.decode(file);
          Located located = new Located(file, localizer.locate(image, top));
          draw(image, located);
          results.add(located);
        } catch (InputException e) {
          String message = String.valueOf(e.getMessage());
          String about = message.contains(file.toString()) ? "" : file + ": ";
          complain(about + message);
        }
      }
    }
    print(results);
    return results.size() == files.size() ? 0 : 1;
  }

  private void complain(String sentence) {
    spec.commandLine().getErr().println("vgg: " + sentence);
  }

  private void draw(RgbImage image, Located located) {
    if (out == null) {
      return;
    }
    List<BoxDrawing.Named> boxes =
        located.finds().stream()
            .map(
                find ->
                    new BoxDrawing.Named(
                        find.box(),
                        String.format(
                            Locale.ROOT, "%s %.0f %%", find.label(), 100 * find.probability())))
            .toList();
    BoxDrawing.draw(image, boxes).writePng(drawing(out, located.file()));
  }

  /** Images of the same name in different folders get numbers, as do those that lie there. */
  private Path drawing(Path folder, Path file) {
    String name = String.valueOf(file.getFileName()).replaceFirst("\\.[^.]*$", "");
    Path path = folder.resolve(name + ".png");
    for (int number = 2; !drawn.add(place(path)); number++) {
      path = folder.resolve(name + "-" + number + ".png");
    }
    return path;
  }

  /** A file's path whatever it is called, and through links. */
  private static Path place(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file.toAbsolutePath().normalize(); // not there yet
    }
  }

  private void print(List<Located> results) {
    PrintWriter terminal = spec.commandLine().getOut();
    if (format.json) {
      terminal.println(Json.of(results.stream().map(LocalizeCommand::asMap).toList()));
    } else if (format.csv) {
      terminal.println("file,rank,label,probability,xmin,ymin,xmax,ymax");
      results.forEach(result -> printCsv(result, terminal));
    } else {
      results.forEach(result -> printText(result, terminal));
      if (out != null && !results.isEmpty()) {
        terminal.println("drawn: " + out);
      }
    }
    terminal.flush();
  }

  private static Map<String, Object> asMap(Located located) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", located.file().toString());
    map.put(
        "objects",
        located.finds().stream()
            .map(
                find -> {
                  Map<String, Object> one = new LinkedHashMap<>();
                  one.put("label", find.label());
                  one.put("probability", find.probability());
                  Box box = find.box();
                  one.put("box", List.of(box.left(), box.top(), box.right(), box.bottom()));
                  return one;
                })
            .toList());
    return map;
  }

  private static void printText(Located located, PrintWriter terminal) {
    terminal.println(located.file());
    for (ImageLocalizer.Found find : located.finds()) {
      Box box = find.box();
      terminal.printf(
          Locale.ROOT,
          "  %6.2f %%  %s  x %.0f to %.0f, y %.0f to %.0f%n",
          100 * find.probability(),
          find.label(),
          box.left(),
          box.right(),
          box.top(),
          box.bottom());
    }
  }

  private static void printCsv(Located located, PrintWriter terminal) {
    int rank = 1;
    for (ImageLocalizer.Found find : located.finds()) {
      Box box = find.box();
      terminal.printf(
          Locale.ROOT,
          "%s,%d,%s,%.6f,%.2f,%.2f,%.2f,%.2f%n",
          CsvLine.quoted(located.file().toString()),
          rank++,
          CsvLine.quoted(find.label()),
          find.probability(),
          box.left(),
          box.top(),
          box.right(),
          box.bottom());
    }
  }
}
