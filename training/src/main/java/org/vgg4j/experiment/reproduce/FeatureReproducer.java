package org.vgg4j.experiment.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.caltech.CaltechFolder;
import org.vgg4j.data.voc.VocFolder;
import org.vgg4j.experiment.reproduce.FeatureResult.Column;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.svm.Rows;
import org.vgg4j.svm.StackedRows;
import org.vgg4j.train.RunLock;

/**
 * Follows appendix B: describes the images of the data sets that are there by each network, trains
 * linear classifiers on the descriptors of each network and on those of all stacked, and measures
 * them. Descriptors are kept, and an interrupted run continues with them; classifiers are trained
 * again.
 */
public final class FeatureReproducer {
  private final FeatureConfig config;
  private final Path out;
  private final Reproducer.Listener listener;
  private final BooleanSupplier stopRequested;
  private final List<FeatureNet> nets = new ArrayList<>();
  private final List<FeatureTask> tasks = new ArrayList<>();
  private double done;

  /**
   * Lists all images; reads no pixels and no weights.
   *
   * @param out folder of descriptors and submissions
   * @param stopRequested polled after each block of images and after each training
   * @throws InputException if a model or data set is not what it should be
   */
  public FeatureReproducer(
      FeatureConfig config, Path out, Reproducer.Listener listener, BooleanSupplier stopRequested) {
    this.config = config;
    this.out = out;
    this.listener = listener;
    this.stopRequested = stopRequested;
    for (Path model : config.models()) {
      nets.add(FeatureNet.of(nets.size() + 1, model, config.scales()));
    }
    if (config.voc2007() != null) {
      tasks.add(new VocTask(voc(config.voc2007(), 2007), Column.VOC_2007, out));
    }
    if (config.voc2012() != null) {
      VocFolder voc = voc(config.voc2012(), 2012);
      tasks.add(new VocTask(voc, Column.VOC_2012, out));
      if (voc.hasActions()) {
        tasks.add(new ActionTask(voc, out));
      }
    }
    addCaltech(config.caltech101(), CaltechFolder.Edition.CALTECH_101);
    addCaltech(config.caltech256(), CaltechFolder.Edition.CALTECH_256);
  }

  private static VocFolder voc(Path folder, int year) {
    VocFolder voc = VocFolder.open(folder);
    if (voc.year() != year) {
      throw new InputException(
          "%s is called %s, but option voc-%d needs VOC%d: the year decides how precision is averaged"
              .formatted(voc.root(), voc.name(), year, year));
    }
    return voc;
  }

  private void addCaltech(@Nullable Path folder, CaltechFolder.Edition edition) {
    if (folder == null) {
      return;
    }
    CaltechFolder caltech = CaltechFolder.open(folder);
    if (caltech.edition() != edition) {
      boolean small = edition == CaltechFolder.Edition.CALTECH_101;
      throw new InputException(
          "option caltech-%s is %s, which is Caltech-%s: give it as --caltech-%s"
              .formatted(
                  small ? "101" : "256", folder, small ? "256" : "101", small ? "256" : "101"));
    }
    for (int split = 0; split < CaltechFolder.SPLITS; split++) {
      caltech.split(split, config.seed()); // classes that are too small are found before the work
    }
    tasks.add(new CaltechTask(caltech));
  }

  /**
   * Predicts how long describing takes, from an image of each data set. Training classifiers is not
   * part of it.
   *
   * @return seconds, approximately
   * @throws InputException if a network cannot be loaded, or an image cannot be described
   */
  public double predictSeconds() {
    double seconds = 0;
    try (Engine engine = Engines.open(config.device(), config.threads())) {
      for (FeatureNet net : nets) {
        try (FeatureDescriptors descriptors = new FeatureDescriptors(net, config, engine)) {
          Map<List<Integer>, Double> known = new HashMap<>();
          for (FeaturePart part : parts()) {
            double one =
                known.computeIfAbsent(
                    part.paperScales(), scales -> descriptors.secondsPerImage(part));
            seconds += one * part.images().size();
          }
        }
      }
    }
    return seconds;
  }

  private List<FeaturePart> parts() {
    return tasks.stream().flatMap(task -> task.parts().stream()).toList();
  }

  /**
   * Does all that is left to do. The folder must exist.
   *
   * @return null if it was asked to stop
   * @throws InputException if data, memory or files do not allow it
   */
  public @Nullable FeatureReproduction run() {
    try (RunLock unused = RunLock.take(out)) {
      return describeAll() ? measureAll() : null;
    }
  }

  private boolean describeAll() {
    try (Engine engine = Engines.open(config.device(), config.threads())) {
      for (FeatureNet net : nets) {
        try (FeatureDescriptors descriptors = new FeatureDescriptors(net, config, engine)) {
          for (FeaturePart part : parts()) {
            listener.began("%s: describing %s".formatted(net.label(), part.name()), share(0));
            if (!descriptors.describe(
                out,
                part,
                stopRequested,
                images -> listener.progressed(share(images * work(part))))) {
              return false;
            }
            done += part.images().size() * work(part);
          }
        }
      }
    }
    return true;
  }

  /** Passes over an image of a part, in pixels. */
  private double work(FeaturePart part) {
    List<Integer> scales = config.scales().isEmpty() ? part.paperScales() : config.scales();
    return scales.stream().mapToDouble(q -> (double) q * q).sum();
  }

  private double share(double more) {
    double all = parts().stream().mapToDouble(part -> part.images().size() * work(part)).sum();
    return (done + more) / (nets.size() * all);
  }

  private @Nullable FeatureReproduction measureAll() {
    FeatureTraining training = new FeatureTraining(config.cost(), config.seed(), config.threads());
    List<FeatureResult> results = new ArrayList<>();
    for (FeatureSubject subject : FeatureSubject.of(nets)) {
      for (FeatureTask task : tasks) {
        if (stopRequested.getAsBoolean()) {
          return null;
        }
        listener.began(
            "%s: classifiers of %s".formatted(subject.label(), task.parts().get(0).name()), 1);
        results.addAll(task.measure(subject, rows(subject), training));
      }
    }
    return new FeatureReproduction(config, nets, results);
  }

  private Function<FeaturePart, Rows> rows(FeatureSubject subject) {
    return part ->
        new StackedRows(
            subject.nets().stream().map(net -> FeatureDescriptors.rows(out, part, net)).toList());
  }
}
