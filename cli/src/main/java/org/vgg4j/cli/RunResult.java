package org.vgg4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.train.RunFolder;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;

/** The outcome of a run, for JSON, read from the files that it left. */
final class RunResult {
  /** What provenance.json says about it. */
  private static final List<String> FACTS =
      List.of(
          RunFolder.FINISHED,
          "interrupted",
          "steps",
          "seconds",
          "peakMemoryBytes",
          "bestEpoch",
          "testTop1Error",
          "testTop5Error",
          "testBoxError",
          "testMeanOverlap",
          "testMap",
          "testF1");

  private RunResult() {}

  /**
   * Reads it.
   *
   * @throws org.vgg4j.base.InputException if a file of the folder cannot be read
   */
  static Map<String, Object> of(RunFolder folder) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("run", folder.path().toString());
    Map<String, Object> provenance = folder.provenance();
    map.put(RunFolder.FINISHED, false); // unless provenance.json says otherwise
    for (String fact : FACTS) {
      if (provenance.containsKey(fact)) {
        map.put(fact, provenance.get(fact));
      }
    }
    if (Files.exists(folder.bestModel())) {
      Provenance best = ModelFile.readWithoutArrays(folder.bestModel()).provenance();
      if (best != null) {
        best.metrics()
            .forEach(
                (name, value) -> {
                  if (name.startsWith("val")) {
                    map.put(name, value);
                  }
                });
      }
    }
    put(map, "bestModel", folder.bestModel());
    put(map, "lastModel", folder.lastModel());
    put(map, "report", folder.path().resolve("report.html"));
    return map;
  }

  private static void put(Map<String, Object> map, String key, Path file) {
    if (Files.exists(file)) {
      map.put(key, file.toString());
    }
  }
}
