package org.vgg4j.embed;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.descriptor.Descriptors;
import org.vgg4j.evaluate.RescaledImages;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.network.HostThreads;

/**
 * Computes the descriptors of a data set's images, block by block into a file. A block depends only
 * on the images and the scales, so that a run that was interrupted ends with the bytes of one that
 * was not. Memory does not grow with the data, but for the names of the images. Not thread-safe.
 */
public final class Embedding {
  /**
   * What computes.
   *
   * @param file the model's file, as users name it
   * @param digest of its content
   * @param kernels of the device
   * @param fcWeights how the weights of fully connected layers are held
   */
  public record Computer(String file, String digest, String kernels, String fcWeights) {}

  /**
   * What a run has done.
   *
   * @param finished whether the file is complete; otherwise the same run continues later
   * @param images how many are done, readable or not
   * @param rows how many descriptors there are
   * @param dimensions length of each
   * @param kept how many of these an earlier run had left
   * @param unreadable names of the images that have none
   */
  public record Result(
      boolean finished, int images, int rows, int dimensions, int kept, List<String> unreadable) {}

  private final HostThreads threads;
  private final Descriptors descriptors;
  private final Computer computer;
  private final UnreadableLimit limit;

  /**
   * @param threads read and rescale images
   * @param descriptors computes them
   * @param computer what they depend on beside their recipe
   * @param limit how many unreadable images may be passed over
   */
  public Embedding(
      HostThreads threads, Descriptors descriptors, Computer computer, UnreadableLimit limit) {
    this.threads = threads;
    this.descriptors = descriptors;
    this.computer = computer;
    this.limit = limit;
  }

  /**
   * Computes all descriptors that are not there yet.
   *
   * @param dataset the images
   * @param file NAME.npy; NAME.json is written beside it
   * @param stop asked after each block whether to stop
   * @param done receives the number of images done
   * @throws InputException if too many images cannot be read, another run with other images, model
   *     or recipe was interrupted in this place, NAME.json is something else, or a file cannot be
   *     written
   */
  public Result run(Dataset dataset, Path file, BooleanSupplier stop, IntConsumer done) {
    DescriptorTable.requirePlace(file);
    String fingerprint = dataset.fingerprint();
    int size = dataset.size();
    int atATime = RescaledImages.atATime(descriptors.recipe().scales());
    try (PartialRows partial =
        PartialRows.open(file, descriptors.dimensions(), identity(fingerprint, size))) {
      int kept = partial.rows();
      limit.require(dataset, unreadable(dataset, partial.unreadable()), "");
      while (partial.images() < size && !stop.getAsBoolean()) {
        int first = partial.images();
        int count = Math.min(atATime, size - first);
        RescaledImages some =
            withRoom(RescaledImages.read(threads, dataset, first, count, descriptors::rescale));
        requireFew(dataset, partial, some);
        partial.append(
            descriptors.compute(List.copyOf(some.readable().values())), some.unreadable());
        done.accept(partial.images());
      }
      boolean finished = partial.images() == size;
      if (finished) {
        partial.finish(table(dataset, fingerprint, partial));
      }
      List<String> unreadable = partial.unreadable().keySet().stream().map(dataset::id).toList();
      return new Result(
          finished, partial.images(), partial.rows(), descriptors.dimensions(), kept, unreadable);
    }
  }

  private Map<String, String> identity(String fingerprint, int size) {
    Map<String, String> identity = new LinkedHashMap<>();
    identity.put("model", computer.digest());
    identity.put("recipe", descriptors.recipe().label());
    identity.put("set of images", fingerprint);
    identity.put("number of images", Integer.toString(size));
    identity.put("kind of kernels", computer.kernels());
    identity.put("form of the weights", computer.fcWeights());
    identity.put("batch", Integer.toString(descriptors.batch()));
    return identity;
  }

  /** The same; those that need more memory than there is are unreadable: they must not end all. */
  private RescaledImages withRoom(RescaledImages read) {
    SortedMap<Integer, List<RgbImage>> readable = new TreeMap<>();
    SortedMap<Integer, String> unreadable = new TreeMap<>(read.unreadable());
    read.readable()
        .forEach(
            (index, rescaled) -> {
              try {
                descriptors.requireRoom(rescaled);
                readable.put(index, rescaled);
              } catch (UnreadableImageException e) {
                unreadable.put(index, String.valueOf(e.getMessage()));
              }
            });
    return new RescaledImages(readable, unreadable);
  }

  private void requireFew(Dataset dataset, PartialRows partial, RescaledImages some) {
    List<Unreadable> bad = unreadable(dataset, partial.unreadable());
    bad.addAll(unreadable(dataset, some.unreadable()));
    limit.require(dataset, bad, "");
  }

  private static List<Unreadable> unreadable(Dataset dataset, SortedMap<Integer, String> reasons) {
    List<Unreadable> all = new ArrayList<>();
    reasons.forEach(
        (index, reason) -> all.add(new Unreadable(Split.TEST, index, dataset.id(index), reason)));
    return all;
  }

  private DescriptorTable table(Dataset dataset, String fingerprint, PartialRows partial) {
    List<String> ids = new ArrayList<>();
    int[] labels = new int[partial.rows()];
    List<String> unreadable = new ArrayList<>();
    for (int index = 0; index < dataset.size(); index++) {
      if (partial.unreadable().containsKey(index)) {
        unreadable.add(dataset.id(index));
      } else {
        labels[ids.size()] = dataset.isLabelled() ? dataset.label(index) : Dataset.UNKNOWN;
        ids.add(dataset.id(index));
      }
    }
    Map<String, Object> recipe = new LinkedHashMap<>(descriptors.recipe().asMap());
    recipe.put(DescriptorTable.MODEL_DIGEST, computer.digest());
    return new DescriptorTable(
        recipe,
        computer.file(),
        dataset.name(),
        fingerprint,
        computer.kernels(),
        computer.fcWeights(),
        descriptors.dimensions(),
        unreadable,
        dataset.isLabelled() ? dataset.classNames() : List.of(),
        ids,
        labels);
  }
}
