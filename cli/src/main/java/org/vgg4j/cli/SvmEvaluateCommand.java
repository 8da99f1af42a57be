package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.evaluate.Recall;
import org.vgg4j.network.HostThreads;
import org.vgg4j.svm.LinearSvm;
import org.vgg4j.svm.SvmModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg svm evaluate}. */
@Command(
    name = "evaluate",
    description = "Measures linear classifiers on descriptors of images with classes.",
    sortOptions = false)
final class SvmEvaluateCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE.npy", arity = "1..*", description = SvmCommand.DESCRIPTORS)
  private List<Path> descriptors;

  @Option(
      names = "--svm",
      paramLabel = "FILE",
      required = true,
      description = "what vgg svm train wrote")
  private Path svm;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  // there is no progress to suppress: it is enough that picocli sets it, which quietens the log
  @SuppressWarnings("UnusedVariable")
  @Mixin
  private final QuietOption quiet = new QuietOption();

  @Override
  public void run() {
    int workers = HostThreads.requireCount(threads.count());
    SvmModel model = SvmModel.read(svm);
    SvmCommand.Labelled images = SvmCommand.Labelled.open(descriptors);
    int[] labels = images.labels(model);
    int[] predicted =
        Arrays.stream(model.svm().scores(images.rows(), workers))
            .mapToInt(LinearSvm::best)
            .toArray();
    List<String> names = model.svm().classNames();
    double[] recall = Recall.ofClasses(names, labels, predicted);
    Map<String, Object> ofClasses = new LinkedHashMap<>();
    for (int k = 0; k < recall.length; k++) {
      ofClasses.put(names.get(k), recall[k]);
    }
    double accuracy = Recall.accuracy(labels, predicted);
    double mean = Recall.meanOfClasses(names, labels, predicted);
    PrintWriter terminal = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("images", labels.length);
      map.put("accuracy", accuracy);
      map.put("meanClassRecall", mean);
      map.put("classRecall", ofClasses);
      terminal.println(Json.of(map));
    } else {
      ofClasses.forEach(
          (name, share) ->
              terminal.printf(Locale.ROOT, "%6.2f %%  %s%n", 100 * (Double) share, name));
      terminal.printf(
          Locale.ROOT,
          "%d images: accuracy %.2f %%, mean class recall %.2f %%%n",
          labels.length,
          100 * accuracy,
          100 * mean);
    }
    terminal.flush();
  }
}
