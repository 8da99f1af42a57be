package org.vgg4j.data.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Subset;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.Interpolation;

class BoxedDatasetTest {
  private static final Rescale.Size SIZE = new Rescale.Size(40, 20);

  /** One image of class 1 with given objects. */
  private record One(List<BoxedObject> boxed) implements Dataset {
    @Override
    public String name() {
      return "one";
    }

    @Override
    public List<String> classNames() {
      return List.of("a", "b");
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public int label(int index) {
      return 1;
    }

    @Override
    public String id(int index) {
      return "one/" + index;
    }

    @Override
    public RgbImage image(int index) {
      return new RgbImage(SIZE.width(), SIZE.height(), new byte[3 * 40 * 20]);
    }

    @Override
    public List<BoxedObject> objects(int index, Rescale.Size decoded) {
      return boxed;
    }

    @Override
    public boolean hasBoxes() {
      return true;
    }

    @Override
    public String fingerprint() {
      return "";
    }
  }

  private static BoxTarget target(Geometry geometry, BoxedObject... objects) {
    Dataset boxed = new BoxedDataset(new One(List.of(objects)));
    return (BoxTarget) new Subset(boxed, "some", new int[] {0}).target(0, geometry);
  }

  @Test
  void targetIsTheLargestObjectOfTheImagesClass() {
    Geometry whole = new Geometry(SIZE, SIZE, 0, 0, SIZE, false);
    BoxedObject largest = new BoxedObject(1, new Box(10, 5, 20, 15), false);
    assertThat(
            target(
                whole,
                new BoxedObject(0, new Box(0, 0, 40, 20), false),
                new BoxedObject(1, new Box(0, 0, 10, 5), false),
                largest,
                new BoxedObject(1, new Box(30, 0, 40, 10), false)))
        .isEqualTo(new BoxTarget(1, 15.0 / 40, 10.0 / 20, 10.0 / 40, 10.0 / 20));
  }

  /** Whatever is drawn in training, the target leads back to the box. */
  @Test
  void targetsFollowScaleCropAndMirror() {
    RandomStream draws = new RandomStream(26, 0, 0, Purpose.AUGMENTATION);
    for (int trial = 0; trial < 10_000; trial++) {
      Rescale.Size original = new Rescale.Size(1 + draws.nextInt(900), 1 + draws.nextInt(900));
      Rescale.Size rescaled = new Rescale.Size(32 + draws.nextInt(600), 32 + draws.nextInt(600));
      int side = 1 + draws.nextInt(32);
      Geometry geometry =
          new Geometry(
              original,
              rescaled,
              draws.nextInt(rescaled.width() - side + 1),
              draws.nextInt(rescaled.height() - side + 1),
              new Rescale.Size(side, side),
              draws.nextBoolean());
      double left = draws.nextDouble() * original.width();
      double top = draws.nextDouble() * original.height();
      Box box =
          new Box(
              left,
              top,
              left + (1 - draws.nextDouble()) * (original.width() - left),
              top + (1 - draws.nextDouble()) * (original.height() - top));
      BoxTarget target = target(geometry, new BoxedObject(1, box, false));
      Box back =
          geometry.toOriginal(
              new Box(
                  (target.centerX() - target.width() / 2) * side,
                  (target.centerY() - target.height() / 2) * side,
                  (target.centerX() + target.width() / 2) * side,
                  (target.centerY() + target.height() / 2) * side));
      assertThat(back.left()).isEqualTo(box.left(), within(1e-9));
      assertThat(back.top()).isEqualTo(box.top(), within(1e-9));
      assertThat(back.right()).isEqualTo(box.right(), within(1e-9));
      assertThat(back.bottom()).isEqualTo(box.bottom(), within(1e-9));
    }
  }

  /** The pixels of a crop, too, are where the target says: a white box on black. */
  @Test
  void targetsLieWhereThePixelsAre() {
    byte[] pixels = new byte[3 * 40 * 20];
    for (int y = 6; y < 14; y++) {
      for (int x = 4; x < 16; x++) {
        for (int channel = 0; channel < 3; channel++) {
          pixels[3 * (40 * y + x) + channel] = (byte) 255;
        }
      }
    }
    for (boolean mirrored : new boolean[] {false, true}) {
      Geometry geometry =
          new Geometry(SIZE, new Rescale.Size(80, 40), 4, 2, new Rescale.Size(36, 36), mirrored);
      BoxTarget target = target(geometry, new BoxedObject(1, new Box(4, 6, 16, 14), false));
      RgbImage crop = geometry.cut(new RgbImage(40, 20, pixels), Interpolation.BILINEAR);
      double sum = 0;
      double sumX = 0;
      double sumY = 0;
      for (int y = 0; y < 36; y++) {
        for (int x = 0; x < 36; x++) {
          double value = (crop.pixels()[3 * (36 * y + x)] & 0xFF) / 255.0;
          sum += value;
          sumX += value * (x + 0.5);
          sumY += value * (y + 0.5);
        }
      }
      assertThat(sumX / sum / 36).isEqualTo(target.centerX(), within(0.005));
      assertThat(sumY / sum / 36).isEqualTo(target.centerY(), within(0.005));
      assertThat(sum / 36 / 36).isEqualTo(target.width() * target.height(), within(0.005));
    }
  }
}
