package org.vgg4j.train;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Subset;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.inspect.Survey;
import org.vgg4j.data.loading.Sampler;
import org.vgg4j.network.HostThreads;

/**
 * The images with which a trial trains: looking at all of a large data set would take hours.
 *
 * @param readable those of them that can be read
 * @param survey of all of them
 */
record FirstImages(Dataset readable, Survey survey) {
  /**
   * Looks at the first images of the first epoch.
   *
   * @param train the training images
   * @param count how many; all if there are fewer
   * @throws InputException if none can be read
   */
  static FirstImages of(TrainingConfig config, Dataset train, int count, HostThreads threads) {
    int[] order = new Sampler(train.size(), config.seed()).order(0);
    Dataset images =
        new Subset(train, train.name(), Arrays.copyOf(order, Math.min(count, order.length)));
    int largest = config.augmentation().scale().largest();
    Survey survey =
        Survey.of(Split.TRAIN, images, largest, threads::parallel, done -> {}, () -> false);
    if (survey == null || survey.unreadable().size() == images.size()) {
      throw new InputException(
          "none of the first %d images of %s can be read: vgg data inspect says why"
              .formatted(images.size(), images.name()));
    }
    List<Integer> left = survey.unreadable().stream().map(Unreadable::index).toList();
    int[] kept = IntStream.range(0, images.size()).filter(index -> !left.contains(index)).toArray();
    return new FirstImages(new Subset(images, images.name(), kept), survey);
  }
}
