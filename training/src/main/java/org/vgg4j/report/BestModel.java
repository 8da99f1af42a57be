package org.vgg4j.report;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;

/**
 * The best model of a run, looked at and measured on the validation images.
 *
 * @param architecture the network
 * @param epoch after which it was saved; null if the file does not say
 * @param filters of its first layer
 * @param data where the run's data set is
 * @param validation the images that it was measured on
 * @param findings its results on them
 */
record BestModel(
    Architecture architecture,
    @Nullable Double epoch,
    List<FilterImage> filters,
    String data,
    Dataset validation,
    Findings findings) {
  /** Images at a time, unless memory limited the run to fewer. */
  private static final int BATCH = 64;

  /**
   * Measures it.
   *
   * @param places where the run's data set is now
   * @param device that measures
   * @param threads number of threads
   * @param progress is told how far the measurement has got
   * @return null if the run has no best model, since no epoch was finished
   * @throws InputException if the model or the data cannot be read, or the data are not those that
   *     the run was trained on
   */
  static @Nullable BestModel measure(
      RunRecord run,
      RunReport.Places places,
      Device device,
      int threads,
      RunReport.Progress progress) {
    if (!Files.exists(run.folder().bestModel())) {
      return null;
    }
    ModelFile file = ModelFile.read(run.folder().bestModel());
    String data = places.data() != null ? places.data() : run.text("data");
    Dataset images = validation(run, data, places, file);
    List<FilterImage> filters = FilterImage.of(file);
    try (Engine engine = Engines.open(device, threads);
        Network network = engine.load(new Parameters(file.architecture(), file.arrays()))) {
      int batch = Math.min(run.option("batch").intValue(), run.option("micro-batch").intValue());
      int capacity = Math.max(1, Math.min(Math.min(batch, BATCH), images.size()));
      Inference inference = network.inference(capacity, Set.of());
      Findings findings =
          Findings.of(
              run,
              file,
              inference,
              engine.hostThreads(),
              images,
              done -> progress.measured(done, images.size()));
      return new BestModel(file.architecture(), epoch(file), filters, data, images, findings);
    }
  }

  /** Which model it is, for the page's figures. */
  String note() {
    return epoch == null
        ? "best model"
        : String.format(Locale.ROOT, "best model, epoch %.0f", epoch);
  }

  /** What to call a validation image: its file, as seen from the data set's folder. */
  String file(int index) {
    String id = validation.id(index);
    String folder = data.endsWith("/") ? data : data + "/";
    return id.startsWith(folder) ? id.substring(folder.length()) : id;
  }

  private static Dataset validation(
      RunRecord run, String data, RunReport.Places places, ModelFile file) {
    DataSplits splits = splits(run, data, places);
    Provenance provenance = file.provenance();
    if (provenance != null && !splits.fingerprint().equals(provenance.datasetFingerprint())) {
      throw new InputException(
          "the data %s are not what %s was trained on, or have changed since: restore them, or say"
                  .formatted(data, run.folder().path())
              + " where they are (%s)"
                  .formatted(
                      switch (run.task()) {
                        case CLASSIFICATION -> "option data";
                        case LABELS -> "options data and multi-label";
                        case SINGLE_BOX, BOX_PER_CLASS -> "options data and boxes";
                      }));
    }
    return splits.without(run.folder().passedOver()).validation();
  }

  private static DataSplits splits(RunRecord run, String data, RunReport.Places places) {
    Path boxesAt = places.boxes();
    int limit = run.configuration().containsKey("limit") ? run.option("limit").intValue() : 0;
    double heldOut = run.option("held-out").doubleValue();
    long seed = run.option("seed").longValue();
    if (!run.task().isBoxes() && boxesAt != null) {
      throw new InputException(
          "%s classifies and has no boxes: leave out option boxes".formatted(run.folder().path()));
    }
    String labels = places.multiLabel();
    if (!run.task().isLabels() && labels != null) {
      throw new InputException(
          "%s was not trained with several labels an image: leave out option multi-label"
              .formatted(run.folder().path()));
    }
    if (run.task().isLabels()) {
      String file = labels == null ? run.multiLabel() : labels;
      return DataSources.openLabelSets(data, file, limit, heldOut, seed);
    }
    if (!run.task().isBoxes()) {
      return DataSources.open(data, limit, heldOut, seed);
    }
    String boxes = run.text("boxes");
    Path file = boxesAt != null || boxes.isEmpty() ? boxesAt : Path.of(boxes);
    return DataSources.openBoxed(data, file, limit, heldOut, seed);
  }

  private static @Nullable Double epoch(ModelFile file) {
    Provenance provenance = file.provenance();
    return provenance == null ? null : provenance.metrics().get("epoch");
  }
}
