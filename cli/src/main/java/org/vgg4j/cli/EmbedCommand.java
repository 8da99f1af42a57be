package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.folder.LooseImages;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.embed.DescriptorTable;
import org.vgg4j.embed.Embedding;
import org.vgg4j.embed.Share;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Network;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg embed}. */
@Command(
    name = "embed",
    description =
        "Computes a descriptor of each image, by which images can be compared and classified (the"
            + " paper, appendix B). Interrupted, the same command continues.",
    sortOptions = false)
final class EmbedCommand implements Callable<Integer> {
  /** Unreadable images that are named. */
  private static final int MOST_NAMED = 20;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DATA",
      arity = "1..*",
      description =
          "image files and folders of them, without classes; or one data set: " + Texts.DATA)
  private List<String> data;

  @Option(names = "--model", paramLabel = "FILE", required = true, description = Texts.MODEL)
  private Path model;

  @Option(
      names = "--out",
      paramLabel = "FILE.npy",
      required = true,
      description =
          "the descriptors, for NumPy: a row for each image; FILE.json beside it has the images'"
              + " names and classes, and how the descriptors were made")
  @Writes
  private Path out;

  @Option(
      names = "--split",
      paramLabel = "PART",
      description = "train, val or test, of a data set that has parts; nothing is held out")
  private @Nullable Split split;

  @Option(
      names = "--unlabelled",
      description = "take all images below the folders, however deep, and no classes")
  private boolean unlabelled;

  @Option(
      names = "--share",
      paramLabel = "K/N",
      description =
          "describe only the K-th of N equal parts of the images, into FILE.K-of-N.npy: for several"
              + " processes or machines; the last one puts all together")
  private @Nullable String share;

  @Mixin private final DescriptorOptions recipes = new DescriptorOptions();

  @Option(
      names = "--normalize",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "give each descriptor unit length, last of all (default: true)")
  private boolean normalize;

  @Mixin private final UnreadableOption maxUnreadable = new UnreadableOption();

  @Mixin private final FcWeightsOption fcWeights = new FcWeightsOption();

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  @Override
  public Integer call() {
    int batch = recipes.batch();
    DescriptorTable.requirePlace(out);
    Share part = share == null ? null : Share.of(share);
    if (part != null) {
      DescriptorTable.requirePlace(part.file(out));
    }
    DescriptorRecipe recipe = recipes.recipe(normalize);
    UnreadableLimit unused = maxUnreadable.get(); // a mistake in it is found before data are read
    FcWeights form = fcWeights.get();
    Device chosen = device.get();
    try (StopSignal stop = StopSignal.install(spec.commandLine().getErr());
        Engine engine = Engines.open(chosen, threads.count())) {
      ModelFile file = Models.read(model);
      recipe = recipes.recipe(normalize, file);
      Dataset dataset = dataset();
      dataset.notes().forEach(note -> spec.commandLine().getErr().println("vgg: " + note));
      Dataset whole = dataset;
      if (part != null) {
        dataset = part.of(whole, recipe);
      }
      Path target = part == null ? out : part.file(out);
      Embedding.Result result;
      try (Network network =
          engine.load(new org.vgg4j.network.Parameters(file.architecture(), file.arrays()), form)) {
        file = file.withoutArrays(); // releases what was rounded
        result = embed(engine, network, file.preprocessing(), recipe, batch, dataset, target, stop);
      }
      print(result, recipe, dataset, target);
      if (part != null && result.finished()) {
        join(part, whole, recipe);
      }
      return result.finished() ? 0 : stop.exitCode();
    }
  }

  /** The images that DATA stands for. */
  private Dataset dataset() {
    List<Path> paths = unlabelled || data.size() > 1 ? paths() : plainImages();
    if (!paths.isEmpty()) {
      if (split != null) {
        throw new InputException(
            "option split is %s, but images without classes have no parts: leave it out"
                .formatted(split.name().toLowerCase(Locale.ROOT)));
      }
      return LooseImages.of(paths);
    }
    Map<String, Dataset> parts = DataSources.recognise(data.get(0)).parts();
    if (split == null && parts.size() == 1) {
      return parts.values().iterator().next();
    }
    String wanted = split == null ? "" : split.name().toLowerCase(Locale.ROOT);
    for (Map.Entry<String, Dataset> part : parts.entrySet()) {
      if (!wanted.isEmpty() && part.getKey().startsWith(wanted)) {
        return part.getValue(); // test before those test images whose classes are not known
      }
    }
    throw new InputException(
        "%s has the parts %s: say which one with --split"
            .formatted(data.get(0), String.join(", ", parts.keySet())));
  }

  private List<Path> paths() {
    return data.stream().map(Path::of).toList();
  }

  private List<Path> plainImages() {
    List<Path> paths = paths();
    return LooseImages.isPlainly(paths.get(0)) ? paths : List.of();
  }

  private Embedding.Result embed(
      Engine engine,
      Network network,
      Preprocessing preprocessing,
      DescriptorRecipe recipe,
      int batch,
      Dataset dataset,
      Path target,
      StopSignal stop) {
    Embedding.Computer computer =
        new Embedding.Computer(
            model.toString(),
            FileDigest.sha256(model),
            engine.kernels().name(),
            network.fcWeights().label());
    ProgressLine progress = quiet.line(spec.commandLine().getErr());
    try (Descriptors descriptors =
        new Descriptors(engine.hostThreads(), network, preprocessing, recipe, batch)) {
      return new Embedding(engine.hostThreads(), descriptors, computer, maxUnreadable.get())
          .run(
              dataset,
              target,
              stop::requested,
              done -> progress.show("described " + done + " of " + dataset.size() + " images"));
    } finally {
      progress.clear();
    }
  }

  /** Puts all shares together if this was the last one. */
  private void join(Share part, Dataset whole, DescriptorRecipe recipe) {
    List<Integer> missing = part.missing(out);
    PrintWriter err = spec.commandLine().getErr();
    if (!missing.isEmpty()) {
      if (!quiet.isQuiet()) {
        err.printf(
            "vgg: %s is made when the other shares are there, too: %s missing%n",
            out, String.join(", ", missing.stream().map(k -> k + "/" + part.count()).toList()));
      }
      return;
    }
    DescriptorTable joined = part.join(out, whole, recipe);
    if (!quiet.isQuiet()) {
      err.printf(
          Locale.ROOT,
          "vgg: all %d shares are together in %s: %d descriptors; the files of the shares can be"
              + " deleted%n",
          part.count(),
          out,
          joined.ids().size());
    }
  }

  private void print(
      Embedding.Result result, DescriptorRecipe recipe, Dataset dataset, Path target) {
    PrintWriter err = spec.commandLine().getErr();
    if (!result.unreadable().isEmpty()) {
      err.println("vgg: " + Unreadable.passedOver(result.unreadable().size()) + ":");
      result.unreadable().stream().limit(MOST_NAMED).forEach(name -> err.println("  " + name));
      if (result.unreadable().size() > MOST_NAMED) {
        err.println("  ... (" + DescriptorTable.beside(target) + " lists all)");
      }
    }
    if (!result.finished()) {
      err.printf(
          Locale.ROOT,
          "vgg: stopped: %d of %d images are done; the same command continues%n",
          result.images(),
          dataset.size());
      return;
    }
    PrintWriter terminal = spec.commandLine().getOut();
    if (json) {
      terminal.println(Json.of(asMap(result, recipe, dataset, target)));
    } else {
      terminal.printf(
          Locale.ROOT,
          "%s: %d descriptors of %d numbers of %s (%s)%s; names in %s%n",
          target,
          result.rows(),
          result.dimensions(),
          dataset.name(),
          recipe.label(),
          result.kept() == 0 ? "" : ", %d of them kept from before".formatted(result.kept()),
          DescriptorTable.beside(target));
    }
    terminal.flush();
  }

  private Map<String, Object> asMap(
      Embedding.Result result, DescriptorRecipe recipe, Dataset dataset, Path target) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", target.toString());
    map.put("names", DescriptorTable.beside(target).toString());
    map.put("data", dataset.name());
    map.put("descriptors", result.rows());
    map.put("dimensions", result.dimensions());
    map.put("kept", result.kept());
    map.put("recipe", recipe.asMap());
    map.put("unreadable", result.unreadable());
    return map;
  }
}
