package org.vgg4j.cli;

import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.model.Configuration;
import org.vgg4j.report.TensorBoardListener;
import org.vgg4j.train.Initialisation;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.Trainer;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vgg train}. */
@Command(
    name = "train",
    description = {
      "Trains a network and leaves a run folder.",
      "Without options: net A at a quarter of its width on 6,000 small pictures of clothes."
    },
    sortOptions = false)
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // YamlOptions reads the file before the options are parsed
  @Option(
      names = YamlOptions.CONFIG,
      paramLabel = "FILE",
      description =
          "a YAML file with any of these options, such as a run's config.yaml; the command line wins")
  private @Nullable Path config;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      defaultValue = "fashion-mini",
      description = Texts.DATA + " (default: ${DEFAULT-VALUE})")
  private String data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "the run folder (default: runs/DATA-ARCH-NUMBER)")
  private @Nullable Path out;

  @Option(names = "--arch", paramLabel = "NAME", defaultValue = "A", description = Texts.ARCH)
  private String arch;

  @Option(names = "--width", paramLabel = "F", defaultValue = "0.25", description = Texts.WIDTH)
  private double width;

  @Option(names = "--crop", paramLabel = "PIXELS", defaultValue = "32", description = Texts.CROP)
  private int crop;

  @Option(
      names = "--scale",
      paramLabel = "S",
      description =
          "shorter side, in pixels, of a rescaled training image (default: crop x --scale-ratio)")
  private @Nullable Integer scale;

  @Option(
      names = "--scale-ratio",
      paramLabel = "F",
      defaultValue = "1.143",
      description =
          "S as a multiple of the crop, rounded down; 256/224 in the paper (default: ${DEFAULT-VALUE})")
  private double scaleRatio;

  @Option(
      names = "--flip",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "mirror training images half of the time (default: ${DEFAULT-VALUE})")
  private boolean flip;

  @Option(
      names = "--held-out",
      paramLabel = "F",
      defaultValue = "0.1",
      description = Texts.HELD_OUT)
  private double heldOut;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "64",
      description = "images per step; 256 in the paper (default: ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--micro-batch",
      paramLabel = "N",
      defaultValue = "0",
      description = "images at a time; 0: as many as memory allows (default: ${DEFAULT-VALUE})")
  private int microBatch;

  @Option(
      names = "--lr",
      paramLabel = "F",
      defaultValue = "0.01",
      description = "learning rate at the start (default: ${DEFAULT-VALUE})")
  private double learningRate;

  @Option(
      names = "--momentum",
      paramLabel = "F",
      defaultValue = "0.9",
      description = "momentum of SGD (default: ${DEFAULT-VALUE})")
  private double momentum;

  @Option(
      names = "--weight-decay",
      paramLabel = "F",
      defaultValue = "5e-4",
      description = "factor of the L2 penalty (default: ${DEFAULT-VALUE})")
  private double weightDecay;

  @Option(
      names = "--bias-decay",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "let biases decay like weights (default: ${DEFAULT-VALUE})")
  private boolean biasDecay;

  @Option(
      names = "--dropout",
      paramLabel = "F",
      defaultValue = "0.5",
      description = "dropout rate after fc6 and fc7 (default: ${DEFAULT-VALUE})")
  private double dropout;

  @Option(
      names = "--init",
      paramLabel = "NAME",
      defaultValue = "glorot",
      description =
          "initial weights: glorot, gaussian (std 0.01) or he (default: ${DEFAULT-VALUE})")
  private String initialisation;

  @Option(
      names = "--patience",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "epochs without a better validation error before the rate is divided by ten, three times"
              + " at most (default: ${DEFAULT-VALUE})")
  private int patience;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "12",
      description = "at most so many; 74 in the paper (default: ${DEFAULT-VALUE})")
  private int epochs;

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      defaultValue = "370000",
      description = "at most so many steps (default: the paper's ${DEFAULT-VALUE})")
  private int maxSteps;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = Texts.SEED)
  private long seed;

  @Option(names = "--threads", paramLabel = "N", description = Texts.THREADS)
  private int threads = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() {
    TrainingConfig options =
        new TrainingConfig(
            data,
            heldOut,
            flip,
            Configuration.of(arch),
            width,
            crop,
            trainingScale(),
            batch,
            typed("--micro-batch") ? microBatch : Math.min(microBatch, batch),
            learningRate,
            momentum,
            weightDecay,
            biasDecay,
            dropout,
            Initialisation.of(initialisation),
            patience,
            epochs,
            maxSteps,
            seed,
            threads);
    PrintWriter terminal = spec.commandLine().getOut();
    Path folder = out != null ? out : defaultFolder();
    TrainingResult result;
    try (StopSignal stop = StopSignal.install(spec.commandLine().getErr())) {
      result =
          Trainer.train(
              options,
              folder,
              Listeners.of(
                  new TrainingPrinter(terminal, spec.commandLine().getErr()),
                  new TensorBoardListener(folder)),
              stop::requested,
              environment());
      if (result.interrupted()) {
        terminal.println("stopped; the model so far: " + result.folder().lastModel());
        terminal.flush();
        writeReport(result); // what was saved is there whatever becomes of this
        return stop.exitCode();
      }
    }
    try {
      writeReport(result);
    } finally {
      printResult(result, terminal); // a disk that is full now does not make training vain
    }
    return 0;
  }

  private void writeReport(TrainingResult result) {
    ProgressLine line = new ProgressLine(spec.commandLine().getErr());
    ReportCommand.write(result.folder(), null, threads, line);
  }

  /** S; of a file's --scale and a typed --scale-ratio, what is typed wins. */
  private int trainingScale() {
    if (typed("--scale") && typed("--scale-ratio")) {
      throw new ParameterException(
          spec.commandLine(), "--scale and --scale-ratio say the same: give one of them");
    }
    return scale != null && !typed("--scale-ratio") ? scale : (int) (crop * scaleRatio);
  }

  private boolean typed(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private Path defaultFolder() {
    Path last = Path.of(data).toAbsolutePath().normalize().getFileName();
    return RunFolder.claim(Path.of("runs"), (last == null ? "run" : last) + "-" + arch);
  }

  private Map<String, Object> environment() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("command", spec.commandLine().getParseResult().originalArgs());
    facts.put("host", hostName());
    facts.put("java", Runtime.version().toString());
    facts.put("vm", System.getProperty("java.vm.name"));
    facts.put("processors", Runtime.getRuntime().availableProcessors());
    facts.put("started", Instant.now().toString());
    return facts;
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  private void printResult(TrainingResult result, PrintWriter out) {
    Path model = result.bestEpoch() > 0 ? result.folder().bestModel() : result.folder().lastModel();
    out.printf(
        Locale.ROOT,
        "%nBest validation: top-1 accuracy %.1f %% (epoch %d).%n",
        100 - result.bestTop1Error(),
        result.bestEpoch());
    Evaluation test = result.test();
    if (test != null) {
      out.printf(
          Locale.ROOT,
          "Test: top-1 accuracy %.1f %%, top-5 accuracy %.1f %% on %d images that training never saw.%n",
          100 - test.top1Error(),
          100 - test.top5Error(),
          test.images());
    }
    out.printf(
        Locale.ROOT,
        "%d steps in %s%s. The run is in %s.%n%nNext:%n",
        result.steps(),
        TrainingPrinter.duration(result.seconds()),
        ProcessMemory.peak().isPresent()
            ? String.format(
                Locale.ROOT,
                ", %,.0f MB of memory at the peak",
                ProcessMemory.peak().getAsLong() / 1e6)
            : "",
        result.folder().path());
    out.printf("  open %s in a browser%n", quoted(result.folder().path().resolve("report.html")));
    out.printf("  ./vgg evaluate --model %s --data %s%n", quoted(model), quoted(data));
    out.printf("  ./vgg data export --data %s --limit 1 --out samples%n", quoted(data));
    out.printf("  ./vgg classify samples --model %s%n", quoted(model));
    out.flush();
  }

  /** As a shell wants it. */
  private static String quoted(Object path) {
    String text = path.toString();
    return text.matches("[\\w./-]*") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
