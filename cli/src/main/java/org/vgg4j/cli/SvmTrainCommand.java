package org.vgg4j.cli;

import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.network.HostThreads;
import org.vgg4j.svm.CostSearch;
import org.vgg4j.svm.Loss;
import org.vgg4j.svm.SvmModel;
import org.vgg4j.svm.SvmOptions;
import org.vgg4j.svm.SvmTrainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg svm train}. */
@Command(
    name = "train",
    description = "Trains a linear classifier for each class, against all others.",
    sortOptions = false)
final class SvmTrainCommand implements Runnable {
  private static final int SMALLEST_POWER = -3;
  private static final int LARGEST_POWER = 4;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE.npy", arity = "1..*", description = SvmCommand.DESCRIPTORS)
  private List<Path> descriptors;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "the classifiers (a .safetensors file)")
  @Writes
  private Path out;

  @Option(
      names = "--cost",
      paramLabel = "C",
      description =
          "weight of the losses against the regulariser (default: the power of 10 from 0.001 to"
              + " 10,000 with the best mean class recall on a fifth of each class)")
  private @Nullable Double cost;

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      defaultValue = "L2",
      description = "the hinge loss, L1, or its square, L2 (default: ${DEFAULT-VALUE})")
  private Loss loss;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "decides which images C is chosen by (default: ${DEFAULT-VALUE})")
  private long seed;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  @Override
  public void run() {
    int workers = HostThreads.requireCount(threads.count());
    if (cost != null && !(cost > 0)) {
      throw new InputException("option cost is " + cost + " but must be above 0");
    }
    SvmOptions standard = SvmOptions.DEFAULT;
    SvmOptions options =
        new SvmOptions(
            cost == null ? standard.cost() : cost,
            loss,
            standard.bias(),
            standard.positiveWeight(),
            standard.negativeWeight(),
            standard.tolerance(),
            standard.iterations(),
            seed);
    SvmCommand.Labelled images = SvmCommand.Labelled.open(descriptors);
    List<String> names = images.classNames();
    MultiLabels labels = MultiLabels.ofSingle(names, images.labels());
    CostSearch.Choice choice = null;
    if (cost == null) {
      choice =
          CostSearch.choose(
              images.rows(),
              labels,
              CostSearch.split(labels, CostSearch.SHARE, seed),
              options,
              CostSearch.grid(10, SMALLEST_POWER, LARGEST_POWER),
              CostSearch.Measure.CLASS_RECALL,
              workers);
      options = options.withCost(choice.cost());
    }
    SvmTrainer.Result result =
        new SvmTrainer(images.rows(), workers).train(labels, options, workers);
    new SvmModel(result.svm(), options, images.recipe()).write(out);
    List<String> early =
        result.reports().stream()
            .filter(report -> !report.converged())
            .map(SvmTrainer.Report::className)
            .toList();
    if (!early.isEmpty()) {
      spec.commandLine()
          .getErr()
          .printf(
              Locale.ROOT,
              "vgg: %d passes were too few for %s: take a smaller --cost%n",
              options.iterations(),
              String.join(", ", early));
    }
    print(result, options, choice);
  }

  private void print(
      SvmTrainer.Result result, SvmOptions options, CostSearch.@Nullable Choice choice) {
    PrintWriter terminal = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("file", out.toString());
      map.put("options", options);
      map.put("tried", choice == null ? List.of() : choice.tried());
      map.put("classes", result.reports());
      terminal.println(Json.of(map));
    } else {
      if (choice != null && !quiet.isQuiet()) {
        choice
            .tried()
            .forEach(
                one ->
                    terminal.printf(
                        Locale.ROOT,
                        "C = %-8s mean class recall %.2f %%%n",
                        number(one.cost()),
                        100 * one.measured()));
      }
      terminal.printf(
          Locale.ROOT,
          "%s: %d classes, C = %s%n",
          out,
          result.reports().size(),
          number(options.cost()));
    }
    terminal.flush();
  }

  private static String number(double value) {
    return new BigDecimal(value, new MathContext(6)).stripTrailingZeros().toPlainString();
  }
}
