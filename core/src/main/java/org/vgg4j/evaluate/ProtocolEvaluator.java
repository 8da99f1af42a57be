package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.image.Preprocessor;
import org.vgg4j.image.Rescale;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.ScoreMaps;
import org.vgg4j.parallel.ProcessGroup;

/**
 * Posteriors by the protocols of the paper (section 3.2): each image is rescaled so that its
 * shorter side is Q, and the posteriors of what a protocol looks at, of mirror images and of
 * several Q are averaged. Not thread-safe.
 */
public final class ProtocolEvaluator {
  /** Bytes of the rescaled images that are held at a time. */
  private static final long IMAGE_BYTES = 128L << 20;

  private static final int MOST_IMAGES = 64;

  private final Engine engine;
  private final Parameters parameters;
  private final Preprocessing preprocessing;
  private final Preprocessor preprocessor;
  private final ClassMatch classes;
  private final String model;
  private final Views views;
  private final List<Integer> scales;
  private final int batch;
  private final @Nullable Inference crops;
  private final @Nullable DenseInference dense;
  private final float[] cropImages;
  private float[] denseImages = {};
  private Runnable progress = () -> {};
  private long windows;
  private double multiplyAdds;
  private @Nullable MapSize smallest;
  private @Nullable MapSize largest;

  /** A class score map. */
  private record MapSize(int rows, int columns) {
    int area() {
      return rows * columns;
    }

    @Override
    public String toString() {
      return rows + "x" + columns;
    }
  }

  /**
   * @param engine whose threads prepare the images
   * @param parameters the network
   * @param preprocessing what its weights were made for
   * @param classNames its classes, in the order of its scores
   * @param model what to call it
   * @param views what of an image is looked at
   * @param scales Q, each at least the crop
   * @param batch crops, or whole images, at a time
   */
  public ProtocolEvaluator(
      Engine engine,
      Parameters parameters,
      Preprocessing preprocessing,
      List<String> classNames,
      String model,
      Views views,
      List<Integer> scales,
      int batch) {
    this.engine = engine;
    this.parameters = parameters.withoutBatchNorm(); // once for crops and whole images
    this.preprocessing = preprocessing;
    this.preprocessor = new Preprocessor(preprocessing);
    this.classes = new ClassMatch(classNames);
    this.model = model;
    this.views = views;
    this.scales = List.copyOf(scales);
    this.batch = batch;
    Protocol protocol = views.protocol();
    boolean usesCrops = protocol != Protocol.DENSE;
    boolean usesDense = protocol == Protocol.DENSE || protocol == Protocol.BOTH;
    this.crops = usesCrops ? engine.inference(this.parameters, batch, Set.of()) : null;
    this.dense = usesDense ? engine.dense(this.parameters) : null;
    this.cropImages = usesCrops ? engine.images(parameters.architecture(), batch) : new float[0];
  }

  /**
   * Looks at all images of a data set, but for those that cannot be read.
   *
   * @param dataset its classes must be among the network's, by name
   * @param limit how many images may be passed over
   * @param done is told now and then how many images are done
   * @throws InputException if the data set has a class that the network does not know, too many
   *     images cannot be read, or the memory does not suffice
   */
  public Posteriors run(Dataset dataset, UnreadableLimit limit, IntConsumer done) {
    return run(dataset, limit, ProcessGroup.alone(), done);
  }

  /**
   * Looks at a share of the images, while the other processes of a group look at theirs; all get
   * all posteriors.
   *
   * @param done is told how many of its own images are done
   * @throws InputException as the other method does; and if a process of the group is at fault
   */
  public Posteriors run(
      Dataset dataset, UnreadableLimit limit, ProcessGroup group, IntConsumer done) {
    int[] classOfLabel = classes.of(dataset);
    this.progress = group::worked;
    int size = dataset.size();
    int from = group.shareBegin(size);
    int to = group.shareEnd(size);
    int count = classes.names().size();
    float[] values = new float[Math.multiplyExact(size, count)];
    float[] unreadable = new float[size]; // 1 where it is, so that it can be summed
    windows = 0;
    multiplyAdds = 0;
    int bad = 0;
    long began = System.nanoTime();
    int chunk = imagesAtATime();
    for (int first = from; first < to; first += chunk) {
      int images = Math.min(chunk, to - first);
      RgbImage[][] rescaled = rescale(dataset, first, images, unreadable);
      for (int n = 0; n < images; n++) {
        bad += (int) unreadable[first + n];
      }
      if (bad <= limit.of(size)) { // else it is in vain, and only who else cannot be read matters
        double[][] sums = posteriors(rescaled, images);
        for (int n = 0; n < images; n++) {
          for (int k = 0; k < count; k++) {
            values[(first + n) * count + k] = (float) sums[n][k];
          }
        }
      }
      done.accept(first + images - from);
    }
    if (group.size() > 1) {
      gather(values, unreadable, group);
    }
    int[] left = readable(dataset, unreadable, limit);
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
    List<String> passedOver =
        IntStream.range(0, size).filter(n -> unreadable[n] > 0).mapToObj(dataset::id).toList();
    return new Posteriors(
        List.of(about(dataset, left.length, passedOver, seconds)),
        classes.names(),
        ids,
        labels,
        kept);
  }

  /**
   * The images that can be read.
   *
   * @throws InputException if too many cannot
   */
  private static int[] readable(Dataset dataset, float[] unreadable, UnreadableLimit limit) {
    int[] left = IntStream.range(0, unreadable.length).filter(n -> unreadable[n] == 0).toArray();
    if (left.length < unreadable.length) {
      List<Unreadable> all = new ArrayList<>();
      for (int n = 0; n < unreadable.length; n++) {
        if (unreadable[n] > 0) {
          String reason = all.isEmpty() ? reason(dataset, n) : "";
          all.add(new Unreadable(Split.TEST, n, dataset.id(n), reason));
        }
      }
      limit.require(dataset, all, "");
    }
    return left;
  }

  /** What is wrong with an image, which perhaps another process has found out. */
  private static String reason(Dataset dataset, int index) {
    try {
      RgbImage image = dataset.image(index);
      return "%s has %dx%d pixels, too long for its width to be rescaled"
          .formatted(dataset.id(index), image.width(), image.height());
    } catch (UnreadableImageException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Each posterior, and each count, is zero but on the one rank that made it. */
  private void gather(float[] values, float[] unreadable, ProcessGroup group) {
    group.meet(); // hours may lie between the fastest and the slowest
    group.beginSum(values);
    group.beginSum(unreadable);
    group.awaitAll();
    double[] counts = {windows, multiplyAdds};
    group.sum(counts);
    windows = (long) counts[0];
    multiplyAdds = counts[1];
    double[] sizes = new double[4 * group.size()];
    if (smallest != null && largest != null) {
      int at = 4 * group.rank();
      sizes[at] = smallest.rows();
      sizes[at + 1] = smallest.columns();
      sizes[at + 2] = largest.rows();
      sizes[at + 3] = largest.columns();
    }
    group.sum(sizes);
    for (int i = 0; i < sizes.length; i += 2) {
      if (sizes[i] > 0) {
        note(new MapSize((int) sizes[i], (int) sizes[i + 1]));
      }
    }
  }

  private Posteriors.About about(
      Dataset dataset, int size, List<String> unreadable, double secondsPerImage) {
    return new Posteriors.About(
        model,
        dataset.name(),
        views.protocol(),
        views.mirrored(),
        views.grid(),
        scales,
        preprocessing.crop(),
        (double) windows / size,
        smallest == null ? "1x1" : smallest.toString(),
        largest == null ? "1x1" : largest.toString(),
        multiplyAdds / size / parameters.architecture().multiplyAdds(),
        secondsPerImage,
        unreadable);
  }

  private int imagesAtATime() {
    long bytes = 0;
    for (int scale : scales) {
      bytes += 3L * scale * scale * 3 / 2; // pictures are most often 3 to 2
    }
    return (int) Math.max(1, Math.min(MOST_IMAGES, IMAGE_BYTES / bytes));
  }

  /** The posteriors of some images, averaged over all that is looked at; zeros for none. */
  private double[][] posteriors(RgbImage[][] rescaled, int images) {
    double[][] sums = new double[images][classes.names().size()];
    int[] there = IntStream.range(0, images).filter(n -> rescaled[0][n] != null).toArray();
    double[][] sumsOfThese = Arrays.stream(there).mapToObj(n -> sums[n]).toArray(double[][]::new);
    int means = scales.size() * (views.protocol() == Protocol.BOTH ? 2 : 1);
    for (RgbImage[] ofScale : rescaled) {
      RgbImage[] these = Arrays.stream(there).mapToObj(n -> ofScale[n]).toArray(RgbImage[]::new);
      if (crops != null) {
        addCrops(crops, these, sumsOfThese, means);
      }
      if (dense != null) {
        addDense(dense, these, sumsOfThese, means);
      }
    }
    return sums;
  }

  /**
   * Some images at all scales.
   *
   * @param unreadable gets a 1 for each that cannot be read; these are missing
   */
  private RgbImage[][] rescale(Dataset dataset, int first, int images, float[] unreadable) {
    RgbImage[][] rescaled = new RgbImage[scales.size()][images];
    engine.parallel(
        images,
        n -> {
          try {
            RgbImage image = dataset.image(first + n);
            for (int s = scales.size() - 1; s >= 0; s--) {
              rescaled[s][n] =
                  Rescale.toShorterSide(image, scales.get(s), preprocessing.interpolation());
            }
          } catch (UnreadableImageException e) {
            unreadable[first + n] = 1;
            for (RgbImage[] ofScale : rescaled) {
              ofScale[n] = null;
            }
          }
        });
    return rescaled;
  }

  /** A crop of an image. */
  private record Crop(int image, int number) {}

  private void addCrops(Inference network, RgbImage[] images, double[][] sums, int means) {
    List<Crop> all = new ArrayList<>();
    Crops[] places = new Crops[images.length];
    for (int n = 0; n < images.length; n++) {
      places[n] = Crops.of(views, images[n], preprocessing.crop());
      for (int number = 0; number < places[n].count(); number++) {
        all.add(new Crop(n, number));
      }
    }
    for (int begin = 0; begin < all.size(); begin += batch) {
      List<Crop> some = all.subList(begin, Math.min(all.size(), begin + batch));
      engine.parallel(
          some.size(),
          i -> {
            Crop crop = some.get(i);
            RgbImage cut = places[crop.image()].cut(images[crop.image()], crop.number());
            preprocessor.write(cut, cropImages, i);
          });
      float[] posteriors = network.posteriors(cropImages, some.size());
      progress.run();
      for (int i = 0; i < some.size(); i++) {
        int n = some.get(i).image();
        add(posteriors, i * sums[n].length, sums[n], 1.0 / means / places[n].count());
      }
    }
    windows += all.size();
    multiplyAdds += (double) all.size() * parameters.architecture().multiplyAdds();
  }

  private static void add(float[] posteriors, int offset, double[] sums, double weight) {
    for (int k = 0; k < sums.length; k++) {
      sums[k] += weight * posteriors[offset + k];
    }
  }

  private void addDense(DenseInference network, RgbImage[] images, double[][] sums, int means) {
    Map<List<Integer>, List<Integer>> bySize = new LinkedHashMap<>();
    for (int n = 0; n < images.length; n++) {
      List<Integer> size = List.of(images[n].height(), images[n].width());
      bySize.computeIfAbsent(size, key -> new ArrayList<>()).add(n);
    }
    for (Map.Entry<List<Integer>, List<Integer>> group : bySize.entrySet()) {
      int height = group.getKey().get(0);
      int width = group.getKey().get(1);
      List<Integer> members = group.getValue();
      int all = views.sides() * members.size();
      int capacity = network.capacity(height, width, Math.min(batch, all));
      for (int begin = 0; begin < all; begin += capacity) {
        int count = Math.min(capacity, all - begin);
        addDenseBatch(network, images, members, begin, count, sums, 1.0 / views.sides() / means);
      }
    }
  }

  /**
   * @param members images of one size
   * @param begin number of the first, where 2 * i is member i and 2 * i + 1 its mirror image, or
   *     without mirror images i
   */
  private void addDenseBatch(
      DenseInference network,
      RgbImage[] images,
      List<Integer> members,
      int begin,
      int count,
      double[][] sums,
      double weight) {
    int height = images[members.get(0)].height();
    int width = images[members.get(0)].width();
    int length = Math.multiplyExact(count, Math.multiplyExact(3 * height, width));
    if (denseImages.length < length) {
      denseImages = new float[length];
    }
    float[] input = denseImages;
    engine.parallel(
        count,
        i -> {
          RgbImage image = images[members.get((begin + i) / views.sides())];
          boolean mirrored = (begin + i) % views.sides() == 1;
          preprocessor.write(mirrored ? image.flipHorizontally() : image, input, i);
        });
    ScoreMaps maps = network.scores(input, count, height, width);
    progress.run();
    for (int i = 0; i < count; i++) {
      int n = members.get((begin + i) / views.sides());
      add(network.posteriors(maps.mean(i)), 0, sums[n], weight);
    }
    note(maps, count, height, width);
  }

  private void note(MapSize size) {
    smallest = smallest == null || size.area() < smallest.area() ? size : smallest;
    largest = largest == null || size.area() > largest.area() ? size : largest;
  }

  private void note(ScoreMaps maps, int count, int height, int width) {
    MapSize size = new MapSize(maps.rows(), maps.columns());
    note(size);
    windows += (long) count * size.area();
    multiplyAdds += (double) count * parameters.architecture().multiplyAdds(height, width);
  }
}
