package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.experiment.reproduce.FeatureConfig;
import org.vgg4j.experiment.reproduce.FeatureReproducer;
import org.vgg4j.experiment.reproduce.FeatureReproduction;
import org.vgg4j.experiment.reproduce.TableFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg reproduce features}. */
@Command(
    name = "features",
    description =
        "Measures networks as descriptors by the protocols of the paper's appendix B, on those of"
            + " its data sets that are there as they unpack, and writes Tables 11 and 12 beside the"
            + " paper's. The same command again continues where it was stopped.",
    sortOptions = false)
final class ReproduceFeaturesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      required = true,
      description = Texts.MODEL + "; several: each alone, and all stacked (the paper: D and E)")
  private List<Path> models;

  @Option(
      names = "--voc-2007",
      paramLabel = "DIR",
      description = "PASCAL VOC-2007: VOCdevkit/VOC2007, with the archives VOCtrainval and VOCtest")
  private @Nullable Path voc2007;

  @Option(
      names = "--voc-2012",
      paramLabel = "DIR",
      description =
          "PASCAL VOC-2012: VOCdevkit/VOC2012, for classification and actions; measured on val;"
              + " with the archive VOCtest there are files for its server, too")
  private @Nullable Path voc2012;

  @Option(
      names = "--caltech-101",
      paramLabel = "DIR",
      description = "Caltech-101: 101_ObjectCategories")
  private @Nullable Path caltech101;

  @Option(
      names = "--caltech-256",
      paramLabel = "DIR",
      description = "Caltech-256: 256_ObjectCategories")
  private @Nullable Path caltech256;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs/tables-features",
      description = "folder of descriptors, tables and submissions (default: ${DEFAULT-VALUE})")
  @Writes(Writes.Kind.FOLDER)
  private Path out;

  @Option(
      names = "--test-scales",
      paramLabel = "Q,Q",
      description =
          "shorter side, in pixels, of a rescaled image (default: the paper's, in proportion to the"
              + " crop: at 224 for VOC 256,384,512,640,768, averaged; for Caltech 256,384,512,"
              + " stacked)")
  private @Nullable String testScales;

  @Option(
      names = "--cost",
      paramLabel = "C",
      description =
          "weight of the classifiers' losses against the regulariser (default: the best power of 10"
              + " from 0.001 to 10,000, on validation images)")
  private @Nullable Double cost;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "decides Caltech's splits (default: ${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      description =
          "images of a size at a time, mirror images included (default: ${DEFAULT-VALUE})")
  private int batch;

  @Mixin private final FcWeightsOption fcWeights = new FcWeightsOption();

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Mixin private final QuietOption quietly = new QuietOption();

  @Override
  public Integer call() {
    FeatureConfig config =
        new FeatureConfig(
            models,
            voc2007,
            voc2012,
            caltech101,
            caltech256,
            scales(),
            cost,
            seed,
            batch,
            fcWeights.get(),
            threads.count(),
            device.get());
    return new ReproductionRun(spec, out, identity(config), threads.count(), false, quietly)
        .call(
            (listener, stopRequested) -> {
              FeatureReproducer reproducer =
                  new FeatureReproducer(config, out, listener, stopRequested);
              return new ReproductionRun.Work(
                  reproducer::predictSeconds,
                  () -> {
                    FeatureReproduction found = reproducer.run();
                    return found == null ? null : facts -> TableFiles.write(out, found, facts);
                  });
            });
  }

  private List<Integer> scales() {
    if (testScales == null) {
      return List.of();
    }
    String[] words = testScales.strip().split("\\s*,\\s*", -1);
    if (!Arrays.stream(words).allMatch(word -> word.matches("\\d{1,5}"))) {
      throw new InputException(
          "option test-scales is %s but must be numbers of pixels with commas between, such as 256,384,512"
              .formatted(testScales));
    }
    return Arrays.stream(words).map(Integer::valueOf).toList();
  }

  private static String identity(FeatureConfig config) {
    return String.format(
        Locale.ROOT,
        "models %s, voc-2007 %s, voc-2012 %s, caltech-101 %s, caltech-256 %s, test-scales %s, cost"
            + " %s, seed %d, fc-weights %s",
        config.models(),
        word(config.voc2007()),
        word(config.voc2012()),
        word(config.caltech101()),
        word(config.caltech256()),
        config.scales().isEmpty() ? "the paper's" : config.scales(),
        config.cost() == null ? "chosen" : config.cost(),
        config.seed(),
        config.fcWeights().label());
  }

  private static String word(@Nullable Path folder) {
    return folder == null ? "none" : folder.toString();
  }
}
