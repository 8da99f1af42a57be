package org.vgg4j.weights;

import java.util.Map;
import java.util.TreeMap;

/**
 * Where a model comes from: only what determines its bytes, so that the same training gives the
 * same file. Times, host and threads are recorded elsewhere.
 *
 * @param configuration the resolved options that the result depends on
 * @param dataset name of the data set
 * @param datasetFingerprint SHA-256 of the data set
 * @param codeVersion version of vgg4j
 * @param metrics figures by name, for example valTop1Error in percent
 */
public record Provenance(
    Map<String, Object> configuration,
    String dataset,
    String datasetFingerprint,
    String codeVersion,
    Map<String, Double> metrics) {

  /** Copies the maps, sorted by name. */
  public Provenance {
    configuration = new TreeMap<>(configuration);
    metrics = new TreeMap<>(metrics);
  }
}
