package org.vgg4j;

import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.network.HostThreads;
import org.vgg4j.views.HeatMap;
import org.vgg4j.views.HeatMaps;
import org.vgg4j.views.Ranking;
import org.vgg4j.views.Temperature;
import org.vgg4j.weights.ModelFile;

/** Maps where in images a network sees classes. Thread-safe. */
final class ClassMaps {
  private final ModelFile model;
  private final Passes passes;
  private final LazyGradCam gradCam;

  /** One pass over a whole image at a time, since its memory grows with the image. */
  private final ReentrantLock turn = new ReentrantLock(true);

  /**
   * @param model without its weights
   */
  ClassMaps(ModelFile model, Passes passes, LazyGradCam gradCam) {
    this.model = model;
    this.passes = passes;
    this.gradCam = gradCam;
  }

  /** See {@link ImageClassifier#heatMaps}. */
  List<HeatMap> occlusion(RgbImage image, int... classes) {
    requireKnown(classes);
    return passes.withBatches(
        pass -> {
          HeatMaps maps = maps(pass.threads(), pass, passes.batch(), image);
          return maps.occlusion(orBest(classes, maps));
        });
  }

  /** See {@link ImageClassifier#gradCam}. */
  List<HeatMap> gradCam(RgbImage image, int... classes) {
    requireKnown(classes);
    gradCam.requirePossible();
    turn.lock();
    // threads of its own, since their scratch memory grows with the image, too
    try (HostThreads own = new HostThreads(passes.threads())) {
      HeatMaps maps = passes.withOne(pass -> maps(own, pass, 1, image));
      int[] chosen = orBest(classes, maps);
      int scale = model.preprocessing().scale();
      return passes.beside(own, () -> maps.gradCam(gradCam.get(), scale, chosen));
    } finally {
      turn.unlock();
    }
  }

  private void requireKnown(int... classes) {
    int most = model.classNames().size() - 1;
    for (int index : classes) {
      if (index < 0 || index > most) {
        throw new InputException(
            "there is no class %d: give indices from 0 to %d".formatted(index, most));
      }
    }
  }

  private HeatMaps maps(HostThreads threads, Passes.Pass pass, int batch, RgbImage image) {
    return new HeatMaps(
        threads,
        pass.network(),
        pass.inference(Set.of()),
        batch,
        model.preprocessing(),
        new Temperature(model.temperature()),
        image);
  }

  private int[] orBest(int[] classes, HeatMaps maps) {
    return classes.length > 0
        ? classes
        : Ranking.top(maps.posteriors(), 0, model.classNames().size(), 1);
  }
}
