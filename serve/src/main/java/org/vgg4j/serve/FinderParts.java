package org.vgg4j.serve;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vgg4j.ImageClassifier;
import org.vgg4j.evaluate.ImageLocalizer;
import org.vgg4j.network.Device;
import org.vgg4j.search.ImageSearch;
import org.vgg4j.search.SearchIndex;
import org.vgg4j.serve.api.Finders;
import org.vgg4j.serve.models.Memory;

/**
 * Loads what finds boxes and similar pictures. Each has networks of its own: that of an index must
 * be the one that made it, whatever the served models become.
 *
 * @param options of the service
 * @param onHeap whether the device computes in the heap
 */
record FinderParts(ServiceOptions options, boolean onHeap) {
  private static final String REMEDY = "leave it out, or give Java a larger heap";

  /**
   * Promises the networks their memory.
   *
   * @throws org.vgg4j.base.InputException if a file is missing or broken, or there is not enough
   */
  void reserve(Memory memory) {
    ServiceOptions.Extras extras = options.extras();
    if (extras.index() != null) {
      Path model = ImageSearch.requireModel(SearchIndex.open(extras.index()), null);
      memory.reserve(needed(model), "index " + extras.index(), REMEDY);
    }
    if (!extras.localizers().isEmpty()) {
      long bytes = needed(labels());
      for (Path finder : extras.localizers()) {
        bytes += needed(finder);
      }
      memory.reserve(bytes, "localizer " + extras.localizers().get(0), REMEDY);
    }
  }

  private long needed(Path model) {
    return onHeap ? ImageClassifier.memoryNeeded(model, options.machine()) : 0;
  }

  /** The first model says what is in a picture, and rates boxes. */
  private Path labels() {
    return options.models().values().iterator().next();
  }

  /**
   * Loads them.
   *
   * @throws org.vgg4j.base.InputException if a file is missing or broken, or does not suit
   */
  Finders load() {
    ServiceOptions.Extras extras = options.extras();
    Device device = Device.of(options.machine().device());
    int threads = options.machine().threads();
    @Nullable ImageSearch search =
        extras.index() == null
            ? null
            : ImageSearch.open(SearchIndex.open(extras.index()), null, device, threads);
    try {
      return new Finders(
          search,
          extras.localizers().isEmpty()
              ? null
              : ImageLocalizer.load(extras.localizers(), labels(), null, device, threads));
    } catch (RuntimeException | Error e) {
      if (search != null) {
        search.close();
      }
      throw e;
    }
  }
}
