package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
      description =
          "the network that made the descriptors that it was trained on; of stacked descriptors"
              + " each one's, in their order")
  private List<Path> models;

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
    List<Map<String, Object>> recipes = DescriptorTable.parts(classifiers.recipe());
    requireItsNetworks(recipes);
    List<Path> files = ImageArguments.files(images, this::complain);
    List<Result> results = new ArrayList<>();
    try (Stacked stacked = new Stacked(models, recipes, options)) {
      for (Path file : files) {
        try {
          results.add(predict(classifiers, file, stacked.describe(file)).best(top));
        } catch (InputException e) {
          complain(String.valueOf(e.getMessage()));
        }
      }
    }
    print(results);
    return results.size() == files.size() ? 0 : 1;
  }

  private void requireItsNetworks(List<Map<String, Object>> recipes) {
    if (models.size() != recipes.size()) {
      throw new InputException(
          "%s was trained on descriptors of %d kind(s), but option model is given %d time(s): give the network of each kind, in their order"
              .formatted(svm, recipes.size(), models.size()));
    }
    for (int i = 0; i < models.size(); i++) {
      Object digest = recipes.get(i).get(DescriptorTable.MODEL_DIGEST);
      if (!FileDigest.sha256(models.get(i)).equals(digest)) {
        throw new InputException(
            "%s is not the network that made the descriptors on which %s was trained: its SHA-256 should be %s"
                .formatted(models.get(i), svm, digest));
      }
    }
  }

  /** Describes images by several networks, whose descriptors lie one behind the other. */
  private static final class Stacked implements AutoCloseable {
    private final List<ImageEmbedder> embedders = new ArrayList<>();

    Stacked(List<Path> models, List<Map<String, Object>> recipes, ClassifierOptions options) {
      try {
        for (int i = 0; i < models.size(); i++) {
          DescriptorRecipe recipe = DescriptorRecipe.of(recipes.get(i));
          embedders.add(ImageEmbedder.load(models.get(i), recipe, options));
        }
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }

    float[] describe(Path file) {
      float[] all = new float[0];
      for (ImageEmbedder embedder : embedders) {
        float[] own = embedder.embed(file);
        int before = all.length;
        all = Arrays.copyOf(all, before + own.length);
        System.arraycopy(own, 0, all, before, own.length);
      }
      return all;
    }

    @Override
    public void close() {
      embedders.forEach(ImageEmbedder::close);
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
