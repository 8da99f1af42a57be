package org.vgg4j.data.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.data.Split;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.loading.ColorPca;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.model.Rgb;

class SurveyTest {
  private static final ParallelFor THREADS =
      (tasks, body) -> IntStream.range(0, tasks).parallel().forEach(body);

  private static Survey survey(Dataset dataset, ParallelFor parallel) {
    return Survey.of(Split.TRAIN, dataset, 256, parallel, done -> {}, () -> false);
  }

  private static TestDataset noise(int size) {
    TestDataset dataset = new TestDataset("a", "b");
    for (int i = 0; i < size; i++) {
      dataset.add(i % 2, TestImages.noise(8 + i % 4, 9, i));
    }
    return dataset;
  }

  /** A data set some of whose images fail. */
  private static Dataset failing(int size, RuntimeException failure, Integer... indices) {
    return noise(size)
        .beforeImage(
            index -> {
              if (List.of(indices).contains(index)) {
                throw failure;
              }
            });
  }

  @Test
  void meanIsOverAllPixels() {
    Dataset dataset =
        new TestDataset("a", "b")
            .add(0, TestImages.plain(3, 1, 0, 100, 255))
            .add(1, TestImages.plain(1, 1, 10, 200, 255));
    assertThat(survey(dataset, THREADS).mean()).isEqualTo(new Rgb(2.5f, 125, 255));
  }

  @Test
  void threadsChangeNothing() {
    Dataset noise = noise(600);
    assertThat(survey(noise, THREADS)).isEqualTo(survey(noise, ParallelFor.SERIAL));
  }

  @Test
  void theComponentsMakeUpTheCovariance() {
    Dataset dataset =
        new TestDataset("a", "b")
            .add(0, TestImages.coordinates(90, 50))
            .add(1, TestImages.plain(40, 30, 200, 100, 30));
    double[][] covariance = covariance(dataset);
    List<ColorPca.Axis> axes = survey(dataset, THREADS).colors().axes();
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        double sum = 0;
        for (ColorPca.Axis axis : axes) {
          double[] vector = {axis.red(), axis.green(), axis.blue()};
          sum += axis.eigenvalue() * vector[a] * vector[b];
        }
        assertThat(sum).isCloseTo(covariance[a][b], within(1e-12));
      }
    }
    assertThat(axes.get(0).eigenvalue()).isGreaterThan(axes.get(1).eigenvalue());
    assertThat(axes.get(1).eigenvalue()).isGreaterThan(axes.get(2).eigenvalue());
  }

  /** Of pixels in [0, 1], in two passes. */
  private static double[][] covariance(Dataset dataset) {
    List<double[]> pixels = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      byte[] bytes = dataset.image(i).pixels();
      for (int p = 0; p < bytes.length; p += 3) {
        pixels.add(
            new double[] {
              (bytes[p] & 0xFF) / 255.0,
              (bytes[p + 1] & 0xFF) / 255.0,
              (bytes[p + 2] & 0xFF) / 255.0
            });
      }
    }
    double[] mean = new double[3];
    pixels.forEach(p -> IntStream.range(0, 3).forEach(c -> mean[c] += p[c] / pixels.size()));
    double[][] covariance = new double[3][3];
    for (double[] p : pixels) {
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
          covariance[a][b] += (p[a] - mean[a]) * (p[b] - mean[b]) / pixels.size();
        }
      }
    }
    return covariance;
  }

  @Test
  void componentsEqualThoseOfNumpy() {
    double[][] covariance = {{0.08, 0.07, 0.06}, {0.07, 0.09, 0.075}, {0.06, 0.075, 0.1}};
    List<ColorPca.Axis> axes = ColorPca.of(covariance).axes();
    // numpy.linalg.eigh, in falling order, the largest part made positive
    double[] eigenvalues = {0.22734865, 0.03007271, 0.01257863};
    double[][] vectors = {
      {0.52921399, 0.59826327, 0.60167566},
      {-0.64470303, -0.17748967, 0.74354248},
      {-0.55162537, 0.78139521, -0.29177213}
    };
    for (int i = 0; i < 3; i++) {
      ColorPca.Axis axis = axes.get(i);
      assertThat(axis.eigenvalue()).isCloseTo(eigenvalues[i], within(1e-8));
      assertThat(axis.red()).isCloseTo(vectors[i][0], within(1e-7));
      assertThat(axis.green()).isCloseTo(vectors[i][1], within(1e-7));
      assertThat(axis.blue()).isCloseTo(vectors[i][2], within(1e-7));
    }
  }

  @Test
  void greyPicturesVaryInBrightnessOnly() {
    Dataset grey =
        new TestDataset("a", "b")
            .add(0, TestImages.plain(2, 2, 0, 0, 0))
            .add(1, TestImages.plain(2, 2, 255, 255, 255));
    List<ColorPca.Axis> axes = survey(grey, THREADS).colors().axes();
    assertThat(axes.get(0).eigenvalue()).isCloseTo(0.75, within(1e-9));
    assertThat(axes.get(0).red()).isCloseTo(Math.sqrt(1 / 3.0), within(1e-9));
    assertThat(axes.get(1).eigenvalue()).isCloseTo(0, within(1e-9));
    assertThat(axes.get(2).eigenvalue()).isCloseTo(0, within(1e-9));
  }

  @Test
  void unreadablePicturesAreListedAndTheOthersCount() {
    Dataset good = noise(300);
    Dataset failing = failing(300, new UnreadableImageException("is damaged"), 299, 3, 260);
    Survey survey = survey(failing, THREADS);
    assertThat(survey.unreadable())
        .containsExactly(
            new Unreadable(Split.TRAIN, 3, "test/3", "is damaged"),
            new Unreadable(Split.TRAIN, 260, "test/260", "is damaged"),
            new Unreadable(Split.TRAIN, 299, "test/299", "is damaged"));
    DataSplits splits = new DataSplits("noise", failing, good, null, "print", List.of());
    Dataset left = splits.without(survey.unreadable()).train();
    assertThat(left.size()).isEqualTo(297);
    assertThat(left.id(3)).isEqualTo("test/4");
    assertThat(splits.without(survey.unreadable()).validation()).isSameAs(good);
    assertThat(survey(left, THREADS).mean()).isEqualTo(survey.mean());
  }

  @Test
  void tooElongatedForTheScaleIsUnreadable() {
    Dataset dataset =
        new TestDataset("a", "b")
            .add(0, TestImages.plain(8, 8, 0, 0, 0))
            .add(1, TestImages.plain(1, 4_000_000, 0, 0, 0));
    assertThat(survey(dataset, THREADS).unreadable())
        .singleElement()
        .satisfies(picture -> assertThat(picture.reason()).contains("too elongated"));
  }

  @Test
  void aFileThatCannotBeReadAtAllEndsTheSurvey() {
    Dataset failing = failing(10, new InputException("permission denied"), 4);
    assertThatThrownBy(() -> survey(failing, ParallelFor.SERIAL)).hasMessage("permission denied");
  }

  @Test
  void stopsWhenAsked() {
    List<Integer> told = new ArrayList<>();
    assertThat(
            Survey.of(
                Split.TRAIN, noise(600), 256, ParallelFor.SERIAL, told::add, () -> !told.isEmpty()))
        .isNull();
    assertThat(told).containsExactly(256);
  }
}
