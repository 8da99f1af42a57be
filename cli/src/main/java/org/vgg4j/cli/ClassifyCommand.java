package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.Prediction;
import org.vgg4j.base.InputException;
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
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description =
          "image files, or folders of them; videos (mp4, mov, mkv and the like), if ffmpeg is on"
              + " the PATH; http:// or https:// addresses of images; - reads one image from"
              + " standard input")
  private List<String> images;

  @Option(names = "--model", paramLabel = "FILE", required = true, description = Texts.MODEL)
  private Path model;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "predictions for each image; of a model that was trained with --multi-label, the most"
              + " labels that are named (default: ${DEFAULT-VALUE}; of labels all)")
  private int top;

  @Option(
      names = {"--min-probability", "--threshold"},
      paramLabel = "P",
      description =
          "say that an image is 'none of these' where the best class is less probable than P, such"
              + " as 0.6; vgg calibrate suggests one (default: the best class is always named); of"
              + " a model that was trained with --multi-label, the probability from which on a"
              + " label is named (default: 0.5)")
  private @Nullable Double minProbability;

  @Option(
      names = "--every",
      paramLabel = "TIME",
      defaultValue = "1s",
      description =
          "of a video, a frame at each multiple of this time, such as 200ms, 1s or 2m (default:"
              + " ${DEFAULT-VALUE})")
  private String every;

  @Mixin private final ViewOptions views = new ViewOptions();

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
        names = "--json-lines",
        description = "print a line of JSON per image, for programs that read on while this runs")
    private boolean jsonLines;

    @Option(
        names = "--csv",
        description =
            "print a line per prediction: file,rank,label,index,probability; with"
                + " --min-probability also result (the best class, or none of these); of models with"
                + " several labels an image also shown (whether it is probable enough)")
    private boolean csv;

    ClassifyPrinter.Form form() {
      if (json) {
        return ClassifyPrinter.Form.JSON;
      }
      if (jsonLines) {
        return ClassifyPrinter.Form.JSON_LINES;
      }
      return csv ? ClassifyPrinter.Form.CSV : ClassifyPrinter.Form.TEXT;
    }
  }

  /** Returns 1 if any image could not be classified; the others are classified nevertheless. */
  @Override
  public Integer call() {
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    if (minProbability != null && !(minProbability > 0 && minProbability <= 1)) {
      throw new InputException(
          "option min-probability is %s but must be above 0 and at most 1"
              .formatted(minProbability));
    }
    boolean asPrograms = views.areDefault(); // finds mistakes before anything is read
    VideoFrames frames = new VideoFrames("ffmpeg", VideoFrames.millis(every));
    List<ClassifyInputs.Source> sources = ClassifyInputs.of(images, frames, this::complain);
    try (Labeller labeller = asPrograms ? ofCenterCrops() : ofViews();
        StopSignal stop =
            StopSignal.install(
                spec.commandLine().getErr(),
                "stopping after the images that have been read (once more to stop at once)")) {
      if (!labeller.roundingErrors().isEmpty() && !quiet.isQuiet()) {
        spec.commandLine().getErr().println(FcWeightsOption.sentence(labeller.roundingErrors()));
      }
      ClassifyPrinter printer = printer(labeller);
      Block block = new Block(labeller, printer, most(labeller), stop);
      printer.begin();
      try {
        for (ClassifyInputs.Source source : sources) {
          if (block.stopped()) {
            break;
          }
          source.send(block);
        }
        block.classify();
      } finally {
        printer.end();
      }
      return stop.requested() ? stop.exitCode() : block.failed ? 1 : 0;
    }
  }

  private ClassifyPrinter printer(Labeller labeller) {
    PrintWriter out = spec.commandLine().getOut();
    return labeller.severalLabels()
        ? LabelPrinter.of(format.form(), out, minProbability == null ? 0.5 : minProbability)
        : ClassifyPrinter.of(format.form(), out, minProbability);
  }

  /** How many predictions an image has. */
  private int most(Labeller labeller) {
    boolean typed = spec.commandLine().getParseResult().hasMatchedOption("--top");
    return labeller.severalLabels() && !typed ? Integer.MAX_VALUE : top;
  }

  private Labeller ofCenterCrops() {
    return new Labeller.OfCenterCrops(
        model,
        ClassifierOptions.defaults()
            .withDevice(device.get().text())
            .withThreads(threads.count())
            .withPasses(1)
            .withFcWeights(fcWeights.get()));
  }

  private Labeller ofViews() {
    return new Labeller.OfViews(model, views, device.get(), threads.count(), fcWeights.get());
  }

  private void complain(String sentence) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("vgg: " + sentence);
  }

  /** Images that are classified together, so that no more than these are ever held. */
  private final class Block implements ClassifyInputs.Receiver {
    /** Bytes of pixels from which on a block is not filled any more. */
    private static final long MOST_BYTES = 256L << 20;

    private final Labeller labeller;
    private final ClassifyPrinter printer;
    private final int most;
    private final StopSignal stop;
    private final int batch = ClassifierOptions.defaults().batch();
    private final List<String> names = new ArrayList<>();
    private final List<RgbImage> decoded = new ArrayList<>();
    private long bytes;
    private int seen;
    private boolean failed;

    Block(Labeller labeller, ClassifyPrinter printer, int most, StopSignal stop) {
      this.labeller = labeller;
      this.printer = printer;
      this.most = most;
      this.stop = stop;
    }

    @Override
    public void image(String name, RgbImage image) {
      names.add(name);
      decoded.add(image);
      bytes += 3L * image.width() * image.height();
      count();
    }

    @Override
    public void failed(String sentence) {
      failed = true;
      complain(sentence);
      count();
    }

    @Override
    public boolean stopped() {
      return stop.requested() || spec.commandLine().getOut().checkError(); // nobody reads on
    }

    private void count() {
      seen++;
      boolean wholeBatches = decoded.size() % batch == 0; // so that their images stay the same
      if (seen % labeller.imagesAtATime() == 0 || (bytes > MOST_BYTES && wholeBatches)) {
        classify();
      }
    }

    /** Classifies and prints those that have come. */
    void classify() {
      if (names.isEmpty() || spec.commandLine().getOut().checkError()) {
        return;
      }
      try {
        List<List<Prediction>> predictions = labeller.label(decoded, most);
        for (int i = 0; i < names.size(); i++) {
          printer.print(names.get(i), predictions.get(i));
        }
      } catch (InputException e) {
        for (int i = 0; i < names.size(); i++) { // to find which one it is
          classifyOne(names.get(i), decoded.get(i));
        }
      }
      printer.flush();
      names.clear();
      decoded.clear();
      bytes = 0;
    }

    private void classifyOne(String name, RgbImage image) {
      try {
        printer.print(name, labeller.label(List.of(image), most).get(0));
      } catch (InputException e) {
        failed = true;
        complain(name + ": " + e.getMessage());
      }
    }
  }
}
