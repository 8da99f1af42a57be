package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.data.DataSplits;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Device;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Precision;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.Trainer;
import org.vgg4j.train.TrainingConfig;
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
    return TrainingConfig.builder()
        .data(root.resolve("data").toString())
        .heldOut(0.25)
        .width(Networks.SMALLEST_WIDTH)
        .crop(32)
        .batch(4)
        .microBatch(2)
        .learningRate(0.01)
        .epochs(2)
        .maxSteps(STEPS)
        .threads(1)
        .device(device)
        .build();
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
    assertThat(whole.bestTop1Error()).isEqualTo(ofCpu.bestTop1Error());
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
}
