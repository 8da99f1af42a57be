package org.vgg4j.svm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.LabelledImages;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.caltech.CaltechFolder;
import org.vgg4j.data.voc.VocActions;
import org.vgg4j.data.voc.VocFolder;
import org.vgg4j.data.voc.VocTree;
import org.vgg4j.evaluate.AveragePrecision;
import org.vgg4j.evaluate.AveragePrecision.Form;
import org.vgg4j.evaluate.Recall;
import org.vgg4j.evaluate.Spread;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;

/** Whole protocols on miniature trees, with the mean colour as the descriptor. */
class ProtocolsTest {
  private static final SvmOptions OPTIONS = SvmOptions.DEFAULT.withCost(100);

  @TempDir Path folder;

  private static ArrayRows colours(Dataset images) {
    float[] values = new float[3 * images.size()];
    for (int n = 0; n < images.size(); n++) {
      RgbImage image = images.image(n);
      byte[] pixels = image.pixels();
      for (int i = 0; i < pixels.length; i++) {
        values[3 * n + i % 3] += (pixels[i] & 0xFF) / (255f * image.width() * image.height());
      }
    }
    return new ArrayRows(values, 3);
  }

  @Test
  void vocClassification() throws Exception {
    new VocTree(folder.resolve("VOC2007")).classification();
    VocFolder voc = VocFolder.open(folder.resolve("VOC2007"));
    LabelledImages train = voc.classification("train");
    LabelledImages test = voc.classification("test");

    LinearSvm svm =
        new SvmTrainer(colours(train.images()), 1)
            .train(Objects.requireNonNull(train.labels()), OPTIONS, 1)
            .svm();
    double[][] scores = svm.scores(colours(test.images()), 1);

    // the purple image is a dog, and not easily seen to be a train
    assertThat(
            AveragePrecision.ofClasses(
                Form.ELEVEN_POINT, scores, Objects.requireNonNull(test.labels())))
        .containsExactly(1, 1);
  }

  @Test
  void vocActionsWithImageAndBoxStacked() throws Exception {
    VocTree tree = new VocTree(folder.resolve("VOC2012"));
    String[] lists = {"", "", ""};
    for (int n = 0; n < 12; n++) {
      String id = "2012_%06d".formatted(n);
      // what someone does is in the box, the right half
      RgbImage image = TestImages.plain(20, 10, 100, 100, 100);
      byte[] pixels = image.pixels().clone();
      for (int i = 0; i < pixels.length; i += 3) {
        if (i / 3 % 20 >= 10) {
          pixels[i + n % 3] = (byte) (180 + n);
        }
      }
      tree.image(id, new RgbImage(20, 10, pixels));
      tree.people(id, "11 1 20 10");
      lists[2] += id + " 1\n";
      for (int k = 0; k < 2; k++) {
        lists[k] += id + " 1 " + (n % 3 == k ? 1 : -1) + "\n";
      }
    }
    tree.text("ImageSets/Action/jumping_train.txt", lists[0]);
    tree.text("ImageSets/Action/reading_train.txt", lists[1]);
    tree.text("ImageSets/Action/train.txt", lists[2]);

    VocActions actions = VocFolder.open(folder.resolve("VOC2012")).actions("train");
    Rows rows =
        new StackedRows(List.of(colours(actions.whole().images()), colours(actions.boxes())));
    MultiLabels labels = Objects.requireNonNull(actions.whole().labels());
    LinearSvm svm = new SvmTrainer(rows, 2).train(labels, OPTIONS, 2).svm();

    double[] precisions = AveragePrecision.ofClasses(Form.AREA, svm.scores(rows, 1), labels);
    assertThat(svm.width()).isEqualTo(6);
    assertThat(labels.classNames()).containsExactly("jumping", "reading", "other");
    assertThat(precisions).containsExactly(1, 1, 1);
  }

  @Test
  void caltechWithThreeSplitsAndTheChoiceOfCost() {
    SvmData data = SvmData.single("blobs", 400, 20, new double[] {1, 1, 1, 1, 1}, 1.2, 31);
    int[] labels = data.labels().single();
    TestDataset images = new TestDataset(data.labels().classNames().toArray(String[]::new));
    for (int label : labels) {
      images.add(label, TestImages.plain(1, 1, label, 0, 0));
    }
    double[] recalls = new double[CaltechFolder.SPLITS];
    for (int s = 0; s < recalls.length; s++) {
      CaltechFolder.Split split = CaltechFolder.split(images, s, 7, 30, 50);
      Rows train = new ChosenRows(data.rows(), split.train());
      MultiLabels trainLabels = data.labels().subset(split.train());
      double cost =
          CostSearch.choose(
                  train,
                  trainLabels,
                  CostSearch.split(trainLabels, CostSearch.SHARE, 7),
                  SvmOptions.DEFAULT,
                  CostSearch.grid(10, -3, 2),
                  CostSearch.Measure.CLASS_RECALL,
                  2)
              .cost();
      LinearSvm svm =
          new SvmTrainer(train, 2).train(trainLabels, SvmOptions.DEFAULT.withCost(cost), 2).svm();
      double[][] scores = svm.scores(new ChosenRows(data.rows(), split.test()), 2);
      int[] predicted = Arrays.stream(scores).mapToInt(LinearSvm::best).toArray();
      int[] expected = IntStream.of(split.test()).map(i -> labels[i]).toArray();
      recalls[s] = Recall.meanOfClasses(data.labels().classNames(), expected, predicted);
    }
    Spread spread = Spread.of(recalls);

    assertThat(spread.mean()).isBetween(0.6, 0.999);
    assertThat(spread.deviation()).isBetween(1e-9, 0.1);
  }
}
