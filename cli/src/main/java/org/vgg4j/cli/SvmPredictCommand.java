package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageEmbedder;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.embed.DescriptorTable;
import org.vgg4j.svm.ArrayRows;
import org.vgg4j.svm.SvmModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg svm predict}. */
@Command(
    name = "predict",
    description =
        "Classifies images: describes them as the classifiers' training images were described.",
    sortOptions = false)
final class SvmPredictCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "image files, or folders of them")
  private List<Path> images;

  @Option(
      names = "--svm",
      paramLabel = "FILE",
      required = true,
      description = "what vgg svm train wrote")
  private Path svm;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      required = true,
      description = "the network that made the descriptors that it was trained on")
  private Path model;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "5",
      description = "predictions for each image (default: ${DEFAULT-VALUE})")
  private int top;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  // there is no progress to suppress: it is enough that picocli sets it, which quietens the log
  @SuppressWarnings("UnusedVariable")
  @Mixin
  private final QuietOption quiet = new QuietOption();

  /** A class and how far on its side of the boundary the image lies. */
  private record Scored(String label, int index, double score) {}

  /** An image's best classes. */
  private record Result(String file, List<Scored> predictions) {
    Result best(int count) {
      return new Result(file, predictions.stream().limit(count).toList());
    }
  }

  /** Returns 1 if any file could not be classified; the others are classified nevertheless. */
  @Override
  public Integer call() {
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    ClassifierOptions options =
        ClassifierOptions.defaults().withDevice(device.get().text()).withThreads(threads.count());
    SvmModel classifiers = SvmModel.read(svm);
    requireItsNetwork(classifiers);
    List<Path> files = ImageArguments.files(images, this::complain);
    List<Result> results = new ArrayList<>();
    DescriptorRecipe recipe = DescriptorRecipe.of(classifiers.recipe());
    try (ImageEmbedder embedder = ImageEmbedder.load(model, recipe, options)) {
      for (Path file : files) {
        try {
          results.add(predict(classifiers, file, embedder.embed(file)).best(top));
        } catch (InputException e) {
          complain(String.valueOf(e.getMessage()));
        }
      }
    }
    print(results);
    return results.size() == files.size() ? 0 : 1;
  }

  private void requireItsNetwork(SvmModel classifiers) {
    Object digest = classifiers.recipe().get(DescriptorTable.MODEL_DIGEST);
    if (!FileDigest.sha256(model).equals(digest)) {
      throw new InputException(
          "%s is not the network that made the descriptors on which %s was trained: its SHA-256 should be %s"
              .formatted(model, svm, digest));
    }
  }

  private void complain(String sentence) {
    spec.commandLine().getErr().println("vgg: " + sentence);
  }

  private static Result predict(SvmModel classifiers, Path file, float[] descriptor) {
    double[] scores = classifiers.svm().scores(new ArrayRows(descriptor, descriptor.length), 1)[0];
    List<Scored> all = new ArrayList<>();
    for (int index = 0; index < scores.length; index++) {
      all.add(new Scored(classifiers.svm().classNames().get(index), index, scores[index]));
    }
    all.sort(Comparator.comparingDouble(Scored::score).reversed());
    return new Result(file.toString(), all);
  }

  private void print(List<Result> results) {
    PrintWriter terminal = spec.commandLine().getOut();
    if (json) {
      terminal.println(Json.of(results));
    } else {
      for (Result result : results) {
        terminal.println(result.file());
        for (Scored one : result.predictions()) {
          terminal.printf(Locale.ROOT, "  %+8.3f  %s%n", one.score(), one.label());
        }
      }
    }
    terminal.flush();
  }
}
