package org.vgg4j.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.UnseenImages;
import org.vgg4j.weights.Models;
import org.vgg4j.weights.Provenance;

/**
 * Finds validation images from which the model that a run begins with has learnt: with other
 * options other images are held out of the same data set.
 */
final class SeenImages {
  private static final List<String> DECIDING = List.of("held-out", "limit", "seed");

  private SeenImages() {}

  /**
   * Returns a sentence about such images; null if there are none.
   *
   * @param data of the run
   * @throws org.vgg4j.base.InputException if the model cannot be read
   */
  static @Nullable String note(TrainingConfig config, DataSplits data) {
    Path from = config.start().from();
    Provenance then =
        from == null ? null : Models.readStartWithoutArrays(from).model().provenance();
    if (then == null) {
      return null;
    }
    boolean ofSameData = then.datasetFingerprint().equals(data.fingerprint());
    if (ofSameData ? holdsOutTheSame(config, then) : config.boxes() == null) {
      return null;
    }
    Set<String> learnt = learnt(config, then);
    Dataset validation = data.validation();
    int seen = UnseenImages.count(validation, learnt);
    return seen == 0
        ? null
        : "%,d of the %,d validation images are among those that %s learnt from, so errors will be too low: hold out the same ones by %s, as it did"
            .formatted(seen, validation.size(), from, text(then.configuration()::get));
  }

  private static boolean holdsOutTheSame(TrainingConfig config, Provenance then) {
    return text(then.configuration()::get).equals(text(config.options()::get));
  }

  /** What a network that finds boxes begins with may have classified the same images. */
  private static Set<String> learnt(TrainingConfig config, Provenance then) {
    if (config.multiLabel() != null) {
      return UnseenImages.learntLabels(config.data(), config.multiLabel(), then);
    }
    BoxConfig boxes = config.boxes();
    Set<String> ofBoxes =
        boxes == null ? Set.of() : UnseenImages.learntBoxes(config.data(), boxes.file(), then);
    return ofBoxes.isEmpty() ? UnseenImages.learnt(config.data(), then) : ofBoxes;
  }

  private static String text(Function<String, @Nullable Object> options) {
    return DECIDING.stream()
        .map(name -> "--" + name + " " + options.apply(name))
        .collect(Collectors.joining(" "));
  }
}
