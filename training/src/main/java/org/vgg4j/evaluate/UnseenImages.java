package org.vgg4j.evaluate;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.weights.Provenance;

/**
 * Chooses the images that a model is measured on. Unless a part of the data set is asked for, these
 * are never images that the model was trained on: of its own training data, they are the test
 * images, or those held out.
 *
 * @param split the requested part; null for none
 * @param heldOut fraction held out for validation; null for that of the model's training
 * @param seed decides what is held out; null for that of the model's training
 */
public record UnseenImages(@Nullable Split split, @Nullable Double heldOut, @Nullable Long seed) {
  private static final double HELD_OUT = 0.1;
  private static final long SEED = 1;

  /**
   * Opens the images.
   *
   * @param data a word or a path, see {@link DataSources}
   * @param provenance of the model; null if unknown, in which case it is taken to have been trained
   *     on other data
   * @throws InputException if there is no such data set or part, or something is wrong with it
   */
  public Dataset open(String data, @Nullable Provenance provenance) {
    Map<String, Object> options = Map.of();
    boolean learnt = false;
    if (provenance != null
        && DataSources.fingerprint(data).equals(provenance.datasetFingerprint())) {
      options = provenance.configuration();
      learnt = true;
    }
    double fraction =
        heldOut != null ? heldOut : number(options, "held-out", HELD_OUT).doubleValue();
    int limit = number(options, "limit", 0).intValue();
    long draw = seed != null ? seed : number(options, "seed", SEED).longValue();
    if (split != null || !learnt) {
      return DataSources.openLabelled(data, split, limit, fraction, draw);
    }
    DataSplits splits = DataSources.open(data, limit, fraction, draw);
    Dataset test = splits.test();
    return test != null ? test : splits.validation();
  }

  private static Number number(Map<String, Object> options, String name, Number otherwise) {
    return options.get(name) instanceof Number value ? value : otherwise;
  }
}
