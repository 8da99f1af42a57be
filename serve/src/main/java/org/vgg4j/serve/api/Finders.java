package org.vgg4j.serve.api;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.ImageLocalizer;
import org.vgg4j.search.ImageSearch;

/**
 * What is served beside models, where it was asked for. Thread-safe as its parts are.
 *
 * @param search finds similar pictures; null: nothing does
 * @param localizer finds boxes; null: nothing does
 */
public record Finders(@Nullable ImageSearch search, @Nullable ImageLocalizer localizer)
    implements AutoCloseable {
  /** What clients are told of it. */
  Map<String, Object> about() {
    Map<String, Object> about = new LinkedHashMap<>();
    about.put("localizer", localizer != null);
    about.put(
        "index",
        search == null
            ? null
            : Map.of(
                "images", search.index().count(),
                "description", search.index().header().label()));
    return about;
  }

  @Override
  public void close() {
    if (search != null) {
      search.close();
    }
    if (localizer != null) {
      localizer.close();
    }
  }
}
