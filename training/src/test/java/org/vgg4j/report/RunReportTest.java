package org.vgg4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.jsoup.nodes.Attribute;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.parser.Parser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.image.TestImages;
import org.vgg4j.network.Device;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.TinyRun;
import org.vgg4j.train.TrainingResult;

class RunReportTest {
  private static final List<String> CLASSES = List.of("a cat", "b <script>alert(1)<b> & 'co", "c");
  private static final String ENDED =
      """
      {"configuration": {"seed": 7}, "dataset": "pets <b>", "steps": 40, "seconds": 83.4,
       "interrupted": false, "testTop1Error": 12.345, "testTop5Error": 1.5,
       "peakMemoryBytes": 204000000, "kernels": "vector", "command": ["train", "--out", "a b"]}
      """;

  @TempDir Path root;

  private Document page(RunFolder run) throws IOException {
    return parsed(RunReport.write(run, RunReport.Places.RECORDED, Device.CPU, 2, (done, of) -> {}));
  }

  /** The page, if it is HTML without mistakes and asks for nothing outside itself. */
  static Document parsed(Path file) throws IOException {
    assertThat(file.getFileName().toString()).isEqualTo("report.html");
    String html = Files.readString(file);
    Parser parser = Parser.htmlParser().setTrackErrors(10);
    Document page = parser.parseInput(html, "");
    assertThat(parser.getErrors()).isEmpty();
    for (Element element : page.getAllElements()) {
      assertThat(element.normalName()).isNotIn("script", "iframe", "object", "embed", "base");
      for (Attribute attribute : element.attributes()) {
        if (List.of("src", "href", "srcset", "data", "action").contains(attribute.getKey())) {
          assertThat(attribute.getValue()).matches("(?s)(data:|#).*");
        }
        assertThat(attribute.getKey()).doesNotStartWith("on");
      }
      if (element.normalName().equals("img")) {
        assertThat(element.hasAttr("alt")).isTrue();
      }
    }
    assertThat(page.select("style").html()).doesNotContain("url(", "@import", "http");
    assertThat(page.select("[id]").eachAttr("id")).doesNotHaveDuplicates();
    for (String target : page.select("nav a").eachAttr("href")) {
      assertThat(page.select(target)).hasSize(1);
    }
    assertThat(page.select("html").attr("lang")).isEqualTo("en");
    assertThat(page.text()).doesNotContain("{{", "NaN", "null");
    return page;
  }

  private RunFolder ended() throws IOException {
    String data = Runs.data(root.resolve("pets"), CLASSES).toString();
    RunFolder run = Runs.folder(root.resolve("run <1>"), data, 4, ENDED);
    Runs.addModel(run, data, new float[] {1, 0, 3}, CLASSES);
    return run;
  }

  static List<String> rows(Document page, String table) {
    return page.select(table + " tr").eachText();
  }

  @Test
  void figures() throws IOException {
    Document page = page(ended());
    assertThat(page.title()).isEqualTo("run <1> – a vgg4j run");
    assertThat(page.selectFirst("header p").text()).contains("Network A (", "Trained on pets <b>.");
    assertThat(page.select(".state")).isEmpty();
    assertThat(page.select(".figures dd").eachText())
        .containsExactly(
            "50.0 % best model, epoch 2", // 3 of 6 images are of class c
            "0.0 % 6 images",
            "12.3 % top-5: 1.5 %",
            "1:23 min 4 epochs, 40 steps",
            "204 MB of the whole process");
  }

  @Test
  void everyModelAnswerIsShown() throws IOException {
    Document page = page(ended());
    assertThat(rows(page, "#classes"))
        .containsExactly(
            "class images top-1 error top-5 error mostly taken for",
            "a cat 1 100.0 % 0.0 % c (1)",
            CLASSES.get(1) + " 2 100.0 % 0.0 % c (2)",
            "c 3 0.0 % 0.0 %");
    assertThat(rows(page, "#confusion")).endsWith("a cat 1", CLASSES.get(1) + " 2", "c 3");
    assertThat(page.select("#confusion thead th").eachText()).isEqualTo(CLASSES);
    assertThat(page.select("#confusion td.wrong")).hasSize(2);
    assertThat(page.select("#confusion td.right").attr("title"))
        .isEqualTo("3 of 3 of class c taken for c");
    double probability = 100 * Math.exp(3) / (Math.exp(1) + Math.exp(0) + Math.exp(3));
    String given = " taken for c %.1f %%".formatted(probability);
    assertThat(page.select(".mistakes figcaption").eachText())
        .containsExactly(
            CLASSES.get(0) + given + " val/a cat/0.png",
            CLASSES.get(1) + given + " val/" + CLASSES.get(1) + "/0.png",
            CLASSES.get(1) + given + " val/" + CLASSES.get(1) + "/1.png");
    Element first = page.selectFirst(".mistakes img");
    assertThat(first.attr("alt")).isEqualTo("an image of class a cat, taken for c");
    assertThat(first.attr("title")).isEqualTo(root.resolve("pets/val/a cat/0.png").toString());
  }

  /** The curve is there where it says something else than the accuracy, and every epoch has it. */
  @Test
  void balancedAccuracyIsDrawnWhereItDiffers() throws IOException {
    RunFolder run = ended();
    String title = "Accuracy of validation images";
    assertThat(page(run).select(".chart").eachText()).noneMatch(text -> text.contains(title));
    List<String> lines = new ArrayList<>(List.of("epoch,balanced_accuracy,a cat,b,c"));
    for (int epoch = 1; epoch <= 3; epoch++) {
      lines.add(epoch + ",41.5000,1,2,");
    }
    Files.write(run.recall(), lines);
    assertThat(page(run).select(".chart").eachText()).noneMatch(text -> text.contains(title));
    lines.add("4,41.5000,1,2,");
    Files.write(run.recall(), lines);
    assertThat(page(run).select(".chart").eachText())
        .filteredOn(text -> text.contains(title))
        .singleElement()
        .asString()
        .contains("classes 41.5");
  }

  /** As vgg evaluate --json would tell it: 2 of 5 images right. */
  private static final String TEST =
      """
      {"images": 5, "meanLoss": 1.25,
       "classes": [{"label": "a cat", "images": 2, "top5Error": 50.0},
                   {"label": "b", "images": 3, "top5Error": 0.0},
                   {"label": "c", "images": 0, "top5Error": null}],
       "confusion": [[1, 0, 1], [2, 1, 0], [0, 0, 0]]}
      """;

  @Test
  void testErrorsAreThoseThatTheRunMeasured() throws IOException {
    RunFolder run = ended();
    assertThat(page(run).select("#test-classes, nav a[href=#test-confusion]")).isEmpty();
    Files.writeString(run.testErrors(), TEST);
    Document page = page(run);
    assertThat(page.select("nav a").eachText())
        .containsSubsequence("Confusion", "Test errors per class", "Test confusion");
    assertThat(page.select("#test-classes p").text())
        .isEqualTo(
            "The best model on the 5 test images, centre crop: top-1 error 60.0 %, top-5 error 20.0"
                + " %, balanced accuracy 41.7 % (the mean of the classes'), mean loss 1.2500.");
    assertThat(rows(page, "#test-classes"))
        .containsExactly(
            "class images top-1 error top-5 error mostly taken for",
            "b 3 66.7 % 0.0 % a cat (2)",
            "a cat 2 50.0 % 50.0 % c (1)");
    assertThat(rows(page, "#test-confusion")).endsWith("a cat 1 1", "b 2 1", "c");
    assertThat(page.select("#test-confusion td.wrong").first().attr("title"))
        .isEqualTo("1 of 2 of class a cat taken for c");
    assertThat(rows(page, "#confusion")).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"meanLoss\": 1",
        "{}",
        "{'meanLoss': 1, 'classes': [{'label': 'a', 'top5Error': 0}], 'confusion': [[1, 2]]}",
        "{'meanLoss': 1, 'classes': [{'label': 'a', 'top5Error': 0}], 'confusion': [[-1]]}",
        "{'meanLoss': 1, 'classes': [{'label': 'a', 'top5Error': 101}], 'confusion': [[1]]}",
        "{'meanLoss': 1, 'classes': [{'top5Error': 0}], 'confusion': [[1]]}",
        "{'classes': [{'label': 'a', 'top5Error': 0}], 'confusion': [[1]]}",
      })
  void brokenTestErrors(String text) throws IOException {
    RunFolder run = ended();
    Files.writeString(run.testErrors(), text.replace('\'', '"'));
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(run.testErrors() + " ")
        .hasMessageContaining("restore or remove it");
  }

  /** An axis begins where the longest of its labels ends, and all labels lie in the image. */
  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.0001, 0.00001, 0.00003})
  void noLabelOfAnAxisIsClipped(double rate) throws IOException {
    RunFolder run = Runs.folder(root.resolve("run"), "pets", 3, ENDED);
    Files.writeString(run.metrics(), Files.readString(run.metrics()).replace("0.001", "" + rate));
    for (Element chart : page(run).select(".chart > svg")) {
      for (Element label : chart.select(".axes text.y")) {
        double end = Double.parseDouble(label.attr("x")) + Double.parseDouble(label.attr("dx"));
        assertThat(end).isGreaterThan(7.5 * label.text().length()); // 13 px sans-serif, at most
      }
    }
  }

  @Test
  void picturesAreTheImages() throws IOException {
    Document page = page(ended());
    for (Element picture : page.select(".mistakes img")) {
      String data = picture.attr("src").substring("data:image/png;base64,".length());
      var image = ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(data)));
      assertThat(image.getWidth()).isEqualTo(40);
      assertThat(image.getHeight()).isEqualTo(36);
      int red = picture.attr("title").endsWith("/a cat/0.png") ? 0 : 40; // as Runs.data draws
      assertThat(image.getRGB(20, 20) & 0xFFFFFF).isEqualTo(red << 16 | 100 << 8 | 200);
    }
    assertThat(page.select("#filters .filters img")).hasSize(16);
    assertThat(page.select("#filters .filters").attr("aria-label")).startsWith("16 filters");
  }

  @Test
  void curves() throws IOException {
    Document page = page(ended());
    assertThat(page.select(".chart figcaption .what").eachText())
        .containsExactly("Loss, in nats", "Error, in percent", "Learning rate");
    Element loss = page.selectFirst(".chart svg[role=img]");
    assertThat(loss.select("desc").text())
        .isEqualTo(
            "training: 2.000 in epoch 1, 0.500 in epoch 4, smallest 0.500 in epoch 4."
                + " validation: 3.000 in epoch 1, 0.750 in epoch 4, smallest 0.750 in epoch 4.");
    assertThat(loss.select(".axes text.x").eachText()).containsExactly("1", "2", "3", "4", "epoch");
    assertThat(loss.select(".axes text.y").eachText()).containsExactly("0", "1", "2", "3");
    assertThat(loss.select("polyline")).hasSize(2);
    assertThat(loss.select(".column text").eachText())
        .contains("epoch 2, training 1.000, validation 1.500");
    assertThat(loss.select(".best").attr("x1"))
        .isEqualTo(loss.select(".column line").get(1).attr("x1"));
    for (String id : loss.attr("aria-labelledby").split(" ")) {
      assertThat(page.getElementById(id)).isNotNull();
    }
    assertThat(page.select("#curves .chart").get(1).select(".column text").first().text())
        .isEqualTo("epoch 1, training 80.0, top-1 90.0, top-5 20.0");
    Element rate = page.select(".chart").get(2);
    assertThat(rate.select(".axes text.y").eachText()).containsExactly("0.001", "0.01");
    assertThat(page.select("#curves tbody tr").get(2).text())
        .isEqualTo("3 30 1.00e-03 0.6667 1.0000 26.67 % 30.00 % 6.67 % 1,003");
  }

  @Test
  void samplesAndUnreadableImages() throws IOException {
    RunFolder run = ended();
    assertThat(page(run).select("#samples")).isEmpty();
    TestImages.noise(40, 30, 1).writePng(run.samples());
    Files.writeString(
        run.unreadable(), "set,index,file,reason\ntrain,3,\"a.jpg\",\"is damaged\"\n");
    Document page = page(run);
    assertThat(page.select("#samples img").attr("src")).startsWith("data:image/png;base64,");
    assertThat(rows(page, "#time")).contains("unreadable images 1, listed in unreadable.csv");
  }

  @Test
  void factsOfTheRun() throws IOException {
    RunFolder run = ended();
    Document page = page(run);
    assertThat(rows(page, "#time"))
        .containsExactly(
            "training, with validation 1:23 min for 4 epochs, 40 steps",
            "training images per second 1,003 in the median epoch, from 1,001 to 1,004",
            "waiting for training images 6.0 % of the time of steps in the median epoch",
            "memory of the process 204 MB at the peak (VmHWM)",
            "kernels vector",
            "threads 2");
    assertThat(rows(page, "#configuration")).contains("batch 16", "seed 7");
    assertThat(page.select("#configuration code").text())
        .isEqualTo("./vgg train --config " + run.path() + "/config.yaml");
    assertThat(rows(page, "#provenance"))
        .contains("dataset pets <b>", "testTop1Error 12.345", "command train --out a b")
        .noneMatch(row -> row.startsWith("configuration"));
  }

  @Test
  void sameFolderSamePage() throws IOException {
    RunFolder run = ended();
    byte[] first =
        Files.readAllBytes(
            RunReport.write(run, RunReport.Places.RECORDED, Device.CPU, 1, (done, of) -> {}));
    List<Integer> told = new ArrayList<>();
    byte[] second =
        Files.readAllBytes(
            RunReport.write(
                run,
                RunReport.Places.RECORDED,
                Device.CPU,
                2,
                (done, of) -> told.add(100 * of + done)));
    assertThat(second).isEqualTo(first);
    assertThat(told).containsExactly(604, 606); // four at a time, as config.yaml says
  }

  @Test
  void oneEpoch() throws IOException {
    Document page = page(Runs.folder(root.resolve("run"), "pets", 1, ENDED));
    Element loss = page.selectFirst(".chart svg[role=img]");
    assertThat(loss.select(".axes text.x").eachText()).containsExactly("1", "epoch");
    assertThat(loss.select("circle.first, circle.second")).hasSize(2);
    assertThat(page.text()).contains("There is no best model yet");
    assertThat(page.select(".figures dd").eachText()).contains("1:23 min 1 epoch, 40 steps");
  }

  @Test
  void stoppedBeforeTheFirstEpochEnded() throws IOException {
    Document page =
        page(Runs.folder(root.resolve("run"), "pets", 0, "{\"interrupted\": true, \"steps\": 3}"));
    assertThat(page.select(".state").text())
        .isEqualTo("This run was stopped before its end, after 0 finished epochs.");
    assertThat(page.select(".chart")).isEmpty();
    assertThat(page.text()).contains("No epoch has finished", "There is no best model yet");
  }

  @Test
  void stillGoingOnOrKilled() throws IOException {
    Document page = page(Runs.folder(root.resolve("run"), "pets", 2, ""));
    assertThat(page.select(".state").text()).contains("going on or was killed", "2 finished");
    assertThat(page.select("#provenance").text()).contains("written when a run ends");
    assertThat(page.select(".chart")).hasSize(3);
  }

  /** More columns, in another order, as a later version may write them. */
  @Test
  void columnsAreFoundByName() throws IOException {
    RunFolder run = Runs.folder(root.resolve("run"), "pets", 0, "");
    Files.writeString(
        run.metrics(),
        """
        data_wait_share,seconds,new_one,val_top5_error,val_top1_error,val_loss,train_top1_error,train_loss,images_per_second,learning_rate,step,epoch
        0.1,5,77,1,2,0.25,4,0.5,600,0.01,10,1
        0.2,9,78,1,2,0.125,4,0.375,700,0.01,20,2
        """);
    Document page = page(run);
    assertThat(page.select("#curves tbody tr").last().text())
        .isEqualTo("2 20 1.00e-02 0.3750 0.1250 4.00 % 2.00 % 1.00 % 700");
  }

  @Test
  void manyEpochs() throws IOException {
    Document page = page(Runs.folder(root.resolve("run"), "pets", 1000, ENDED));
    Element loss = page.selectFirst(".chart svg[role=img]");
    assertThat(loss.select("polyline").first().attr("points").split(" ")).hasSize(1000);
    assertThat(loss.select(".column")).hasSize(200);
    assertThat(loss.select("circle.first, circle.second")).isEmpty();
    assertThat(loss.select(".axes text.x")).hasSizeLessThan(14);
  }

  /** A matrix of so many cells could be neither read nor sent by mail. */
  @Test
  void thousandClasses() throws IOException {
    int classes = 1000;
    int[][] confusion = new int[classes][classes];
    for (int i = 0; i < classes; i++) {
      confusion[i][i] = 10;
      confusion[i][(i + 1) % classes] = i % 100;
    }
    Evaluation evaluation =
        new Evaluation(
            IntStream.range(0, classes).mapToObj(i -> "class " + i).toList(),
            confusion,
            new int[classes],
            1);
    RunRecord run = RunRecord.read(Runs.folder(root.resolve("run"), "pets", 2, ENDED));
    Page plain = PageMaker.page(run, null);
    Path file = root.resolve("report.html");
    Files.writeString(
        file,
        new Page(
                plain.title(),
                plain.subtitle(),
                plain.state(),
                plain.folder(),
                plain.figures(),
                plain.charts(),
                plain.epochs(),
                plain.bestEpoch(),
                plain.samples(),
                plain.aboutSamples(),
                new Page.Results(
                    List.of(new Page.Errors("", "", "about", evaluation)),
                    new Page.Mistakes(List.of()),
                    List.of(),
                    null),
                new Page.Filters(List.of()),
                plain.time(),
                plain.configuration(),
                plain.provenance())
            .html());
    assertThat(Files.size(file)).isLessThan(100_000);
    Document page = parsed(file);
    assertThat(page.select(".matrix")).isEmpty();
    assertThat(rows(page, "#confusion")).hasSize(41).contains("class 99 class 100 99 90.8 %");
    assertThat(rows(page, "#classes")).hasSize(41);
    assertThat(page.select("#classes .note").text()).contains("The 40 of 1000 classes");
    assertThat(page.select("#mistakes").text()).contains("There are none");
  }

  @Test
  void realRun() throws IOException {
    Path data = TinyRun.pictures(root.resolve("pets"), 14);
    Path out = root.resolve("run");
    TrainingResult result = TinyRun.train(data, out, 2, new TensorBoardListener(out), () -> false);
    Document page = page(result.folder());
    assertThat(page.select(".figures dt").eachText())
        .containsExactly(
            "Validation error, top-1",
            "Validation error, top-5",
            "Test error, top-1",
            "Training",
            "Peak memory");
    assertThat(page.select(".figures dd").first().text())
        .startsWith("%.1f %%".formatted(result.bestError()));
    assertThat(page.select("#confusion .matrix tbody tr")).hasSize(3);
    Evaluation test = (Evaluation) result.folder().test();
    assertThat(test).usingRecursiveComparison().isEqualTo(result.test());
    assertThat(page.select("#test-confusion .matrix tbody tr")).hasSize(3);
    assertThat(page.select("#test-classes p").text())
        .contains("on the %d test images".formatted(test.images()));
  }

  @Test
  void realRunThatWasStopped() throws IOException {
    Path data = TinyRun.pictures(root.resolve("pets"), 14);
    int[] asked = {0};
    TrainingResult result =
        TinyRun.train(
            data,
            root.resolve("run"),
            5,
            new TensorBoardListener(root.resolve("run")),
            () -> ++asked[0] > 7); // three times while all images are looked at
    assertThat(result.interrupted()).isTrue();
    Document page = page(result.folder());
    assertThat(page.select(".state").text())
        .isEqualTo("This run was stopped before its end, after one finished epoch.");
    assertThat(page.select(".matrix tbody tr")).hasSize(3);
  }

  @Test
  void dataMayHaveMoved() throws IOException {
    RunFolder run = ended();
    Path moved = root.resolve("elsewhere");
    Files.move(root.resolve("pets"), moved);
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("there is no data set " + root.resolve("pets"));
    assertThat(
            parsed(
                    RunReport.write(
                        run,
                        new RunReport.Places(moved.toString(), null),
                        Device.CPU,
                        2,
                        (done, of) -> {}))
                .select(".matrix"))
        .hasSize(1);
  }

  @Test
  void otherData() throws IOException {
    RunFolder run = ended();
    Files.delete(root.resolve("pets/val/c/0.png"));
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("are not what " + run.path() + " was trained on")
        .hasMessageContaining("(option data)");
    assertThat(run.path().resolve("report.html")).doesNotExist();
  }

  @Test
  void noRun() {
    assertThatThrownBy(() -> page(new RunFolder(root)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "there is no run in " + root + " (no config.yaml): give a folder that vgg train made");
  }

  @ParameterizedTest
  @ValueSource(strings = {"config.yaml", "provenance.json"})
  void brokenFile(String name) throws IOException {
    RunFolder run = ended();
    for (String text : List.of("{\"a\": [1, 2", "")) {
      Files.writeString(run.path().resolve(name), text);
      assertThatThrownBy(() -> page(run))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(run.path().resolve(name) + " ")
          .hasMessageContaining("restore it");
    }
  }

  @Test
  void brokenMetrics() throws IOException {
    RunFolder run = ended();
    Files.writeString(run.metrics(), "epoch,step\n1,2\n2\n");
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessage(
            run.metrics() + ", line 3: it has 1 fields, but the first line has 2; remove the line");
    Files.writeString(run.metrics(), "epoch,step\n1,2\n2,x\n");
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessage(
            run.metrics()
                + ", line 3: step is 'x', which is not a number; repair or remove the line");
    Files.writeString(run.metrics(), "epoch,step\n1,2\n");
    assertThatThrownBy(() -> page(run))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(run.metrics() + " has no column ");
  }
}
