package org.vgg4j.bench.svm;

import com.sun.management.OperatingSystemMXBean;
import de.bwaldvogel.liblinear.Feature;
import de.bwaldvogel.liblinear.FeatureNode;
import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Model;
import de.bwaldvogel.liblinear.Parameter;
import de.bwaldvogel.liblinear.Problem;
import de.bwaldvogel.liblinear.SolverType;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.vgg4j.base.PeakMemory;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.svm.ArrayRows;
import org.vgg4j.svm.LinearSvm;
import org.vgg4j.svm.Loss;
import org.vgg4j.svm.SvmOptions;
import org.vgg4j.svm.SvmTrainer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmarks/svm}: one engine, once. */
@Command(name = "benchmarks/svm", sortOptions = false)
final class Main implements Callable<Integer> {
  /** Which solver. */
  enum Engine {
    VGG4J,
    LIBLINEAR
  }

  private static final SvmOptions OPTIONS = new SvmOptions(1, Loss.L2, 1, 1, 1, 0.01, 1000, 0);

  @Option(names = "--engine", required = true)
  private Engine engine = Engine.VGG4J;

  @Option(names = "--rows", required = true)
  private int rows;

  @Option(names = "--width", required = true)
  private int width;

  @Option(names = "--classes", required = true)
  private int classes;

  @Option(names = "--threads", defaultValue = "1")
  private int threads;

  /**
   * What training took, and gave.
   *
   * @param seconds by the clock
   * @param processor seconds that processors worked for this process, which other processes on the
   *     machine change less
   * @param first the weights of the first class, with that of the bias last
   */
  private record Trained(double seconds, double processor, double[] first) {}

  /** A moment, by the clock and by the processors' work for this process. */
  private record Moment(long clock, long processor) {
    static Moment now() {
      OperatingSystemMXBean system =
          ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
      return new Moment(System.nanoTime(), system.getProcessCpuTime());
    }

    Trained until(Moment end, double[] first) {
      return new Trained((end.clock - clock) * 1e-9, (end.processor - processor) * 1e-9, first);
    }
  }

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() {
    Descriptors data = new Descriptors(rows, width, classes);
    Trained trained = engine == Engine.VGG4J ? vgg4j(data) : liblinear(data);
    System.out.printf(
        Locale.ROOT,
        "%s\t%d\t%.2f\t%.2f\t%d\t%.8g%n",
        engine.name().toLowerCase(Locale.ROOT),
        threads,
        trained.seconds(),
        trained.processor(),
        PeakMemory.bytes().orElse(0) >> 20,
        objective(data, trained.first()));
    return 0;
  }

  private Trained vgg4j(Descriptors data) {
    float[] values = new float[Math.multiplyExact(rows, width)];
    for (int n = 0; n < rows; n++) {
      data.write(n, values, n * width);
    }
    List<String> names = IntStream.range(0, classes).mapToObj(k -> "class" + k).toList();
    MultiLabels labels =
        MultiLabels.ofSingle(names, IntStream.range(0, rows).map(data::label).toArray());
    Moment start = Moment.now();
    LinearSvm svm =
        new SvmTrainer(new ArrayRows(values, width), threads).train(labels, OPTIONS, threads).svm();
    Moment end = Moment.now();
    double[] first = new double[width + 1];
    Arrays.setAll(first, i -> i < width ? svm.weights()[i] : svm.offsets()[0]);
    return start.until(end, first);
  }

  private Trained liblinear(Descriptors data) {
    Linear.disableDebugOutput();
    Problem problem = new Problem();
    problem.l = rows;
    problem.n = width + 1;
    problem.bias = OPTIONS.bias();
    problem.x = new Feature[rows][width + 1];
    problem.y = new double[rows];
    float[] row = new float[width];
    for (int n = 0; n < rows; n++) {
      data.write(n, row, 0);
      for (int i = 0; i < width; i++) {
        problem.x[n][i] = new FeatureNode(i + 1, row[i]);
      }
      problem.x[n][width] = new FeatureNode(width + 1, OPTIONS.bias());
      problem.y[n] = data.label(n);
    }
    Moment start = Moment.now();
    Model model =
        Linear.train(
            problem,
            new Parameter(SolverType.L2R_L2LOSS_SVC_DUAL, OPTIONS.cost(), OPTIONS.tolerance()));
    Moment end = Moment.now();
    double[] first = new double[width + 1];
    int label =
        IntStream.range(0, classes)
            .filter(k -> model.getLabels()[k] == 0)
            .findFirst()
            .orElseThrow();
    // [features][classes], and for two classes of the first only
    int columns = classes == 2 ? 1 : classes;
    double sign = columns == 1 && label == 1 ? -1 : 1;
    Arrays.setAll(
        first, i -> sign * model.getFeatureWeights()[i * columns + (columns == 1 ? 0 : label)]);
    return start.until(end, first);
  }

  /** That of the first class, by its definition. */
  private double objective(Descriptors data, double[] weights) {
    double objective = 0;
    for (double weight : weights) {
      objective += weight * weight / 2;
    }
    float[] row = new float[width];
    for (int n = 0; n < rows; n++) {
      data.write(n, row, 0);
      double score = weights[width];
      for (int i = 0; i < width; i++) {
        score += weights[i] * row[i];
      }
      double margin = data.label(n) == 0 ? score : -score;
      objective += OPTIONS.cost() * OPTIONS.loss().of(margin);
    }
    return objective;
  }
}
