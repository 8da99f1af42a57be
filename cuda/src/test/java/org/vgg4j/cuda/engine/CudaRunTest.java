package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.data.DataSplits;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Task;
import org.vgg4j.network.Device;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Precision;
import org.vgg4j.train.DryRun;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.Trainer;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingConfigBuilder;
import org.vgg4j.train.TrainingListener;
import org.vgg4j.train.TrainingResult;

/** Whole runs on the emulated GPU: data, steps, validation, checkpoints, models. */
@ExtendWith(Emulator.class)
class CudaRunTest {
  private static final int STEPS = 4;

  @TempDir private Path root;

  /** What a run said. */
  private static final class Recorder implements TrainingListener {
    private final List<Double> losses = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    @Override
    public void started(
        TrainingConfig config, DataSplits data, Architecture architecture, MemoryPlan memory) {}

    @Override
    public void stepped(Progress progress) {
      losses.add(progress.loss());
    }

    @Override
    public void epochEnded(EpochMetrics metrics, boolean best) {}

    @Override
    public void warned(String sentence) {
      warnings.add(sentence);
    }
  }

  /** Two classes of eight images: a dark square on light, and the other way round. */
  @BeforeEach
  void drawImages() throws IOException {
    for (String name : List.of("dark", "light")) {
      Path folder = Files.createDirectories(root.resolve("data").resolve(name));
      for (int i = 0; i < 8; i++) {
        BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(name.equals("dark") ? Color.WHITE : Color.BLACK);
        graphics.fillRect(0, 0, 40, 40);
        graphics.setColor(name.equals("dark") ? Color.BLACK : Color.WHITE);
        graphics.fillRect(i, 2 * i, 20, 20);
        graphics.dispose();
        ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
      }
    }
  }

  private TrainingConfig config(Device device) {
    return options(device).microBatch(2).build();
  }

  private TrainingConfigBuilder options(Device device) {
    return TrainingConfig.builder()
        .data(root.resolve("data").toString())
        .heldOut(0.25)
        .width(Networks.SMALLEST_WIDTH)
        .crop(32)
        .batch(4)
        .learningRate(0.01)
        .epochs(2)
        .maxSteps(STEPS)
        .threads(1)
        .device(device);
  }

  private static final Device GPU = new Device("cuda", List.of(0), Precision.FP32);

  private TrainingResult train(Device device, String out, int stopAfter, Recorder recorder) {
    BooleanSupplier stop = () -> stopAfter > 0 && recorder.losses.size() == stopAfter;
    return Trainer.train(config(device), root.resolve(out), recorder, stop, Map.of());
  }

  @Test
  void aRunFollowsTheCpusAndIsResumedToTheBit() throws IOException {
    Recorder expected = new Recorder();
    Recorder actual = new Recorder();
    TrainingResult ofCpu = train(Device.CPU, "cpu", 0, expected);
    TrainingResult whole = train(GPU, "gpu", 0, actual);
    assertThat(actual.losses).hasSize(STEPS);
    for (int i = 0; i < STEPS; i++) {
      assertThat(actual.losses.get(i)).isCloseTo(expected.losses.get(i), withPercentage(1));
    }
    assertThat(whole.bestError()).isEqualTo(ofCpu.bestError());
    String provenance = Files.readString(root.resolve("gpu").resolve("provenance.json"));
    assertThat(provenance).contains("cuda-sm80-fp32-cc80: cuda:0 (vgg4j emulator)");

    TrainingResult part = train(GPU, "parts", 3, new Recorder());
    assertThat(part.interrupted()).isTrue();
    Recorder resumed = new Recorder();
    TrainingResult rest =
        Trainer.resume(config(GPU), root.resolve("parts"), resumed, () -> false, Map.of());
    assertThat(resumed.warnings).noneMatch(warning -> warning.startsWith("the run began"));
    assertThat(Files.readAllBytes(rest.folder().lastModel()))
        .isEqualTo(Files.readAllBytes(whole.folder().lastModel()));
  }

  @Test
  void aRunThatBeganOnTheGpuGoesOnOnTheCpuAndSaysThatBytesDiffer() {
    Recorder resumed = new Recorder();
    TrainingResult part = train(GPU, "run", 3, new Recorder());
    assertThat(part.interrupted()).isTrue();
    TrainingResult rest =
        Trainer.resume(config(Device.CPU), root.resolve("run"), resumed, () -> false, Map.of());
    assertThat(rest.steps()).isEqualTo(STEPS);
    assertThat(resumed.warnings)
        .anyMatch(
            warning ->
                warning.startsWith(
                    "the run began with cuda-sm80-fp32-cc80 kernels and continues with"));
  }

  private TrainingResult trainBoxes(Device device, String out, Recorder recorder) {
    TrainingConfig config =
        options(device)
            .epochs(1)
            .learningRate(1e-3)
            .microBatch(2)
            .regression(Task.BOX_PER_CLASS)
            .build();
    return Trainer.train(config, root.resolve(out), recorder, () -> false, Map.of());
  }

  /** The boxes are those of the squares. */
  @Test
  void aRunThatLearnsBoxesFollowsTheCpus() throws IOException {
    StringBuilder boxes = new StringBuilder("file,label,xmin,ymin,xmax,ymax\n");
    for (String name : List.of("dark", "light")) {
      for (int i = 0; i < 8; i++) {
        boxes.append(
            "%s/%d.png,%s,%d,%d,%d,%d\n".formatted(name, i, name, i, 2 * i, i + 20, 2 * i + 20));
      }
    }
    Files.writeString(root.resolve("data").resolve("boxes.csv"), boxes);
    Recorder expected = new Recorder();
    Recorder actual = new Recorder();
    TrainingResult ofCpu = trainBoxes(Device.CPU, "cpu", expected);
    TrainingResult ofGpu = trainBoxes(GPU, "gpu", actual);
    assertThat(actual.losses).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(actual.losses.get(i)).isCloseTo(expected.losses.get(i), withPercentage(1));
    }
    assertThat(ofGpu.bestError()).isEqualTo(ofCpu.bestError());
  }

  private static Device gpus(String numbers) {
    return Device.of("cuda:" + numbers).in(Precision.BF16);
  }

  private static byte[] model(TrainingResult result) throws IOException {
    return Files.readAllBytes(result.folder().lastModel());
  }

  private TrainingResult resume(TrainingConfig config, String run, Recorder recorder) {
    return Trainer.resume(config, root.resolve(run), recorder, () -> false, Map.of());
  }

  /** 12 images in batches of 5, the last of which leaves two GPUs without images. */
  @Test
  void aRunOnSeveralGpusIsThatOfOneWithItsMicroBatch() throws IOException {
    Emulator.pose(4, 12040, 80, 1L << 30);
    Recorder expected = new Recorder();
    TrainingConfig one = options(gpus("0")).batch(5).microBatch(2).build();
    Path out = root.resolve("one");
    TrainingResult alone = Trainer.train(one, out, expected, () -> false, Map.of());

    TrainingConfig automatic = options(gpus("3,0,1")).batch(5).build();
    Recorder actual = new Recorder();
    TrainingResult several =
        Trainer.train(automatic, root.resolve("three"), actual, () -> false, Map.of());
    assertThat(actual.losses).isEqualTo(expected.losses);
    assertThat(model(several)).isEqualTo(model(alone));
    assertThat(several.bestError()).isEqualTo(alone.bestError());
    assertThat(Files.readString(root.resolve("three").resolve("config.yaml")))
        .contains("micro-batch: 2");
    assertThat(Files.readString(root.resolve("three").resolve("provenance.json")))
        .contains("cuda-sm80-bf16-cc80: 3 x vgg4j emulator (cuda:3,0,1)")
        .contains("\"deviceUsed\" : \"cuda:3,0,1\"");
  }

  /** On as many GPUs, on one, and on more, whose shares are still no smaller. */
  @Test
  void aRunOnSeveralGpusIsResumedToTheBit() throws IOException {
    Emulator.pose(4, 12040, 80, 1L << 30);
    Device two = gpus("0,1");
    TrainingResult whole = train(two, "whole", 0, new Recorder());
    for (Device other : List.of(two, gpus("2"))) {
      String run = "parts-" + other.numbers().size();
      assertThat(train(two, run, 3, new Recorder()).interrupted()).isTrue();
      Recorder resumed = new Recorder();
      assertThat(model(resume(config(other), run, resumed))).isEqualTo(model(whole));
      assertThat(resumed.warnings).noneMatch(warning -> warning.startsWith("the run began"));
    }
  }

  @Test
  void aRunThatMoreGpusShareSaysThatBytesDiffer() {
    Emulator.pose(4, 12040, 80, 1L << 30);
    assertThat(train(gpus("3"), "run", 3, new Recorder()).interrupted()).isTrue();
    Recorder resumed = new Recorder();
    TrainingResult rest = resume(config(gpus("0,1,2,3")), "run", resumed);
    assertThat(rest.steps()).isEqualTo(STEPS);
    assertThat(resumed.warnings)
        .contains(
            "the run began with 2 images at a time and continues with 1 on each of 4 devices:"
                + " rounding, and the statistics of batch norms, will differ from an uninterrupted"
                + " run");
  }

  @Test
  void aMicroBatchLargerThanAShareBecomesTheShare() throws IOException {
    Emulator.pose(4, 12040, 80, 1L << 30);
    TrainingConfig config = options(gpus("0,1")).microBatch(4).maxSteps(1).build();
    TrainingResult unused =
        Trainer.train(config, root.resolve("run"), new Recorder(), () -> false, Map.of());
    assertThat(Files.readString(root.resolve("run").resolve("config.yaml")))
        .contains("micro-batch: 2");
  }

  @Test
  void aDryRunUsesAllGpus() {
    Emulator.pose(4, 12040, 80, 1L << 30);
    DryRun found = DryRun.of(options(gpus("0,1")).batch(6).build(), Duration.ZERO);
    assertThat(found.microBatch()).isEqualTo(3);
    assertThat(found.loss()).isPositive();
    assertThat(found.memory().parts()).containsKey("exchange between GPUs");
  }

  @Test
  void severalProcessesHaveOneGpuEach() {
    Emulator.pose(4, 12040, 80, 1L << 30);
    assertThatThrownBy(() -> Trainer.heapOfRank(config(gpus("0,1")), 2, 1L << 30))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option device is cuda:0,1, but each of several processes computes on one device: name"
                + " one, or take a single process");
  }
}
