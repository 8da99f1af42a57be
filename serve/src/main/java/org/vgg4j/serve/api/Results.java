package org.vgg4j.serve.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.vgg4j.serve.http.HttpFailure;

/** The part of an answer that has an entry for each picture. */
final class Results {
  private Results() {}

  /**
   * The entries: a name, and what is told of a result or why there is none.
   *
   * @param tell adds what there is to tell of a result
   */
  static <O> List<Map<String, Object>> of(
      List<Pipeline.Outcome<O>> outcomes,
      BiConsumer<Pipeline.Outcome<O>, Map<String, Object>> tell) {
    List<Map<String, Object>> images = new ArrayList<>();
    for (Pipeline.Outcome<O> outcome : outcomes) {
      Map<String, Object> image = new LinkedHashMap<>();
      image.put("name", outcome.upload().name());
      HttpFailure failure = outcome.failure();
      if (failure == null) {
        tell.accept(outcome, image);
      } else {
        image.put("error", failure.sentence());
      }
      images.add(image);
    }
    return images;
  }

  /** The result of an outcome that has one. */
  static <O> O result(Pipeline.Outcome<O> outcome) {
    return Objects.requireNonNull(outcome.result());
  }

  /** Milliseconds since a time, with two digits behind the point. */
  static double milliseconds(long startNanos) {
    return Math.round((System.nanoTime() - startNanos) / 1e4) / 1e2;
  }
}
