package org.vgg4j.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageClassifier;
import org.vgg4j.Prediction;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg classify}. */
@Command(name = "classify", description = "Classifies images.")
final class ClassifyCommand implements Callable<Integer> {
  private static final int IMAGES_AT_A_TIME = 64;

  @Spec private CommandSpec spec;

  /** Stands for standard input. */
  private static final Path STANDARD_INPUT = Path.of("-");

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description = "image files, or folders of them; - reads one image from standard input")
  private List<Path> images;

  @Option(names = "--model", paramLabel = "FILE", required = true, description = Texts.MODEL)
  private Path model;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "5",
      description = "predictions for each image (default: ${DEFAULT-VALUE})")
  private int top;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Mixin private final QuietOption quiet = new QuietOption();

  @Mixin private final FcWeightsOption fcWeights = new FcWeightsOption();

  @ArgGroup private final Format format = new Format();

  /** At most one of these. */
  static final class Format {
    @Option(names = "--json", description = Texts.JSON)
    private boolean json;

    @Option(
        names = "--csv",
        description = "print a line per prediction: file,rank,label,index,probability")
    private boolean csv;
  }

  private record Classified(Path file, List<Prediction> predictions) {}

  /** Returns 1 if any file could not be classified; the others are classified nevertheless. */
  @Override
  public Integer call() {
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    ClassifierOptions options =
        ClassifierOptions.defaults()
            .withDevice(device.get().text())
            .withThreads(threads.count())
            .withPasses(1)
            .withFcWeights(fcWeights.get());
    List<Path> files = files();
    List<Classified> results = new ArrayList<>();
    try (ImageClassifier classifier = ImageClassifier.load(model, options)) {
      if (!classifier.roundingErrors().isEmpty() && !quiet.isQuiet()) {
        spec.commandLine().getErr().println(FcWeightsOption.sentence(classifier.roundingErrors()));
      }
      for (int first = 0; first < files.size(); first += IMAGES_AT_A_TIME) {
        int end = Math.min(files.size(), first + IMAGES_AT_A_TIME);
        results.addAll(classify(classifier, files.subList(first, end)));
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (format.json) {
      out.println(Json.of(results.stream().map(ClassifyCommand::asMap).toList()));
    } else if (format.csv) {
      out.println("file,rank,label,index,probability");
      results.forEach(result -> printCsv(result, out));
    } else {
      results.forEach(result -> printText(result, out));
    }
    out.flush();
    return results.size() == files.size() ? 0 : 1;
  }

  private List<Path> files() {
    if (images.stream().filter(STANDARD_INPUT::equals).count() > 1) {
      throw new InputException("standard input holds one image: give - only once");
    }
    List<Path> files = new ArrayList<>();
    for (Path path : images) {
      if (path.equals(STANDARD_INPUT)) {
        files.add(path);
      } else {
        files.addAll(ImageArguments.files(List.of(path), this::complain));
      }
    }
    return files;
  }

  private void complain(String sentence) {
    spec.commandLine().getErr().println("vgg: " + sentence);
  }

  /** Files that cannot be read are reported and left out. */
  private List<Classified> classify(ImageClassifier classifier, List<Path> files) {
    List<Path> readable = new ArrayList<>();
    List<RgbImage> decoded = new ArrayList<>();
    for (Path file : files) {
      try {
        decoded.add(file.equals(STANDARD_INPUT) ? standardInput() : ImageDecoder.decode(file));
        readable.add(file);
      } catch (InputException e) {
        complain(String.valueOf(e.getMessage()));
      }
    }
    List<Classified> results = new ArrayList<>();
    try {
      List<List<Prediction>> predictions = classifier.classify(decoded, top);
      for (int i = 0; i < readable.size(); i++) {
        results.add(new Classified(readable.get(i), predictions.get(i)));
      }
    } catch (InputException e) {
      for (int i = 0; i < readable.size(); i++) { // to find which one it is
        classifyOne(classifier, readable.get(i), decoded.get(i), results);
      }
    }
    return results;
  }

  private static RgbImage standardInput() {
    BufferedInputStream input = new BufferedInputStream(System.in);
    try {
      input.mark(1);
      if (input.read() < 0) {
        throw new InputException(
            "standard input is empty: give it an image, as in vgg classify - < photo.jpg");
      }
      input.reset();
    } catch (IOException e) {
      throw new InputException("cannot read standard input (" + e.getMessage() + ")", e);
    }
    return ImageDecoder.decode(input, "standard input");
  }

  private void classifyOne(
      ImageClassifier classifier, Path file, RgbImage image, List<Classified> results) {
    try {
      results.add(new Classified(file, classifier.classify(image, top)));
    } catch (InputException e) {
      complain(file + ": " + e.getMessage());
    }
  }

  private static Map<String, Object> asMap(Classified result) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", result.file().toString());
    map.put("predictions", result.predictions());
    return map;
  }

  private static void printText(Classified result, PrintWriter out) {
    out.println(result.file());
    for (Prediction prediction : result.predictions()) {
      out.printf(
          Locale.ROOT, "  %6.2f %%  %s%n", 100 * prediction.probability(), prediction.label());
    }
  }

  private static void printCsv(Classified result, PrintWriter out) {
    int rank = 1;
    for (Prediction prediction : result.predictions()) {
      out.printf(
          Locale.ROOT,
          "%s,%d,%s,%d,%.6f%n",
          Csv.quoted(result.file().toString()),
          rank++,
          Csv.quoted(prediction.label()),
          prediction.index(),
          prediction.probability());
    }
  }
}
