package org.vgg4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.image.transform.Outline;
import org.vgg4j.model.Task;
import org.vgg4j.network.Device;
import org.vgg4j.train.RunFolder;
import org.vgg4j.weights.TestModels;

/** The report of a run whose network finds boxes. */
class BoxReportTest {
  private static final List<String> CLASSES = List.of("a cat", "b", "c");
  private static final String ENDED =
      """
      {"dataset": "pets", "steps": 40, "seconds": 83.4, "interrupted": false,
       "testBoxError": 12.345, "testMeanOverlap": 0.61234}
      """;

  /** As vgg train writes it: 2 of 5 boxes wrong. */
  private static final String TEST =
      """
      {"images": 5, "boxError": 40.0, "meanOverlap": 0.5, "meanLoss": 1.25,
       "classes": [{"label": "a cat", "images": 2, "wrong": 0, "overlapSum": 1.5},
                   {"label": "b", "images": 3, "wrong": 2, "overlapSum": 1.0},
                   {"label": "c", "images": 0, "wrong": 0, "overlapSum": 0.0}]}
      """;

  @TempDir Path root;

  /**
   * Of each image of 40 x 36 pixels the model says that the object is in the middle: in (12, 10,
   * 28, 26), half a crop of 32 pixels. That is so for "a cat"; "b" lies beside it, and of "c" half
   * of the box is right, which suffices.
   */
  private RunFolder ended(String boxes) throws IOException {
    Path data = Runs.data(root.resolve("pets"), CLASSES);
    List<String> lines = new ArrayList<>(List.of("file,label,xmin,ymin,xmax,ymax"));
    for (String part : List.of("train", "val")) {
      for (int label = 0; label < CLASSES.size(); label++) {
        for (int i = 0; i <= label; i++) {
          String box = List.of("12,10,28,26", "20,10,36,26", "12,10,20,26").get(label);
          lines.add(
              "%s/%s/%d.png,%s,%s".formatted(part, CLASSES.get(label), i, CLASSES.get(label), box));
        }
      }
    }
    Path file = boxes.isEmpty() ? data.resolve("boxes.csv") : Path.of(boxes);
    Files.write(file, lines);
    RunFolder run = Runs.folder(root.resolve("run"), data.toString(), 0, ENDED);
    Files.writeString(
        run.config(),
        Files.readString(run.config())
            + "regression: pcr\nbox-loss: squared\nboxes: '%s'\n".formatted(boxes));
    Files.writeString(
        run.metrics(),
        """
        epoch,step,learning_rate,train_loss,train_box_error,val_loss,val_box_error,val_mean_overlap,images_per_second,seconds,data_wait_share
        1,10,0.01,2,80,3,90,0.25,600,5,0.1
        2,20,0.01,1,60,2,70,0.5,700,9,0.2
        """);
    Runs.addModel(
        run,
        TestModels.constant(Task.BOX_PER_CLASS, new float[12], CLASSES.toArray(new String[0])),
        DataSources.openBoxed(data.toString(), boxes.isEmpty() ? null : file, 0, 0.1, 7)
            .fingerprint());
    return run;
  }

  private static Document page(RunFolder run) throws IOException {
    return RunReportTest.parsed(
        RunReport.write(run, RunReport.Places.RECORDED, Device.CPU, 2, (done, of) -> {}));
  }

  @Test
  void figuresAndCurves() throws IOException {
    Document page = page(ended(""));
    assertThat(page.select(".figures div").eachText())
        .containsExactly(
            "Validation, wrong boxes 33.3 % best model, epoch 2",
            "Validation, mean overlap 0.528 6 images", // (1 + 2 / 3 + 3 / 2) / 6
            "Test, wrong boxes 12.3 % mean overlap: 0.612",
            "Training 1:23 min 2 epochs, 40 steps");
    assertThat(page.select(".chart figcaption .what").eachText())
        .containsExactly(
            "Loss, squared error", "Wrong boxes, in percent", "Mean overlap", "Learning rate");
    assertThat(page.select(".chart").get(2).select(".column text").eachText())
        .containsExactly("epoch 1: 0.250", "epoch 2: 0.500");
    assertThat(page.select("#curves tbody tr").last().text())
        .isEqualTo("2 20 1.00e-02 1.0000 2.0000 60.00 % 70.00 % 0.5000 700");
    assertThat(page.text()).doesNotContain("top-1", "nats");
  }

  @Test
  void errorsPerClass() throws IOException {
    RunFolder run = ended("");
    Files.writeString(run.testErrors(), TEST);
    Document page = page(run);
    assertThat(RunReportTest.rows(page, "#classes"))
        .containsExactly(
            "class images wrong boxes mean overlap",
            "b 2 100.0 % 0.333",
            "a cat 1 0.0 % 1.000",
            "c 3 0.0 % 0.500");
    assertThat(page.select("#classes p").text())
        .startsWith(
            "The best model on the 6 validation images, centre crop, told the class: 33.3 % of the"
                + " boxes are wrong, mean overlap 0.528, mean loss ");
    assertThat(RunReportTest.rows(page, "#test-classes"))
        .containsExactly(
            "class images wrong boxes mean overlap", "b 3 66.7 % 0.333", "a cat 2 0.0 % 0.750");
    assertThat(page.select("nav a").eachText())
        .containsSubsequence(
            "Boxes per class", "Test boxes per class", "Worst boxes", "Right boxes", "Filters");
    assertThat(page.select("#confusion, #mistakes")).isEmpty();
  }

  @Test
  void picturesShowTrueAndFoundBoxes() throws IOException {
    Document page = page(ended(""));
    assertThat(page.select("#worst figcaption").eachText())
        .containsExactly("b overlap 0.333 val/b/0.png", "b overlap 0.333 val/b/1.png");
    assertThat(page.select("#right figcaption").eachText())
        .containsExactly(
            "a cat overlap 1.000 val/a cat/0.png",
            "c overlap 0.500 val/c/0.png",
            "c overlap 0.500 val/c/1.png",
            "c overlap 0.500 val/c/2.png");
    assertThat(page.select("#worst .key").eachText())
        .containsExactly("the objects of its class", "the box that the model found");
    BufferedImage image = image(page.selectFirst("#worst img"));
    assertThat(image.getWidth()).isEqualTo(40);
    assertThat(image.getRGB(35, 20) & 0xFFFFFF).isEqualTo(Outline.TRUE); // its right edge: 36
    assertThat(image.getRGB(12, 20) & 0xFFFFFF).isEqualTo(Outline.FOUND);
    assertThat(image.getRGB(27, 20) & 0xFFFFFF).isEqualTo(Outline.FOUND);
    assertThat(image.getRGB(16, 20) & 0xFFFFFF).isEqualTo(40 << 16 | 100 << 8 | 200);
    assertThat(page.selectFirst("#worst .swatch").attr("style")).isEqualTo("--box:#ffe000");
  }

  private static BufferedImage image(Element picture) throws IOException {
    String data = picture.attr("src").substring("data:image/png;base64,".length());
    return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(data)));
  }

  @Test
  void boxesMayLieElsewhere() throws IOException {
    Path file = root.resolve("elsewhere.csv");
    RunFolder run = ended(file.toString());
    assertThat(page(run).select("#worst figcaption")).hasSize(2);
    Files.writeString(file, Files.readString(file).replace("20,10,36,26", "20,10,30,26"));
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("are not what " + run.path() + " was trained on");
    Path moved = root.resolve("moved.csv");
    Files.writeString(moved, Files.readString(file).replace("20,10,30,26", "20,10,36,26"));
    Files.delete(file);
    assertThat(
            RunReportTest.parsed(
                    RunReport.write(
                        run, new RunReport.Places(null, moved), Device.CPU, 1, (done, of) -> {}))
                .select("#worst figcaption"))
        .hasSize(2);
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(file.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"meanLoss\": 1.25",
        "\"wrong\": 2",
        "\"overlapSum\": 1.0",
        "\"images\": 3",
        "\"label\": \"b\"",
        "\"classes\":"
      })
  void brokenTestErrors(String left) throws IOException {
    RunFolder run = ended("");
    Files.writeString(
        run.testErrors(),
        TEST.replace(left, "\"else\": 7" + (left.endsWith(":") ? ", \"c\":" : "")));
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessage(run.testErrors() + " is not as vgg train wrote it: restore or remove it");
  }

  @Test
  void withoutABestModel() throws IOException {
    RunFolder run = ended("");
    Files.delete(run.bestModel());
    Document page = page(run);
    assertThat(page.text()).contains("There is no best model yet");
    assertThat(page.select("#worst, #right")).isEmpty();
    assertThat(page.select(".chart")).hasSize(4);
  }

  @Test
  void configurationThatIsNone() throws IOException {
    RunFolder run = ended("");
    Files.writeString(run.config(), Files.readString(run.config()).replace("pcr", "prc"));
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option regression is 'prc' but must be");
  }
}
