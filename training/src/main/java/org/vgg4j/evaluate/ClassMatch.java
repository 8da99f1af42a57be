package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Synsets;

/**
 * The classes of a network, and how a data set's classes map to them: by name in either form of
 * Unicode, or by the WNID alone where names begin with one (ILSVRC).
 *
 * @param names in the order of the network's scores
 */
record ClassMatch(List<String> names) {

  /** Copies the list. */
  ClassMatch {
    names = List.copyOf(names);
  }

  /**
   * Returns the network's class of each label of a data set: the one of the same name.
   *
   * @throws InputException if the network does not know a class
   */
  int[] of(Dataset dataset) {
    return of("the model does not fit the data " + dataset.name(), dataset.classNames());
  }

  /**
   * Returns the network's class of each of several classes: the one of the same name.
   *
   * @param misfit begins the sentence that is said if the network does not know a class
   * @throws InputException if the network does not know a class
   */
  int[] of(String misfit, List<String> wanted) {
    List<String> unknown = new ArrayList<>();
    List<String> keys = Synsets.keys(names);
    int[] classOfLabel = new int[wanted.size()];
    for (int label = 0; label < classOfLabel.length; label++) {
      String name = wanted.get(label);
      int same = names.indexOf(name);
      classOfLabel[label] = same < 0 ? keys.indexOf(Synsets.key(name)) : same;
      if (classOfLabel[label] < 0) {
        unknown.add(name);
      }
    }
    if (!unknown.isEmpty()) {
      throw new InputException(
          String.format(
              "%s: it does not know %s; its classes are %s",
              misfit, abbreviated(unknown), abbreviated(names)));
    }
    return classOfLabel;
  }

  private static String abbreviated(List<String> names) {
    int most = 10;
    String text = String.join(", ", names.subList(0, Math.min(most, names.size())));
    return names.size() > most ? text + ", … (" + names.size() + " in all)" : text;
  }
}
