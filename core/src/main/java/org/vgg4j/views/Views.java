package org.vgg4j.views;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Network;

/**
 * Traverses the views of a plan, scales by crops by mirror images, and hands on the network's
 * outputs for each. Memory for crops is allocated on construction; for whole images, whenever a
 * larger one than before is seen. Not thread-safe.
 */
public final class Views {
  /** Receives each view. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * @param view the view
     * @param outputs the network's outputs for it; valid until this returns
     */
    void visit(View view, ViewOutputs outputs);
  }

  private final Preprocessing preprocessing;
  private final List<Integer> scales;
  private final List<ViewSource> sources = new ArrayList<>();

  /**
   * @param threads the threads that prepare images
   * @param network the network
   * @param preprocessing the preprocessing that its weights expect
   * @param plan the views to evaluate
   * @param scales Q in pixels, each at least the crop
   * @param batch crops, or whole images, at a time
   * @throws InputException if there is not enough memory
   */
  public Views(
      HostThreads threads,
      Network network,
      Preprocessing preprocessing,
      ViewPlan plan,
      List<Integer> scales,
      int batch) {
    this.preprocessing = preprocessing;
    this.scales = List.copyOf(scales);
    if (plan.protocol().hasCrops()) {
      sources.add(new CropViews(threads, network, preprocessing, plan, batch));
    }
    if (plan.protocol().isDense()) {
      sources.add(new WholeViews(threads, network, preprocessing, plan, batch));
    }
  }

  /** Q in pixels. */
  public List<Integer> scales() {
    return scales;
  }

  /**
   * Rescales an image to each of the scales. Thread-safe.
   *
   * @return an image for each scale, in their order
   * @throws org.vgg4j.image.UnreadableImageException if it is too elongated to be rescaled
   */
  public List<RgbImage> rescale(RgbImage image) {
    return scales.stream()
        .map(scale -> Rescale.toShorterSide(image, scale, preprocessing.interpolation()))
        .toList();
  }

  /**
   * Evaluates images scale by scale: first the crops of all images, in their order, then whole
   * images, grouped by size.
   *
   * @param images each as {@link #rescale} gives it
   * @param visitor receives each view once; views of one image come in the same order whatever the
   *     other images are
   * @throws InputException if an image needs more memory than is available
   */
  public void look(List<List<RgbImage>> images, Visitor visitor) {
    double share = 1.0 / (scales.size() * sources.size());
    for (int s = 0; s < scales.size(); s++) {
      int scale = s;
      List<RgbImage> rescaled = images.stream().map(image -> image.get(scale)).toList();
      for (ViewSource source : sources) {
        source.look(rescaled, share, visitor);
      }
    }
  }
}
