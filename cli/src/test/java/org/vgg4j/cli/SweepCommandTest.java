package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.data.DataSplits;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.Selection;
import org.vgg4j.train.Trainer;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;

class SweepCommandTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;

  @BeforeAll
  static void pictures() throws IOException {
    data = Pictures.writeParts(shared.resolve("pets"));
  }

  private Path file(String... lines) throws IOException {
    List<String> all = new ArrayList<>(List.of("data: " + data, "width: 0.03", "batch: 16"));
    all.addAll(List.of(lines));
    return Files.write(root.resolve("sweep.yaml"), all);
  }

  private Vgg sweep(Path file, Object... options) {
    List<Object> args = new ArrayList<>(List.of("sweep", file, "--out", root.resolve("out")));
    args.addAll(List.of(options));
    return Vgg.run(args.toArray());
  }

  private RunFolder run(String name) {
    return new RunFolder(root.resolve("out").resolve(name));
  }

  private List<String> csv() throws IOException {
    return Files.readAllLines(root.resolve("out/sweep.csv"));
  }

  /** Each combination equals the run that vgg train makes of it; more values make more runs. */
  @Test
  void eachCombinationIsARun() throws IOException {
    Path file = file("epochs: 2", "lr: [0.001, 1e-2]", "dropout: [0, 0.5]");
    Vgg vgg = sweep(file);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    List<String> names =
        List.of(
            "lr-0.001_dropout-0",
            "lr-0.001_dropout-0.5",
            "lr-1e-2_dropout-0",
            "lr-1e-2_dropout-0.5");
    for (String name : names) {
      assertThat(run(name).isFinished()).as(name).isTrue();
    }
    assertThat(run(names.get(2)).options())
        .containsEntry("lr", 0.01)
        .containsEntry("dropout", 0.0)
        .containsEntry("epochs", 2);
    assertThat(vgg.out()).contains("Run 1 of 4, lr-0.001_dropout-0").contains("The best: ");
    Vgg same =
        Vgg.run(
            "train",
            "--out",
            root.resolve("same"),
            "--data",
            data,
            "--width",
            "0.03",
            "--batch",
            "16",
            "--epochs",
            "2",
            "--lr",
            "0.01",
            "--dropout",
            "0");
    assertThat(same.exitCode()).isZero();
    assertThat(Files.readAllBytes(root.resolve("same/last/model.safetensors")))
        .isEqualTo(Files.readAllBytes(run(names.get(2)).lastModel()));

    assertThat(csv().get(0))
        .isEqualTo("run,lr,dropout,best epoch,accuracy,balanced,loss,seconds,state");
    assertThat(csv()).hasSize(5);
    assertSorted();
    assertThat(Files.readAllLines(root.resolve("out/sweep.md")).get(2))
        .isEqualTo("| " + csv().get(1).replace(",", " | ") + " |");
    assertThat(vgg.out() + csv()).doesNotContain("est top");

    FileTime written = Files.getLastModifiedTime(run(names.get(0)).lastModel());
    Vgg more = sweep(file("epochs: 2", "lr: [0.1, 0.001]", "dropout: [0.5]"), "--json");
    assertThat(more.exitCode()).as(more.err()).isZero();
    assertThat(more.err()).contains("Run 2 of 2, lr-0.001_dropout-0.5: finished before");
    assertThat(Files.getLastModifiedTime(run(names.get(0)).lastModel())).isEqualTo(written);
    JsonNode result = new ObjectMapper().readTree(more.out());
    assertThat(result.get("runs")).hasSize(2);
    assertThat(result.get("best").asText()).isEqualTo(csv().get(1).split(",")[0]);
    assertThat(more.out()).doesNotContain("testTop1Error");
  }

  /** By accuracy, the largest first, and by loss where that is equal; as metrics.csv has them. */
  private void assertSorted() throws IOException {
    double before = Double.POSITIVE_INFINITY;
    double lossBefore = 0;
    for (String line : csv().subList(1, csv().size())) {
      String[] cells = line.split(",");
      double accuracy = Double.parseDouble(cells[4]);
      double loss = Double.parseDouble(cells[6]);
      assertThat(accuracy).isLessThanOrEqualTo(before);
      if (accuracy == before) {
        assertThat(loss).isGreaterThanOrEqualTo(lossBefore);
      }
      before = accuracy;
      lossBefore = loss;
      String[] epoch =
          Files.readAllLines(run(cells[0]).metrics()).get(Integer.parseInt(cells[3])).split(",");
      assertThat(100 - Double.parseDouble(epoch[6])).isBetween(accuracy - 0.01, accuracy + 0.01);
      assertThat(Double.parseDouble(epoch[5])).isBetween(loss - 1e-4, loss + 1e-4);
    }
  }

  /** A run that was stopped in the middle goes on; one that diverged is not tried again. */
  @Test
  void goesOnWhereItWasStopped() throws IOException {
    Path file = file("epochs: 2", "select: loss", "lr: [0.01, 1e30]");
    TrainingConfig config =
        TrainingConfig.builder()
            .data(data.toString())
            .width(0.03)
            .batch(16)
            .epochs(2)
            .learningRate(0.01)
            .select(Selection.LOSS)
            .build();
    Steps steps = new Steps();
    assertThat(
            Trainer.train(config, run("lr-0.01").path(), steps, () -> steps.done == 4, Map.of())
                .interrupted())
        .isTrue();
    Vgg vgg = sweep(file);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out()).contains("Resuming in epoch ");
    assertThat(vgg.err()).contains("training diverged: the loss at step");
    assertThat(run("lr-1e30").path().resolve("failed.txt"))
        .content()
        .startsWith("training diverged");
    assertThat(csv().get(1)).startsWith("lr-0.01,0.01,").endsWith(",finished");
    assertThat(csv().get(2)).isEqualTo("lr-1e30,1e30,,,,,,diverged");
    Vgg again = sweep(file);
    assertThat(again.exitCode()).isZero();
    assertThat(again.out())
        .contains("Run 1 of 2, lr-0.01: finished before")
        .contains("Run 2 of 2, lr-1e30: diverged");
    Vgg other = sweep(file("epochs: 3", "select: loss", "lr: [0.01]"));
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err())
        .contains("the run in " + run("lr-0.01").path() + " has option epochs 2, and this sweep 3");
  }

  /** Another micro-batch may be asked for, but only new runs take it. */
  @Test
  void aRunThatHasBegunKeepsItsMicroBatch() throws IOException {
    TrainingConfig config =
        TrainingConfig.builder()
            .data(data.toString())
            .width(0.03)
            .batch(16)
            .microBatch(8)
            .epochs(2)
            .learningRate(0.01)
            .build();
    Steps steps = new Steps();
    Trainer.train(config, run("lr-0.01").path(), steps, () -> steps.done == 1, Map.of());
    Path file = file("epochs: 2", "lr: [0.01, 0.02]");
    Vgg vgg = sweep(file, "--micro-batch", 5);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out() + vgg.err())
        .contains("the run goes on with the micro-batch that it began with, 8");
    assertThat(run("lr-0.01").options()).containsEntry("micro-batch", 8);
    assertThat(run("lr-0.02").options()).containsEntry("micro-batch", 5);
  }

  /**
   * One of the runs is to be chosen: none is measured on the test images unless that is asked for.
   */
  @Test
  void testImagesAreLeftAlone() throws IOException {
    Path file = file("epochs: 1", "lr: [0.01]");
    Vgg vgg = sweep(file);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(run("lr-0.01").testErrors()).doesNotExist();
    assertThat(run("lr-0.01").options()).containsEntry("test", false);
    assertThat(run("lr-0.01").path().resolve("report.html")).content().doesNotContain("Test error");
    assertThat(vgg.out())
        .contains("Next, on images that had no part in this:")
        .contains("evaluate --model " + run("lr-0.01").bestModel() + " --data " + data)
        .doesNotContain("Test: ")
        .doesNotContain("in a browser");
    Vgg measured = sweep(file("epochs: 8", "lr: [0.02]"), "--test", "-q");
    assertThat(measured.exitCode()).as(measured.err()).isZero();
    assertThat(run("lr-0.02").testErrors()).exists();
    assertThat(run("lr-0.02").options()).doesNotContainKey("test");
    assertThat(measured.err()).isEmpty();
    assertThat(measured.out().strip()).startsWith("Validation, the best by --select top1 first");
    assertThat(measured.out()).doesNotContain("Run 1").doesNotContain("Next");

    Vgg late = sweep(file("epochs: 1", "lr: [0.01]"), "--test");
    assertThat(late.exitCode()).as(late.err()).isZero();
    assertThat(late.err())
        .contains(run("lr-0.01").path() + " finished without option test: ")
        .contains("evaluate --model " + run("lr-0.01").bestModel() + " --data " + data)
        .contains(" --split test measures it");
  }

  /** Runs of other batches, times or precisions are not those of this sweep. */
  @Test
  void otherRunsAreRefused() throws IOException {
    Vgg vgg = sweep(file("epochs: 1", "lr: [0.01]"));
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertRefused(
        sweep(file("epochs: 1", "lr: [0.01, 0.02]"), "--batch=4"),
        "lr-0.01 has option batch 16, and this sweep 4: give another folder");
    assertRefused(
        sweep(file("epochs: 1", "lr: [0.01, 0.02]"), "--batch=17"),
        "lr-0.01 has option batch 16, and this sweep 17");
    assertRefused(
        sweep(file("epochs: 1", "lr: [0.01, 0.02]"), "--precision=fp32"),
        "lr-0.01 has option precision auto, and this sweep fp32");
    assertThat(run("lr-0.02").path()).doesNotExist();
  }

  /**
   * A batch of more than all training images becomes all of them; asked for again, it is the same.
   */
  @Test
  void aReducedBatchIsTheSame() throws IOException {
    Path file = file("epochs: 1", "lr: [0.01]");
    assertThat(sweep(file, "--batch=1000").exitCode()).isZero();
    int all = (int) run("lr-0.01").options().get("batch");
    assertThat(all).isBetween(17, 999);
    Vgg again = sweep(file, "--batch=1000");
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.out()).contains("lr-0.01: finished before");
    assertRefused(sweep(file, "--batch=900"), "option batch 1000, and this sweep 900");
  }

  /** The seed, too, decides which images are held out. */
  @Test
  void runsOfOtherImagesAreNoted() throws IOException {
    Vgg vgg = sweep(file("epochs: 1", "seed: [1, 2]"));
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.err()).contains("option seed decides which: differences between the runs");
    assertThat(sweep(file("epochs: 1", "lr: [0.01]")).err()).doesNotContain("differences");
  }

  /** config.yaml has only the epochs that were chosen for a time. */
  @Test
  void anotherTimeIsRefused() throws IOException {
    // Two seconds are many epochs of so few images: at a higher rate they would diverge.
    Path file = file("schedule: cosine", "lr: [0.001]");
    Vgg vgg = sweep(file, "--time=2s");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(sweep(file, "--time=2s").out()).contains("lr-0.001: finished before");
    assertRefused(sweep(file, "--time=3s"), "lr-0.001 has option time 2s, and this sweep 3s");
    int epochs = (int) run("lr-0.001").options().get("epochs");
    assertRefused(sweep(file, "--epochs=" + epochs), "lr-0.001 has option epochs ");
    Files.delete(root.resolve("out/lr-0.001.asked"));
    assertRefused(sweep(file, "--time=2s"), "lr-0.001 has option epochs ");
  }

  /** A run keeps the batch that was chosen when it began, and what was asked for. */
  @Test
  void aBatchThatIsChosen() throws IOException {
    Path file = file("epochs: 1", "lr: [0.01]");
    Vgg vgg = sweep(file, "--batch=auto");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out()).contains("option batch is 32 from now on");
    assertThat(run("lr-0.01").options()).containsEntry("batch", 32);
    assertThat(sweep(file, "--batch=auto").out()).contains("lr-0.01: finished before");
    assertRefused(sweep(file, "--batch=32"), "has option batch auto, and this sweep 32: give");
    assertRefused(
        sweep(file("epochs: 1", "lr: [0.01]", "crop: 48"), "--batch=auto"), "option crop 32");
  }

  private static void assertRefused(Vgg vgg, String sentence) {
    assertThat(vgg.exitCode()).as(vgg.out()).isEqualTo(1);
    assertThat(vgg.err()).startsWith("vgg: ").contains(sentence);
    assertThat(vgg.err().lines()).hasSize(1);
  }

  /** Counts steps. */
  private static final class Steps implements TrainingListener {
    private int done;

    @Override
    public void started(
        TrainingConfig config, DataSplits images, Architecture network, MemoryPlan memory) {}

    @Override
    public void stepped(Progress progress) {
      done++;
    }

    @Override
    public void epochEnded(EpochMetrics metrics, boolean best) {}

    @Override
    public void warned(String sentence) {}
  }

  @Test
  void isTriedFirst() throws IOException {
    Vgg vgg = sweep(file("arch: [A, B]"), "--dry-run");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out()).contains("Stage arch-A", "Stage arch-B", "Nothing is in the way of 2");
    assertThat(root.resolve("out")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lr: 0.1 | no option has a list of values",
        "lr: [] | the list of key 'lr' is empty",
        "lr: [0.01, 1e-2] | the runs lr-0.01 and lr-1e-2 would be the same: leave out one",
        "lr: [0.1, 0.1] | the list of key 'lr' has 0.1 twice",
        "step-epochs: [[2, 3]] | must have single values",
        "select: [top1, loss] | key 'select' decides which run is the best",
        "lr: [0.1, x] | lr-x: option lr is x but must be a number",
        "rate: [1, 2] | unknown key 'rate'",
        "device: ['a/b', 'a:b'] | make no folder's name of their own",
      })
  void mistakesAreFoundBeforeAnythingIsTrained(String line, String message) throws IOException {
    Vgg vgg = sweep(file(line));
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).contains(message).startsWith("vgg: ");
    assertThat(vgg.err().lines()).hasSize(1);
  }

  @Test
  void optionsOfAnotherCommand() throws IOException {
    Path file = file("lr: [0.1, 0.2]");
    assertThat(sweep(file, "--lr", "0.3").err()).contains("FILE has a list of values for --lr");
    assertThat(sweep(file, "--find-rate").err()).contains("--find-rate is for vgg train");
    assertThat(Vgg.run("sweep").err()).contains("vgg sweep needs FILE and --out DIR");
  }
}
