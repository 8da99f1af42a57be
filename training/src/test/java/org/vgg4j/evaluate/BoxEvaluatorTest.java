package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.AbortedException;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.boxes.BoxedDataset;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Networks;

class BoxEvaluatorTest {
  private static final int SIDE = 32;

  /**
   * An image of class 1 whose largest object fills its left half; a small one is in a corner, and
   * one of another class everywhere.
   */
  private record One() implements Dataset {
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
      return "b/1.png";
    }

    @Override
    public RgbImage image(int index) {
      return new RgbImage(SIDE, SIDE, new byte[3 * SIDE * SIDE]);
    }

    @Override
    public List<BoxedObject> objects(int index, Rescale.Size decoded) {
      return List.of(
          new BoxedObject(1, new Box(SIDE - 4, 0, SIDE, 4), false),
          new BoxedObject(1, new Box(0, 0, SIDE / 2.0, SIDE), false),
          new BoxedObject(0, new Box(0, 0, SIDE, SIDE), false));
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

  /** Always finds the same. */
  private record Finds(float... outputs) implements ForwardPass {
    @Override
    public int capacity() {
      return 3;
    }

    @Override
    public float[] outputs(float[] images, int count) {
      return outputs;
    }

    @Override
    public float[] posteriors(float[] images, int count) {
      throw new IllegalStateException();
    }
  }

  private static final Preprocessing PREPROCESSING =
      Preprocessing.paper(new Rgb(110, 100, 90), SIDE, SIDE);

  private static BoxEvaluation evaluate(float... outputs) {
    Architecture network = Networks.smallest(Configuration.A, SIDE, 2).withTask(Task.BOX_PER_CLASS);
    Dataset data = new BoxedDataset(new One());
    try (HostThreads threads = new HostThreads(1)) {
      return new BoxEvaluator(
              threads,
              new Finds(outputs),
              network,
              PREPROCESSING,
              data.classNames(),
              BoxLoss.SQUARED)
          .evaluate(data, done -> {});
    }
  }

  @Test
  void theBoxOfTheImagesClassIsMeasured() {
    BoxEvaluation found = evaluate(9, 9, 9, 9, -1, 0, 0, 2);
    assertThat(found.error()).isZero();
    assertThat(found.meanOverlap()).isCloseTo(1, within(1e-9));
    assertThat(found.meanLoss()).isCloseTo(0, within(1e-9));
    // as high, and twice as wide
    assertThat(evaluate(9, 9, 9, 9, 0, 0, 2, 2).meanOverlap()).isCloseTo(0.5, within(1e-9));
    // the small object: any of the class will do
    float size = 4 * (4f / SIDE - 0.5f);
    float middle = 4 * (2f / SIDE - 0.5f);
    BoxEvaluation small = evaluate(9, 9, 9, 9, -middle, middle, size, size);
    assertThat(small.meanOverlap()).isCloseTo(1, within(1e-5));
    assertThat(small.error()).isZero();
    assertThat(evaluate(0, 0, 2, 2, 9, 9, 9, 9).error()).as("a box elsewhere").isEqualTo(100);
  }

  @Test
  void aNetworkThatHasDivergedIsNamedAsSuch() {
    String sentence =
        "an edge of the box that the network finds in b/1.png is %s: its training diverged. Lower"
            + " option lr; any model saved before is kept";
    assertThatThrownBy(() -> evaluate(9, 9, 9, 9, 0, 0, Float.NaN, 0))
        .isInstanceOf(AbortedException.class)
        .hasMessage(sentence, Float.NaN);
    assertThatThrownBy(() -> evaluate(9, 9, 9, 9, Float.NEGATIVE_INFINITY, 0, 0, 0))
        .hasMessage(sentence, Float.NEGATIVE_INFINITY);
  }
}
