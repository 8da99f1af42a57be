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
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.evaluate.AnswerThreshold;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.evaluate.Significance;
import org.vgg4j.evaluate.TemperatureFit;
import org.vgg4j.evaluate.UnseenImages;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.views.Temperature;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.Models;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg calibrate}. */
@Command(
    name = "calibrate",
    description =
        "Makes a model's probabilities agree with how often it is right, by a temperature that is"
            + " found on images that it was not trained on (Guo et al. 2017); which class is the"
            + " best never changes.",
    sortOptions = false)
final class CalibrateCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = Texts.MODEL)
  private Path model;

  @Option(names = "--data", paramLabel = "DATA", required = true, description = Texts.DATA)
  private String data;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "the same model with the temperature in its metadata, at which all commands and programs"
              + " then give its probabilities (default: nothing is written)")
  @Writes
  private @Nullable Path out;

  @Option(
      names = "--split",
      paramLabel = "PART",
      description =
          "train, val or test (default: val, or what was held out; all images of other data without"
              + " parts)")
  private @Nullable Split split;

  @Option(
      names = "--right",
      paramLabel = "P,P",
      split = ",",
      defaultValue = "0.9,0.95,0.99",
      description =
          "shares of right answers for which a --min-probability of vgg classify is suggested"
              + " (default: ${DEFAULT-VALUE})")
  private List<Double> right;

  @Mixin private final ViewOptions views = new ViewOptions();

  @Mixin private final BatchOption batch = new BatchOption();

  @Mixin private final UnreadableOption maxUnreadable = new UnreadableOption();

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  /**
   * What was found.
   *
   * @param before posteriors at temperature 1
   * @param after the same at the temperature
   */
  private record Result(Calibration calibration, Posteriors before, Posteriors after) {}

  @Override
  public void run() {
    for (double share : right) {
      if (!(share > 0 && share <= 1)) {
        throw new InputException(
            "option right is %s but must be above 0 and at most 1".formatted(share));
      }
    }
    ViewPlan unused = views.plan(); // finds mistakes in options before anything is read
    ModelEvaluation evaluation =
        new ModelEvaluation(
            "vgg calibrate",
            views,
            batch.get(),
            maxUnreadable.get(),
            FcWeights.FP32,
            ProcessGroup.alone(),
            spec.commandLine().getErr(),
            quiet);
    Posteriors before = posteriors(evaluation, device.get());
    double temperature = TemperatureFit.of(before);
    Posteriors.About about = before.about().get(0);
    Calibration calibration =
        new Calibration(
            temperature, about.data(), before.images(), about.plan().label(), about.testScales());
    if (out != null) {
      Models.readClassifier(model).withCalibration(calibration).write(out);
    }
    Result result = new Result(calibration, before, before.at(new Temperature(temperature)));
    PrintWriter terminal = spec.commandLine().getOut();
    terminal.print(json ? Json.of(asMap(result)) + System.lineSeparator() : asText(result));
    terminal.flush();
  }

  private Posteriors posteriors(ModelEvaluation evaluation, Device chosen) {
    try (Engine engine = Engines.open(chosen, threads.count())) {
      return evaluation
          .of(
              model,
              engine,
              file -> {
                Dataset dataset =
                    new UnseenImages(split, null, null).openForChoices(data, file.provenance());
                evaluation.note(dataset.notes());
                return dataset;
              })
          .posteriors();
    }
  }

  private String asText(Result result) {
    Calibration calibration = result.calibration();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s: %d images, %s, Q = %s%n%n",
            calibration.data(),
            calibration.images(),
            calibration.protocol(),
            String.join(", ", calibration.testScales().stream().map(String::valueOf).toList())));
    text.append(
        new TextTable()
            .row("", "before", "after")
            .row("temperature", "1", number("%.4f", calibration.temperature()))
            .row(
                "negative log-likelihood",
                number("%.4f", loss(result.before())),
                number("%.4f", loss(result.after())))
            .row(
                "calibration error",
                number("%.4f", Significance.calibrationError(result.before())),
                number("%.4f", Significance.calibrationError(result.after())))
            .row(
                "top-1 error",
                percent(result.before().evaluation().top1Error() / 100),
                percent(result.after().evaluation().top1Error() / 100)));
    TextTable table =
        new TextTable().row("right", "--min-probability", "answered", "of these right");
    for (double share : right) {
      Optional<AnswerThreshold> found = AnswerThreshold.of(result.after(), share);
      table.row(
          percent(share),
          found.map(one -> number("%s", one.threshold())).orElse("none gives it"),
          found.map(one -> percent(one.answered())).orElse("-"),
          found.map(one -> percent(one.right())).orElse("-"));
    }
    text.append(System.lineSeparator()).append(table).append(System.lineSeparator());
    return text.append(
            out == null
                ? "nothing is written: give --out FILE for the model at this temperature%n"
                    .formatted()
                : "written: %s%n".formatted(out))
        .toString();
  }

  private Map<String, Object> asMap(Result result) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", model.toString());
    map.put("calibration", result.calibration());
    map.put("file", out == null ? null : out.toString());
    map.put("before", figures(result.before()));
    map.put("after", figures(result.after()));
    List<Map<String, Object>> thresholds = new ArrayList<>();
    for (double share : right) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("wanted", share);
      AnswerThreshold found = AnswerThreshold.of(result.after(), share).orElse(null);
      one.put("minProbability", found == null ? null : found.threshold());
      one.put("answered", found == null ? null : found.answered());
      one.put("right", found == null ? null : found.right());
      thresholds.add(one);
    }
    map.put("thresholds", thresholds);
    return map;
  }

  private static Map<String, Object> figures(Posteriors posteriors) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("negativeLogLikelihood", loss(posteriors));
    map.put("calibrationError", Significance.calibrationError(posteriors));
    map.put("top1Error", posteriors.evaluation().top1Error());
    return map;
  }

  private static double loss(Posteriors posteriors) {
    return posteriors.evaluation().meanLoss();
  }

  private static String percent(double share) {
    return number("%.2f %%", 100 * share);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
