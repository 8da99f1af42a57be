package org.vgg4j.views;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Network;
import org.vgg4j.network.ScoreMaps;

/** Evaluates whole images by the fully convolutional network; those of one size share a batch. */
final class WholeViews implements ViewSource {
  private final HostThreads threads;
  private final Preprocessor preprocessor;
  private final ViewPlan plan;
  private final int batch;
  private final DenseInference network;
  private float[] input = {};

  WholeViews(
      HostThreads threads, Network network, Preprocessing preprocessing, ViewPlan plan, int batch) {
    this.threads = threads;
    this.preprocessor = new Preprocessor(preprocessing);
    this.plan = plan;
    this.batch = batch;
    this.network = network.dense();
  }

  @Override
  public void look(List<RgbImage> rescaled, double share, Views.Visitor visitor) {
    Map<Rescale.Size, List<View>> bySize = new LinkedHashMap<>();
    for (int image = 0; image < rescaled.size(); image++) {
      RgbImage one = rescaled.get(image);
      List<View> ofSize =
          bySize.computeIfAbsent(
              new Rescale.Size(one.width(), one.height()), size -> new ArrayList<>());
      for (int turn = 0; turn < plan.sides(); turn++) {
        ofSize.add(View.whole(image, one, turn == 1, share / plan.sides()));
      }
    }
    bySize.forEach((size, views) -> look(size, views, visitor));
  }

  private void look(Rescale.Size size, List<View> views, Views.Visitor visitor) {
    int width = size.width();
    int height = size.height();
    int capacity = network.capacity(height, width, Math.min(batch, views.size()));
    for (int begin = 0; begin < views.size(); begin += capacity) {
      List<View> some = views.subList(begin, Math.min(views.size(), begin + capacity));
      reserve(Math.multiplyExact(some.size(), Math.multiplyExact(3 * height, width)));
      float[] images = input;
      threads.parallel(some.size(), i -> preprocessor.write(some.get(i).pixels(), images, i));
      ScoreMaps maps = network.scores(images, some.size(), height, width);
      for (int i = 0; i < some.size(); i++) {
        visitor.visit(some.get(i), new Windows(network, maps, i));
      }
    }
  }

  private void reserve(int length) {
    if (input.length < length) {
      input = new float[0]; // garbage before more memory is allocated
      input = new float[length];
    }
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
    public float[] posteriors(int row, int column) {
      int at = maps.index(image, row, column);
      return network.posteriors(Arrays.copyOfRange(maps.values(), at, at + maps.outputs()));
    }
  }
}
