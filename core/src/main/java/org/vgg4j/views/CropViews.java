package org.vgg4j.views;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Task;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;

/** Crops; a batch may mix those of different images. */
final class CropViews implements ViewSource {
  private final HostThreads threads;
  private final Preprocessor preprocessor;
  private final ViewPlan plan;
  private final int side;
  private final int batch;
  private final Architecture architecture;
  private final Inference inference;
  private final float[] input;

  CropViews(
      HostThreads threads, Network network, Preprocessing preprocessing, ViewPlan plan, int batch) {
    this.threads = threads;
    this.preprocessor = new Preprocessor(preprocessing);
    this.plan = plan;
    this.side = preprocessing.crop();
    this.batch = batch;
    this.architecture = network.architecture();
    this.inference = network.inference(batch, Set.of());
    this.input = ForwardPass.images(network.architecture(), batch);
  }

  @Override
  public void look(List<RgbImage> rescaled, double share, Views.Visitor visitor) {
    List<View> all = new ArrayList<>();
    for (int image = 0; image < rescaled.size(); image++) {
      RgbImage one = rescaled.get(image);
      all.addAll(Crops.of(plan, one, side).views(image, one, share));
    }
    for (int begin = 0; begin < all.size(); begin += batch) {
      List<View> some = all.subList(begin, Math.min(all.size(), begin + batch));
      threads.parallel(some.size(), i -> preprocessor.write(some.get(i).pixels(), input, i));
      int count = some.size();
      boolean boxes = architecture.task().isBoxes();
      float[] values = boxes ? inference.outputs(input, count) : inference.posteriors(input, count);
      int each = architecture.outputs();
      for (int i = 0; i < count; i++) {
        float[] own = Arrays.copyOfRange(values, i * each, (i + 1) * each);
        visitor.visit(some.get(i), new OneWindow(own, architecture.task()));
      }
    }
  }

  /**
   * The window of a crop.
   *
   * @param values posteriors, or the outputs that are boxes
   */
  private record OneWindow(float[] values, Task task) implements ViewOutputs {
    @Override
    public float[] posteriors() {
      if (task.isBoxes()) {
        throw new IllegalStateException("the network finds boxes");
      }
      return values;
    }

    @Override
    public CropBox box(int row, int column, int label) {
      return CropBox.decode(values, task.boxOf(label));
    }

    @Override
    public int rows() {
      return 1;
    }

    @Override
    public int columns() {
      return 1;
    }

    @Override
    public float[] posteriors(int row, int column) {
      return posteriors();
    }
  }
}
