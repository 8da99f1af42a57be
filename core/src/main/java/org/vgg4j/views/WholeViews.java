package org.vgg4j.views;

import java.util.Arrays;
import java.util.List;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Network;
import org.vgg4j.network.ScoreMaps;

/** Evaluates whole images by the fully convolutional network. */
final class WholeViews implements ViewSource {
  private final WholeImages images;
  private final DenseInference network;

  WholeViews(
      HostThreads threads, Network network, Preprocessing preprocessing, ViewPlan plan, int batch) {
    this.images = new WholeImages(threads, preprocessing, plan.mirrored(), batch);
    this.network = network.dense();
  }

  @Override
  public void look(List<RgbImage> rescaled, double share, Views.Visitor visitor) {
    images.look(
        rescaled,
        share,
        new WholeImages.Pass() {
          @Override
          public int capacity(int height, int width, int wanted) {
            return network.capacity(height, width, wanted);
          }

          @Override
          public void run(float[] input, List<View> views, int height, int width) {
            ScoreMaps maps = network.scores(input, views.size(), height, width);
            for (int i = 0; i < views.size(); i++) {
              visitor.visit(views.get(i), new Windows(network, maps, i));
            }
          }
        });
  }

  private record Windows(DenseInference network, ScoreMaps maps, int image) implements ViewOutputs {
    @Override
    public int rows() {
      return maps.rows();
    }

    @Override
    public int columns() {
      return maps.columns();
    }

    @Override
    public float[] posteriors() {
      return network.posteriors(maps.mean(image));
    }

    @Override
    public CropBox box(int row, int column, int label) {
      int first = network.architecture().task().boxOf(label);
      return CropBox.decode(maps.values(), maps.index(image, row, column) + first);
    }

    @Override
    public float[] posteriors(int row, int column) {
      int at = maps.index(image, row, column);
      return network.posteriors(Arrays.copyOfRange(maps.values(), at, at + maps.outputs()));
    }
  }
}
