package org.vgg4j.views;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.Buffers;
import org.vgg4j.network.HostThreads;

/**
 * Prepares whole images, and their mirror images, for passes over them; those of one size share a
 * pass. Not thread-safe.
 */
public final class WholeImages {
  /** A network over whole images. */
  public interface Pass {
    /**
     * Returns how many images of a size can be computed at a time.
     *
     * @param wanted the most that are useful
     */
    int capacity(int height, int width, int wanted);

    /**
     * Computes images of one size.
     *
     * @param input {@code [views][3][height][width]}; may be longer
     * @param views whole images; those of one image come in the same order whatever the others are
     */
    void run(float[] input, List<View> views, int height, int width);
  }

  private final HostThreads threads;
  private final Preprocessor preprocessor;
  private final boolean mirrored;
  private final int batch;
  private float[] input = {};

  /**
   * @param threads prepare images
   * @param preprocessing what the network's weights expect
   * @param mirrored whether mirror images are included
   * @param batch images of a pass, at most
   */
  public WholeImages(
      HostThreads threads, Preprocessing preprocessing, boolean mirrored, int batch) {
    this.threads = threads;
    this.preprocessor = new Preprocessor(preprocessing);
    this.mirrored = mirrored;
    this.batch = batch;
  }

  /**
   * Runs passes over images of one scale.
   *
   * @param rescaled the images
   * @param share total weight of an image's views in the mean over all its views
   * @param pass the network
   */
  public void look(List<RgbImage> rescaled, double share, Pass pass) {
    int turns = mirrored ? 2 : 1;
    Map<Rescale.Size, List<View>> bySize = new LinkedHashMap<>();
    for (int image = 0; image < rescaled.size(); image++) {
      RgbImage one = rescaled.get(image);
      List<View> ofSize =
          bySize.computeIfAbsent(
              new Rescale.Size(one.width(), one.height()), size -> new ArrayList<>());
      for (int turn = 0; turn < turns; turn++) {
        ofSize.add(View.whole(image, one, turn == 1, share / turns));
      }
    }
    bySize.forEach((size, views) -> look(size, views, pass));
  }

  private void look(Rescale.Size size, List<View> views, Pass pass) {
    int width = size.width();
    int height = size.height();
    int capacity = pass.capacity(height, width, Math.min(batch, views.size()));
    int before = input.length;
    try {
      for (int begin = 0; begin < views.size(); begin += capacity) {
        List<View> some = views.subList(begin, Math.min(views.size(), begin + capacity));
        reserve(Math.multiplyExact(some.size(), Math.multiplyExact(3 * height, width)));
        float[] images = input;
        threads.parallel(some.size(), i -> preprocessor.write(some.get(i).pixels(), images, i));
        pass.run(images, some, height, width);
      }
    } finally {
      if (Buffers.isElongated(height, width) && input.length > before) {
        input = new float[0]; // as the network's own memory
      }
    }
  }

  private void reserve(int length) {
    if (input.length < length) {
      input = new float[0]; // garbage before more memory is allocated
      input = new float[length];
    }
  }
}
