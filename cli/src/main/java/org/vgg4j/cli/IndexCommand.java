package org.vgg4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Network;
import org.vgg4j.search.IndexBuilder;
import org.vgg4j.search.IndexHeader;
import org.vgg4j.search.SearchIndex;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg index}. */
@Command(
    name = "index",
    description = {
      "Makes an index of all images below a folder, in which vgg search finds similar ones.",
      "The same command brings it up to date: only new and changed files are read. Interrupted,"
          + " it continues."
    },
    sortOptions = false)
final class IndexCommand implements Callable<Integer> {
  /** Unreadable images that are named. */
  private static final int MOST_NAMED = 20;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FOLDER", description = "its images, however deep, are indexed")
  private Path folder;

  @Option(names = "--model", paramLabel = "FILE", required = true, description = Texts.MODEL)
  private Path model;

  @Option(
      names = "--out",
      paramLabel = "INDEX",
      required = true,
      description = "the index, one file; one that exists is brought up to date")
  @Writes
  private Path out;

  @Mixin private final DescriptorOptions recipes = new DescriptorOptions();

  @Option(
      names = "--pca",
      paramLabel = "K",
      description =
          "whiten descriptors, and keep K numbers of each: smaller and often better; learnt from"
              + " these images when the index is made (default: keep descriptors as they are)")
  private int components;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  @Override
  public Integer call() {
    int batch = recipes.batch();
    recipes.recipe(true);
    if (components < 0 || components == 0 && isGiven("--pca")) {
      throw new InputException("option pca is " + components + " but must be at least 1");
    }
    Device chosen = device.get();
    if (!Files.isDirectory(folder)) {
      throw new InputException("there is no folder " + folder + ": check the path");
    }
    try (StopSignal stop = StopSignal.install(spec.commandLine().getErr());
        Engine engine = Engines.open(chosen, threads.count())) {
      ModelFile file = Models.read(model);
      DescriptorRecipe recipe = recipes.recipe(true, file, isMirrored(file));
      try (Network network =
              engine.load(
                  new org.vgg4j.network.Parameters(file.architecture(), file.arrays()),
                  FcWeights.FP32);
          Descriptors descriptors =
              new Descriptors(engine.hostThreads(), network, file.preprocessing(), recipe, batch)) {
        IndexHeader header = header(recipe, descriptors.dimensions());
        IndexBuilder.Result result =
            build(new IndexBuilder(engine.hostThreads(), descriptors, header, out), stop);
        print(result, header);
        return result.finished() ? 0 : stop.exitCode();
      }
    }
  }

  /** An index stays as it is, whatever the default for its model was when it was made. */
  private boolean isMirrored(ModelFile file) {
    return Files.exists(out)
        ? SearchIndex.open(out).header().descriptors().mirrored()
        : file.knowsMirrorImages();
  }

  private boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private IndexHeader header(DescriptorRecipe recipe, int described) {
    if (components > described) {
      throw new InputException(
          "option pca is %d, but a descriptor has only %d numbers: take fewer"
              .formatted(components, described));
    }
    try {
      return new IndexHeader(
          folder.toRealPath().toString(),
          model.toRealPath().toString(),
          FileDigest.sha256(model),
          recipe.asMap(),
          described,
          components > 0 ? components : described,
          components > 0);
    } catch (IOException e) {
      throw new InputException("cannot read " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  private IndexBuilder.Result build(IndexBuilder builder, StopSignal stop) {
    ProgressLine progress = quiet.line(spec.commandLine().getErr());
    try {
      return builder.run(
          stop::requested,
          (done, of) -> progress.show("described " + done + " of " + of + " images"));
    } finally {
      progress.clear();
    }
  }

  private void print(IndexBuilder.Result result, IndexHeader header) {
    PrintWriter err = spec.commandLine().getErr();
    if (!quiet.isQuiet()) {
      result.passedOver().forEach(sentence -> err.println("vgg: " + sentence));
    }
    if (!result.unreadable().isEmpty()) {
      int count = result.unreadable().size();
      err.println(
          "vgg: "
              + (count == 1 ? "1 image is" : count + " images are")
              + " passed over as unreadable"
              + (json || count <= MOST_NAMED ? ":" : " (--json lists all):"));
      result.unreadable().keySet().stream()
          .limit(MOST_NAMED)
          .forEach(name -> err.println("  " + Screen.harmless(name)));
    }
    if (!result.finished()) {
      err.printf(
          Locale.ROOT,
          "vgg: stopped with %d images described: the same command continues%n",
          result.images());
      return;
    }
    PrintWriter terminal = spec.commandLine().getOut();
    if (json) {
      terminal.println(Json.of(asMap(result, header)));
    } else {
      terminal.printf(
          Locale.ROOT,
          "%s: %d images of %s (%s): %s%n",
          out,
          result.images(),
          header.folder(),
          header.label(),
          counts(result));
    }
    terminal.flush();
  }

  private static String counts(IndexBuilder.Result result) {
    StringJoiner parts = new StringJoiner(", ");
    add(parts, result.added(), "new");
    add(parts, result.changed(), "changed");
    add(parts, result.renamed(), "renamed");
    add(parts, result.vanished(), "vanished");
    add(parts, result.kept(), "kept");
    return parts.toString();
  }

  private static void add(StringJoiner parts, int count, String word) {
    if (count > 0) {
      parts.add(count + " " + word);
    }
  }

  private Map<String, Object> asMap(IndexBuilder.Result result, IndexHeader header) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("index", out.toString());
    map.put("folder", header.folder());
    map.put("images", result.images());
    map.put("dimensions", header.kept());
    map.put("whitened", header.whitened());
    map.put("recipe", header.recipe());
    map.put("new", result.added());
    map.put("changed", result.changed());
    map.put("renamed", result.renamed());
    map.put("vanished", result.vanished());
    map.put("kept", result.kept());
    map.put("unreadable", result.unreadable());
    return map;
  }
}
