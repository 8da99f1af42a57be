package org.vgg4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.data.DataSplits;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.TinyRun;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;
import org.vgg4j.train.TrainingListener.Progress;

class TensorBoardListenerTest {
  @TempDir Path root;

  /** What training itself says is what the file says. */
  @Test
  void realRun() throws Exception {
    Path data = TinyRun.pictures(root.resolve("pets"), 14);
    Path out = root.resolve("run");
    TinyRun.train(data, out, 3, new TensorBoardListener(out), () -> false);
    Map<String, String> columnOfTag =
        Map.of(
            "loss/train", "train_loss", // an epoch has fewer than ten steps
            "loss/validation", "val_loss",
            "error/top-1", "val_top1_error",
            "error/top-5", "val_top5_error",
            "learning rate", "learning_rate",
            "images per second", "images_per_second");
    assertSame(out, columnOfTag);
    assertThat(EventReader.values(out, "error/box")).isEmpty();
  }

  @Test
  void realRunThatLearnsBoxes() throws Exception {
    Path data = TinyRun.objects(root.resolve("objects"), 14);
    Path out = root.resolve("run");
    TinyRun.trainBoxes(data, out, 3, new TensorBoardListener(out));
    Map<String, String> columnOfTag =
        Map.of(
            "loss/train", "train_loss",
            "loss/validation", "val_loss",
            "error/box", "val_box_error",
            "mean overlap", "val_mean_overlap",
            "learning rate", "learning_rate");
    assertSame(out, columnOfTag);
    assertThat(EventReader.values(out, "error/top-1")).isEmpty();
  }

  private static void assertSame(Path out, Map<String, String> columnOfTag) throws Exception {
    MetricsTable metrics = MetricsTable.read(new RunFolder(out).metrics());
    for (String tag : columnOfTag.keySet()) {
      Map<Long, Float> values = EventReader.values(out, tag);
      assertThat(values.keySet()).as(tag).containsExactly(3L, 6L, 9L);
      double[] column = metrics.column(columnOfTag.get(tag));
      for (int epoch = 0; epoch < 3; epoch++) {
        assertThat(values.get(3L * (epoch + 1)).doubleValue())
            .as(tag)
            .isCloseTo(column[epoch], within(0.06)); // digits of metrics.csv
      }
    }
  }

  /** Remembers with what training started, for a listener that is then told something else. */
  private static final class Start implements TrainingListener {
    private Consumer<TrainingListener> again;

    private int steps;

    @Override
    public void started(
        TrainingConfig config, DataSplits data, Architecture architecture, MemoryPlan memory) {
      again = listener -> listener.started(config, data, architecture, memory);
    }

    @Override
    public void stepped(Progress progress) {
      steps++;
    }

    @Override
    public void epochEnded(EpochMetrics metrics, boolean best) {}

    @Override
    public void warned(String sentence) {}
  }

  /** 360 images in batches of 16: 22 whole steps, and one of 8 images. */
  private static final int STEPS = 23;

  /** Tells of steps whose loss is their number, and 1000 more in the second epoch. */
  private static void tell(TrainingListener listener, int epoch, int firstStep, int lastStep) {
    double sum = 0;
    int seen = 0;
    for (int step = 1; step <= lastStep; step++) {
      int images = step == STEPS ? 8 : TinyRun.BATCH;
      sum += images * (step + 1000.0 * (epoch - 1));
      seen += images;
      if (step >= firstStep) {
        listener.stepped(new Progress(epoch, 9, step, STEPS, 0.01, sum / seen, 100, 1));
      }
    }
  }

  private static EpochMetrics metrics(int epoch) {
    Evaluation evaluation = new Evaluation(List.of("a"), new int[][] {{1}}, new int[1], 0.5);
    return new EpochMetrics(epoch, epoch * STEPS, 0.01, 1, 0, evaluation, 100, 1, 0);
  }

  /** Of a class without images there is no curve, and of more than a hundred there are none. */
  @Test
  void recallOfEachClass() throws Exception {
    Path out = Files.createDirectory(root.resolve("run"));
    TrainingListener listener = new TensorBoardListener(out);
    int[][] confusion = {{3, 1, 0}, {0, 0, 0}, {1, 0, 1}};
    Evaluation few = new Evaluation(List.of("a", "b", "c"), confusion, new int[3], 0.5);
    listener.epochEnded(new EpochMetrics(1, 4, 0.01, 1, 0, few, 100, 1, 0), true);
    List<String> names = IntStream.range(0, 101).mapToObj(String::valueOf).toList();
    int[][] all = new int[101][101];
    all[5][5] = 1;
    Evaluation many = new Evaluation(names, all, new int[101], 0.5);
    listener.epochEnded(new EpochMetrics(2, 8, 0.01, 1, 0, many, 100, 1, 0), true);
    assertThat(EventReader.values(out, "balanced accuracy")).isEqualTo(Map.of(4L, 62.5f, 8L, 100f));
    assertThat(EventReader.values(out, "recall/a")).isEqualTo(Map.of(4L, 75f));
    assertThat(EventReader.values(out, "recall/b")).isEmpty();
    assertThat(EventReader.values(out, "recall/c")).isEqualTo(Map.of(4L, 50f));
    assertThat(EventReader.values(out, "recall/5")).isEmpty();
  }

  /** Training tells the mean of an epoch so far; of that the means of ten steps are made. */
  @Test
  void lossOfTheStepsSinceTheValueBefore() throws Exception {
    Path data = TinyRun.pictures(root.resolve("pets"), 120);
    Start start = new Start();
    TinyRun.train(data, root.resolve("short"), 1, start, () -> start.steps > 0);
    Path out = Files.createDirectory(root.resolve("run"));
    TrainingListener listener = new TensorBoardListener(out);
    start.again.accept(listener);
    tell(listener, 1, 1, STEPS);
    listener.epochEnded(metrics(1), true);
    tell(listener, 2, 1, 12);

    Map<Long, Float> expected = new TreeMap<>();
    expected.put(10L, 5.5f);
    expected.put(20L, 15.5f);
    expected.put(23L, (21 * 16 + 22 * 16 + 23 * 8) / 40f);
    expected.put(33L, 1005.5f);
    assertThat(EventReader.values(out, "loss/train")).isEqualTo(expected);

    // Goes on after step 13 of the second epoch, in another process.
    EventFiles.cut(out, 2 * STEPS - 10);
    TrainingListener resumed = new TensorBoardListener(out);
    start.again.accept(resumed);
    tell(resumed, 2, 14, STEPS);
    resumed.epochEnded(metrics(2), false);
    expected.put(43L, 1017.5f); // 15 to 20: of 14 the epoch's mean cannot tell
    expected.put(46L, 1000 + (21 * 16 + 22 * 16 + 23 * 8) / 40f);
    assertThat(EventReader.values(out, "loss/train")).isEqualTo(expected);
    assertThat(EventReader.values(out, "loss/validation")).isEqualTo(Map.of(23L, .5f, 46L, .5f));
    assertThat(EventFiles.in(out)).hasSize(2);
  }
}
