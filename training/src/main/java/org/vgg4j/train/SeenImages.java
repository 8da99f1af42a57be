package org.vgg4j.train;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
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
   * @param open opens them with other options
   * @throws org.vgg4j.base.InputException if the model cannot be read
   */
  static @Nullable String note(
      TrainingConfig config, DataSplits data, Function<TrainingConfig, DataSplits> open) {
    Path from = config.start().from();
    Provenance then =
        from == null ? null : Models.readStartWithoutArrays(from).model().provenance();
    if (then == null
        || !then.datasetFingerprint().equals(data.fingerprint())
        || text(then).equals(text(config))) {
      return null;
    }
    TrainingConfigBuilder before = config.toBuilder();
    for (String option : DECIDING) {
      if (then.configuration().get(option) instanceof Number number) {
        switch (option) {
          case "held-out" -> before.heldOut(number.doubleValue());
          case "limit" -> before.limit(number.intValue());
          default -> before.seed(number.longValue());
        }
      }
    }
    Set<String> learnt = new HashSet<>();
    ids(open.apply(before.build()).train()).forEach(learnt::add);
    long seen = ids(data.validation()).filter(learnt::contains).count();
    return seen == 0
        ? null
        : "%,d of the %,d validation images are among those that %s learnt from, so errors will be too low: hold out the same ones by %s, as it did"
            .formatted(seen, data.validation().size(), from, text(then));
  }

  private static Stream<String> ids(Dataset part) {
    return IntStream.range(0, part.size()).mapToObj(part::id);
  }

  private static String text(Provenance then) {
    return text(then.configuration()::get);
  }

  private static String text(TrainingConfig config) {
    return text(config.options()::get);
  }

  private static String text(Function<String, @Nullable Object> options) {
    return DECIDING.stream()
        .map(name -> "--" + name + " " + options.apply(name))
        .collect(Collectors.joining(" "));
  }
}
