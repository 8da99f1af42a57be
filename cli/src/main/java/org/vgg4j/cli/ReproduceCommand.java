package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.experiment.reproduce.Reproducer;
import org.vgg4j.experiment.reproduce.Reproduction;
import org.vgg4j.experiment.reproduce.ReproductionConfig;
import org.vgg4j.experiment.reproduce.TableFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg reproduce}. */
@Command(
    name = "reproduce",
    description =
        "Trains the networks of the paper's Tables 3 to 6 on other data, at another width, measures"
            + " them by all protocols and writes the tables beside the paper's, with a verdict on"
            + " each of its conclusions. The same command again resumes where it was stopped."
            + " Tables 8 to 10: vgg reproduce localisation; 11 and 12: vgg reproduce features.",
    subcommands = {ReproduceBoxesCommand.class, ReproduceFeaturesCommand.class},
    sortOptions = false)
final class ReproduceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      defaultValue = "fashion-mnist",
      description = Texts.DATA + "; with test images (default: ${DEFAULT-VALUE})")
  private String data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs/tables",
      description = "folder of the runs and the tables (default: ${DEFAULT-VALUE})")
  @Writes(Writes.Kind.FOLDER)
  private Path out;

  @Option(names = "--width", paramLabel = "F", defaultValue = "0.125", description = Texts.WIDTH)
  private double width;

  @Option(
      names = "--crop",
      paramLabel = "PIXELS",
      defaultValue = "64",
      description =
          "side of the networks' input window; scales are the paper's, in proportion to it"
              + " (default: ${DEFAULT-VALUE})")
  private int crop;

  @Option(
      names = "--images",
      paramLabel = "N",
      defaultValue = "12000",
      description = "training images, including those held out; 0: all (default: ${DEFAULT-VALUE})")
  private int images;

  @Option(
      names = "--test-images",
      paramLabel = "N",
      defaultValue = "2000",
      description = "test images that are measured; 0: all (default: ${DEFAULT-VALUE})")
  private int testImages;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "3",
      description = "how often each network is trained (default: ${DEFAULT-VALUE})")
  private int seeds;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "epochs of networks with random initial weights; those with trained ones get fewer"
              + " (default: ${DEFAULT-VALUE})")
  private int epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      description = "images per step (default: ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--lr",
      paramLabel = "F",
      defaultValue = "0.01",
      description = "initial learning rate (default: ${DEFAULT-VALUE})")
  private double learningRate;

  @Option(
      names = "--quick",
      description =
          "a trial of a minute with 200 images, one epoch and one seed, whatever --width, --images,"
              + " --test-images, --seeds, --epochs and --batch say; its figures mean nothing")
  private boolean quick;

  @Mixin private final UnreadableOption maxUnreadable = new UnreadableOption();

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Mixin private final QuietOption quietly = new QuietOption();

  @Override
  public Integer call() {
    UnreadableLimit passedOver = maxUnreadable.get();
    ReproductionConfig config =
        quick
            ? new ReproductionConfig(
                data,
                0.05,
                crop,
                200,
                40,
                1,
                1,
                20,
                learningRate,
                threads.count(),
                device.get(),
                passedOver)
            : new ReproductionConfig(
                data,
                width,
                crop,
                images,
                testImages,
                seeds,
                epochs,
                batch,
                learningRate,
                threads.count(),
                device.get(),
                passedOver);
    return new ReproductionRun(spec, out, identity(config), threads.count(), quick, quietly)
        .call(
            (listener, stopRequested) -> {
              Reproducer reproducer =
                  new Reproducer(config, out, listener, stopRequested, Map.of());
              return new ReproductionRun.Work(
                  reproducer::predictSeconds,
                  () -> {
                    Reproduction found = reproducer.run();
                    return found == null ? null : facts -> TableFiles.write(out, found, facts);
                  });
            });
  }

  private static String identity(ReproductionConfig config) {
    return String.format(
        Locale.ROOT,
        "data %s, width %s, crop %d, images %d, test-images %d, seeds %d, epochs %d, batch %d, lr"
            + " %s",
        config.data(),
        config.width(),
        config.crop(),
        config.images(),
        config.testImages(),
        config.seeds(),
        config.epochs(),
        config.batch(),
        config.learningRate());
  }
}
