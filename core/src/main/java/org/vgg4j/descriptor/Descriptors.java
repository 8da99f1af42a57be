package org.vgg4j.descriptor;

import java.util.List;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.LayerShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Network;
import org.vgg4j.network.Taps;
import org.vgg4j.views.View;
import org.vgg4j.views.WholeImages;

/**
 * Computes descriptors by passes of a network over whole images. The number of threads changes
 * nothing. Memory grows with the largest image so far; on the CPU, it is released after images more
 * than twice as long as wide for which it grew. Not thread-safe, except for {@link #rescale}.
 */
public final class Descriptors implements AutoCloseable {
  private final HostThreads threads;
  private final Preprocessing preprocessing;
  private final DescriptorRecipe recipe;
  private final DenseFeatures network;
  private final WholeImages images;
  private final int batch;
  private final int channels;

  /**
   * @param threads prepare images, and compute where the device is the host
   * @param network the network
   * @param preprocessing what its weights expect
   * @param recipe what to compute; see {@link #resolve}
   * @param batch images at a time, at most
   * @throws InputException as {@link #resolve} does
   */
  public Descriptors(
      HostThreads threads,
      Network network,
      Preprocessing preprocessing,
      DescriptorRecipe recipe,
      int batch) {
    this.threads = threads;
    this.preprocessing = preprocessing;
    this.recipe = resolve(recipe, network.architecture(), preprocessing);
    this.batch = batch;
    this.channels = channels(network.architecture(), recipe.tap());
    this.images = new WholeImages(threads, preprocessing, recipe.mirrored(), batch);
    this.network = network.features(threads, Set.of(recipe.tap()));
  }

  /**
   * Returns the recipe with the scales at which a model is used.
   *
   * @throws InputException if the network has no such output, or it is fc7 and that makes the
   *     network's outputs, a scale is below its crop or too large for any image, or GeM is to pool
   *     class scores, which may be negative
   */
  public static DescriptorRecipe resolve(
      DescriptorRecipe recipe, Architecture architecture, Preprocessing preprocessing) {
    Architecture plain = architecture.withoutBatchNorm();
    Taps.requireKnown(plain, Set.of(recipe.tap()));
    String last = plain.outputLayer().tap();
    String below = plain.layers().get(plain.layers().size() - 2).tap();
    if (recipe.tap().equals(DescriptorRecipe.paper().tap()) && recipe.tap().equals(last)) {
      throw new InputException(
          "%s of network %s is its last layer, whose outputs are no features, unlike the paper's: choose %s"
              .formatted(last, plain, below));
    }
    if (recipe.pooling().kind() == Pooling.Kind.GEM && last.equals(recipe.tap())) {
      throw new InputException(
          "%s, the network's last output, may be negative, of which gem takes no roots: choose %s, or pool average or max"
              .formatted(recipe.tap(), below));
    }
    for (int scale : recipe.scales()) {
      if (scale < preprocessing.crop()) {
        throw new InputException(
            "test scale Q = %d is below crop %d: take scales of at least the crop"
                .formatted(scale, preprocessing.crop()));
      }
      if ((long) scale * scale > RgbImage.MAX_PIXELS) {
        throw new InputException(
            "test scale Q = %d is too large: an image has at most %d pixels"
                .formatted(scale, RgbImage.MAX_PIXELS));
      }
    }
    return recipe.scales().isEmpty() ? recipe.withScales(List.of(preprocessing.scale())) : recipe;
  }

  private static int channels(Architecture architecture, String tap) {
    for (LayerShape shape : architecture.withoutBatchNorm().shapes()) {
      if (shape.layer().tap().equals(tap)) {
        return shape.channels();
      }
    }
    throw new IllegalStateException(tap); // resolve has found it
  }

  /** The recipe, with its scales. */
  public DescriptorRecipe recipe() {
    return recipe;
  }

  /** Images at a time, at most. */
  public int batch() {
    return batch;
  }

  /** Length of a descriptor. */
  public int dimensions() {
    return dimensions(channels, recipe);
  }

  private static int dimensions(int channels, DescriptorRecipe recipe) {
    return Math.multiplyExact(channels, recipe.stacked() ? recipe.scales().size() : 1);
  }

  /**
   * Rescales an image to each of the scales. Thread-safe.
   *
   * @return an image for each scale, in their order
   * @throws UnreadableImageException if it is too elongated to be rescaled
   */
  public List<RgbImage> rescale(RgbImage image) {
    return recipe.scales().stream()
        .map(scale -> Rescale.toShorterSide(image, scale, preprocessing.interpolation()))
        .toList();
  }

  /**
   * Requires that there is memory for an image.
   *
   * @param rescaled as {@link #rescale} gives it
   * @throws UnreadableImageException if there is none because it is too elongated
   * @throws InputException if there is none for an image of twice the length of its shorter side
   *     either, which is no fault of this one
   */
  public void requireRoom(List<RgbImage> rescaled) {
    for (RgbImage image : rescaled) {
      try {
        int unused = network.capacity(image.height(), image.width(), 1);
      } catch (InputException e) {
        int shorter = Math.min(image.height(), image.width());
        int usual = Math.min(Math.max(image.height(), image.width()), 2 * shorter);
        int unused = network.capacity(shorter, usual, 1);
        throw new UnreadableImageException("it is too elongated: " + e.getMessage(), e);
      }
    }
  }

  /**
   * Computes descriptors; images of one size share a pass.
   *
   * @param rescaled each as {@link #rescale} gives it
   * @return a descriptor for each, {@code [images][dimensions]}
   * @throws InputException if an image needs more memory than is available, or a value is not a
   *     number, as damaged weights give it
   */
  public float[][] compute(List<List<RgbImage>> rescaled) {
    double[][] sums = new double[rescaled.size()][dimensions()];
    int scales = recipe.scales().size();
    for (int s = 0; s < scales; s++) {
      int scale = s;
      images.look(
          rescaled.stream().map(image -> image.get(scale)).toList(),
          recipe.stacked() ? 1.0 : 1.0 / scales,
          pass(sums, recipe.stacked() ? scale * channels : 0));
    }
    float[][] descriptors = new float[sums.length][];
    threads.parallel(sums.length, n -> descriptors[n] = finished(sums[n]));
    for (float[] descriptor : descriptors) {
      requireNumbers(descriptor);
    }
    return descriptors;
  }

  private WholeImages.Pass pass(double[][] sums, int from) {
    return new WholeImages.Pass() {
      @Override
      public int capacity(int height, int width, int wanted) {
        return network.capacity(height, width, wanted);
      }

      @Override
      public void run(float[] input, List<View> views, int height, int width) {
        FeatureMaps maps = network.features(input, views.size(), height, width).get(recipe.tap());
        if (maps == null) {
          throw new IllegalStateException("no output " + recipe.tap());
        }
        double[][] pooled = new double[views.size()][];
        threads.parallel(pooled.length, i -> pooled[i] = Pooler.pool(recipe.pooling(), maps, i));
        for (int i = 0; i < pooled.length; i++) {
          double[] sum = sums[views.get(i).image()];
          for (int channel = 0; channel < channels; channel++) {
            sum[from + channel] += views.get(i).share() * pooled[i][channel];
          }
        }
      }
    };
  }

  private float[] finished(double[] sum) {
    if (recipe.normalised()) {
      Pooler.normalise(sum);
    }
    float[] descriptor = new float[sum.length];
    for (int i = 0; i < sum.length; i++) {
      descriptor[i] = (float) sum[i];
    }
    return descriptor;
  }

  private static void requireNumbers(float[] descriptor) {
    for (float value : descriptor) {
      if (!Float.isFinite(value)) {
        throw new InputException(
            "the model's output is not a number (NaN or infinite): its weights are damaged, use"
                + " another model");
      }
    }
  }

  /** Lets go of the passes' memory; the network stays. */
  @Override
  public void close() {
    network.close();
  }
}
