package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.function.IntConsumer;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Network;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.views.MeanPosteriors;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.views.Views;

/**
 * Posteriors by the protocols of the paper (section 3.2): each image is rescaled so that its
 * shorter side is Q, and posteriors are averaged over the protocol's views, mirror images and
 * several Q. Not thread-safe.
 */
public final class ProtocolEvaluator {
  private final HostThreads threads;
  private final Preprocessing preprocessing;
  private final ClassMatch classes;
  private final String model;
  private final ViewPlan plan;
  private final Views views;
  private final Architecture architecture;

  /**
   * @param threads prepare the images
   * @param network the network
   * @param preprocessing what its weights were made for
   * @param classNames its classes, in the order of its scores
   * @param model what to call it
   * @param plan the views of an image to evaluate
   * @param scales Q, each at least the crop
   * @param batch crops, or whole images, at a time
   */
  public ProtocolEvaluator(
      HostThreads threads,
      Network network,
      Preprocessing preprocessing,
      List<String> classNames,
      String model,
      ViewPlan plan,
      List<Integer> scales,
      int batch) {
    this.threads = threads;
    this.preprocessing = preprocessing;
    this.classes = new ClassMatch(classNames);
    this.model = model;
    this.plan = plan;
    this.views = new Views(threads, network, preprocessing, plan, scales, batch);
    this.architecture = network.architecture();
  }

  /**
   * Evaluates all readable images of a data set.
   *
   * @param dataset its classes must be among the network's, by name
   * @param limit how many unreadable images may be skipped
   * @param done receives the number of images done now and then
   * @throws InputException if the data set has a class that the network does not know, too many
   *     images cannot be read, or the memory does not suffice
   */
  public Posteriors run(Dataset dataset, UnreadableLimit limit, IntConsumer done) {
    return run(dataset, limit, ProcessGroup.alone(), done);
  }

  /**
   * Evaluates this rank's share of the images, while the other ranks evaluate theirs; every rank
   * gets all posteriors.
   *
   * @param done receives the number of this rank's images done
   * @throws InputException as the other method does; and if a process of the group is at fault
   */
  public Posteriors run(
      Dataset dataset, UnreadableLimit limit, ProcessGroup group, IntConsumer done) {
    int[] classOfLabel = classes.of(dataset);
    int size = dataset.size();
    int from = group.shareBegin(size);
    int to = group.shareEnd(size);
    int count = classes.names().size();
    float[] values = new float[Math.multiplyExact(size, count)];
    float[] unreadable = new float[size]; // 1 where unreadable, so that ranks can be summed
    LookedAt lookedAt = new LookedAt(architecture);
    int bad = 0;
    long began = System.nanoTime();
    int chunk = RescaledImages.atATime(views.scales());
    for (int first = from; first < to; first += chunk) {
      int images = Math.min(chunk, to - first);
      RescaledImages some = RescaledImages.read(threads, dataset, first, images, views::rescale);
      some.unreadable().keySet().forEach(image -> unreadable[image] = 1);
      bad += some.unreadable().size();
      if (bad
          <= limit.of(
              size)) { // otherwise the run fails, and only the other unreadable images matter
        posteriors(some.readable(), values, lookedAt, group);
      }
      done.accept(first + images - from);
    }
    if (group.size() > 1) {
      gather(values, unreadable, group);
      lookedAt.gather(group);
    }
    int[] left = ReadableImages.kept(dataset, unreadable, limit);
    int[] labels = new int[left.length];
    List<String> ids = new ArrayList<>();
    float[] kept = left.length == size ? values : new float[left.length * count];
    for (int n = 0; n < left.length; n++) {
      int image = left[n];
      labels[n] = dataset.isLabelled() ? classOfLabel[dataset.label(image)] : Dataset.UNKNOWN;
      ids.add(dataset.id(image));
      System.arraycopy(values, image * count, kept, n * count, count);
    }
    double seconds = (System.nanoTime() - began) / 1e9 / left.length;
    List<String> passedOver = ReadableImages.ids(dataset, unreadable);
    return new Posteriors(
        List.of(about(dataset, left.length, passedOver, seconds, lookedAt)),
        classes.names(),
        ids,
        labels,
        kept);
  }

  /** Each posterior is zero except on the rank that computed it. */
  private void gather(float[] values, float[] unreadable, ProcessGroup group) {
    group.barrier(); // hours may lie between the fastest and the slowest
    group.beginAllReduce(values);
    group.beginAllReduce(unreadable);
    group.awaitAll();
  }

  private Posteriors.About about(
      Dataset dataset,
      int size,
      List<String> unreadable,
      double secondsPerImage,
      LookedAt lookedAt) {
    return new Posteriors.About(
        model,
        dataset.name(),
        plan.protocol(),
        plan.mirrored(),
        plan.grid(),
        views.scales(),
        preprocessing.crop(),
        lookedAt.windowsPerImage(size),
        lookedAt.smallestMap(),
        lookedAt.largestMap(),
        lookedAt.relativeCost(size),
        secondsPerImage,
        unreadable);
  }

  /**
   * The posteriors of some images, averaged over all views.
   *
   * @param images their indices
   * @param values {@code [all images][classes]}, gets those of these images
   */
  private void posteriors(
      SortedMap<Integer, List<RgbImage>> images,
      float[] values,
      LookedAt lookedAt,
      ProcessGroup group) {
    float[][] means =
        MeanPosteriors.of(
            views,
            List.copyOf(images.values()),
            classes.names().size(),
            (view, outputs) -> {
              lookedAt.add(view, outputs);
              group.reportProgress();
            });
    int n = 0;
    for (int image : images.keySet()) {
      float[] mean = means[n++];
      System.arraycopy(mean, 0, values, image * mean.length, mean.length);
    }
  }
}
