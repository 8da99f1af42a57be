package org.vgg4j.data.boxes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Label;

class FashionBoxesTest {
  private static final Rescale.Size CANVAS = new Rescale.Size(96, 96);

  private static final DataSplits PLAIN = DataSources.open("fashion-boxes", 0.1, 1);
  private static final DataSplits BOXED = DataSources.openBoxed("fashion-boxes", null, 0, 0.1, 1);

  private static Dataset test(DataSplits splits) {
    assertThat(splits.test()).isNotNull();
    return splits.test();
  }

  private static int brightness(RgbImage image, int x, int y) {
    return image.pixels()[3 * (y * image.width() + x)] & 0xFF;
  }

  /** Made once and looked at: a change here changes every result on the data set. */
  @Test
  void imagesAndBoxesAreAlwaysTheSame() {
    Fingerprint all = new Fingerprint();
    for (int i : new int[] {0, 1, 2, 500, 999}) {
      all.add(test(PLAIN).image(i).pixels());
      Box box = test(PLAIN).objects(i, CANVAS).get(0).box();
      all.add(box.toString());
    }
    assertThat(all.hex())
        .isEqualTo("d17f31a075e3c9ce57842d7faf139484a5856474945bbad4f1b55497421cf8eb");
  }

  @Test
  void classesAndPartsAreThoseOfTheGarments() {
    DataSplits mini = DataSources.open("fashion-mini", 0.1, 1);
    for (DataSplits splits : List.of(PLAIN, BOXED)) {
      assertThat(splits.train().size()).isEqualTo(5400);
      assertThat(splits.validation().size()).isEqualTo(600);
      assertThat(test(splits).classNames()).isEqualTo(test(mini).classNames());
      assertThat(IntStream.range(0, 1000).map(test(splits)::label))
          .containsExactlyElementsOf(
              IntStream.range(0, 1000).map(test(mini)::label).boxed().toList());
    }
  }

  /** Its garment, at its size and perhaps mirrored, is in the box and reaches all four edges. */
  @Test
  void boxIsTightAroundTheGarment() {
    Dataset garments = test(DataSources.open("fashion-mini", 0.1, 1));
    int larger = 0;
    for (int i = 0; i < 1000; i++) {
      RgbImage image = test(PLAIN).image(i);
      BoxedObject object = test(PLAIN).objects(i, CANVAS).get(0);
      assertThat(object.label()).isEqualTo(garments.label(i));
      larger += object.box().width() * object.box().height() > 400 ? 1 : 0;
      assertThat(isSomewhereIn(image, object.box(), garments.image(i))).as("image %d", i).isTrue();
    }
    assertThat(larger).isGreaterThan(950);
  }

  /** Looks for the garment at all sizes and at the place that its box says, by brute force. */
  private static boolean isSomewhereIn(RgbImage image, Box box, RgbImage garment) {
    for (int side = FashionBoxes.SMALLEST; side <= FashionBoxes.LARGEST; side++) {
      RgbImage scaled = Rescale.resize(garment, side, side, Interpolation.BILINEAR);
      if (isAt(image, box, scaled)
          || isAt(
              image,
              box,
              Rescale.resize(garment.flipHorizontally(), side, side, Interpolation.BILINEAR))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAt(RgbImage image, Box box, RgbImage garment) {
    int side = garment.width();
    int[] visible =
        IntStream.range(0, side * side)
            .filter(i -> brightness(garment, i % side, i / side) > FashionBoxes.VISIBLE)
            .toArray();
    int firstX = IntStream.of(visible).map(i -> i % side).min().orElseThrow();
    int lastX = IntStream.of(visible).map(i -> i % side).max().orElseThrow();
    int firstY = IntStream.of(visible).map(i -> i / side).min().orElseThrow();
    int lastY = IntStream.of(visible).map(i -> i / side).max().orElseThrow();
    int left = (int) box.left() - firstX;
    int top = (int) box.top() - firstY;
    return box.width() == lastX - firstX + 1
        && box.height() == lastY - firstY + 1
        && left >= 0
        && top >= 0
        && left + side <= image.width()
        && top + side <= image.height()
        && IntStream.of(visible)
            .allMatch(
                i ->
                    brightness(image, left + i % side, top + i / side)
                        == brightness(garment, i % side, i / side));
  }

  @Test
  void targetsAreLabelsOrBoxesAsItIsOpened() {
    Geometry whole = new Geometry(CANVAS, CANVAS, 0, 0, CANVAS, false);
    int label = test(PLAIN).label(7);
    assertThat(test(PLAIN).target(7, whole)).isEqualTo(new Label(label));
    Box box = test(BOXED).objects(7, CANVAS).get(0).box();
    assertThat(test(BOXED).target(7, whole))
        .isEqualTo(
            new BoxTarget(
                label,
                (box.left() + box.right()) / 2 / 96,
                (box.top() + box.bottom()) / 2 / 96,
                box.width() / 96,
                box.height() / 96));
  }

  @Test
  void fingerprintsTellBoxesFromLabels() {
    assertThat(PLAIN.fingerprint())
        .isNotEqualTo(BOXED.fingerprint())
        .isNotEqualTo(DataSources.open("fashion-mini", 0.1, 1).fingerprint())
        .isEqualTo(DataSources.open("fashion-boxes", 0.1, 1).fingerprint());
  }
}
