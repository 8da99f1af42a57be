package org.vgg4j.experiment.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The networks whose descriptors are stacked.
 *
 * @param name for folders, such as {@code 1}
 * @param label for people
 * @param nets one, or all
 */
record FeatureSubject(String name, String label, List<FeatureNet> nets) {
  /** Returns each network, and all of them together if there are several. */
  static List<FeatureSubject> of(List<FeatureNet> nets) {
    List<FeatureSubject> subjects = new ArrayList<>();
    for (FeatureNet net : nets) {
      subjects.add(new FeatureSubject(Integer.toString(net.number()), net.label(), List.of(net)));
    }
    if (nets.size() > 1) {
      String all = nets.size() == 2 ? "both" : "all " + nets.size();
      subjects.add(new FeatureSubject("all", all + " stacked", nets));
    }
    return subjects;
  }

  /** Returns where files for a test server go. */
  Path submission(Path out, String variant) {
    return out.resolve("submission-" + name + variant).resolve("results");
  }
}
