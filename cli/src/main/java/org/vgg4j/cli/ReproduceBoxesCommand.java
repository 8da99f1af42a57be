package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.experiment.reproduce.BoxReproducer;
import org.vgg4j.experiment.reproduce.BoxReproduction;
import org.vgg4j.experiment.reproduce.BoxReproductionConfig;
import org.vgg4j.experiment.reproduce.TableFiles;
import org.vgg4j.model.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg reproduce localisation}. */
@Command(
    name = "localisation",
    description =
        "Trains a classification network and the localisation networks of the paper's Tables 8 and"
            + " 9 on other data, measures them by both protocols, beside boxes by Grad-CAM, and"
            + " writes Tables 8 to 10 beside the paper's, with a verdict on each of its"
            + " conclusions. The same command again resumes where it was stopped.",
    sortOptions = false)
final class ReproduceBoxesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      defaultValue = "fashion-boxes",
      description = Texts.DATA + "; with boxes and test images (default: ${DEFAULT-VALUE})")
  private String data;

  @Option(names = "--boxes", paramLabel = "FILE", description = Texts.BOXES)
  private @Nullable Path boxes;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs/tables-localisation",
      description = "folder of the runs and the tables (default: ${DEFAULT-VALUE})")
  @Writes(Writes.Kind.FOLDER)
  private Path out;

  @Option(
      names = "--arch",
      paramLabel = "NET",
      defaultValue = "A",
      description = "the network; the paper's is D (default: ${DEFAULT-VALUE})")
  private String architecture;

  @Option(names = "--width", paramLabel = "F", defaultValue = "0.25", description = Texts.WIDTH)
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
      defaultValue = "0",
      description = "training images, including those held out; 0: all (default: ${DEFAULT-VALUE})")
  private int images;

  @Option(
      names = "--test-images",
      paramLabel = "N",
      defaultValue = "0",
      description = "test images that are measured; 0: all (default: ${DEFAULT-VALUE})")
  private int testImages;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1",
      description = "how often each network is trained (default: ${DEFAULT-VALUE})")
  private int seeds;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "15",
      description = "epochs of the classification network (default: ${DEFAULT-VALUE})")
  private int epochs;

  @Option(
      names = "--box-epochs",
      paramLabel = "N",
      defaultValue = "20",
      description = "epochs of each network that finds boxes (default: ${DEFAULT-VALUE})")
  private int boxEpochs;

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
              + " --test-images, --seeds, --epochs, --box-epochs and --batch say; its figures mean"
              + " nothing")
  private boolean quick;

  @Mixin private final UnreadableOption maxUnreadable = new UnreadableOption();

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Mixin private final QuietOption quietly = new QuietOption();

  @Override
  public Integer call() {
    BoxReproductionConfig config = config();
    return new ReproductionRun(spec, out, identity(config), threads.count(), quick, quietly)
        .call(
            (listener, stopRequested) -> {
              BoxReproducer reproducer =
                  new BoxReproducer(config, out, listener, stopRequested, Map.of());
              return new ReproductionRun.Work(
                  reproducer::predictSeconds,
                  () -> {
                    BoxReproduction found = reproducer.run();
                    return found == null ? null : facts -> TableFiles.write(out, found, facts);
                  });
            });
  }

  private BoxReproductionConfig config() {
    return new BoxReproductionConfig(
        data,
        boxes,
        Configuration.of(architecture),
        quick ? 0.05 : width,
        crop,
        quick ? 200 : images,
        quick ? 40 : testImages,
        quick ? 1 : seeds,
        quick ? 1 : epochs,
        quick ? 1 : boxEpochs,
        quick ? 20 : batch,
        learningRate,
        threads.count(),
        device.get(),
        maxUnreadable.get());
  }

  private static String identity(BoxReproductionConfig config) {
    return String.format(
        Locale.ROOT,
        "data %s, boxes %s, arch %s, width %s, crop %d, images %d, test-images %d, seeds %d, epochs"
            + " %d, box-epochs %d, batch %d, lr %s",
        config.data(),
        config.boxes() == null ? "beside it" : config.boxes(),
        config.configuration().label(),
        config.width(),
        config.crop(),
        config.images(),
        config.testImages(),
        config.seeds(),
        config.epochs(),
        config.boxEpochs(),
        config.batch(),
        config.learningRate());
  }
}
