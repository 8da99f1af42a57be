package org.vgg4j.data.voc;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.folder.Folders;

/**
 * What PASCAL VOC's server takes: results/VOC2012/Main/comp2_cls_test_CLASS.txt, a line for each
 * image with the confidence that it shows the class; and the same for actions, with the number of
 * the object.
 */
public final class VocSubmission {
  /** What the classifiers have learnt from, which decides the name of the files. */
  public enum Competition {
    /** Nothing but the images of PASCAL VOC. */
    OWN_DATA,
    /** Others, too, as a network does that was trained on ILSVRC. */
    ANY_DATA
  }

  private VocSubmission() {}

  /**
   * Writes a file for each class.
   *
   * @param folder the folder results, which is made if it is missing; pack it as it is
   * @param images of the test set
   * @param scores {@code [images][classes]}
   * @return the folder of the files
   * @throws org.vgg4j.base.InputException if one cannot be written
   */
  public static Path writeClassification(
      Path folder,
      VocFolder voc,
      String set,
      Dataset images,
      double[][] scores,
      Competition competition) {
    List<String> entries =
        IntStream.range(0, images.size())
            .mapToObj(i -> Folders.name(Path.of(images.id(i))).replaceFirst("\\.[^.]*$", ""))
            .toList();
    String prefix = (competition == Competition.OWN_DATA ? "comp1" : "comp2") + "_cls_" + set;
    Path own = folder.resolve(voc.name()).resolve("Main");
    write(own, prefix, entries, images.classNames(), scores);
    return own;
  }

  /**
   * Writes a file for each action, other included, which the server passes over.
   *
   * @param folder the folder results, which is made if it is missing; pack it as it is
   * @param scores {@code [people][classes]}
   * @return the folder of the files
   * @throws org.vgg4j.base.InputException if one cannot be written
   */
  public static Path writeActions(
      Path folder,
      VocFolder voc,
      String set,
      VocActions actions,
      double[][] scores,
      Competition competition) {
    List<String> entries =
        actions.people().stream().map(person -> person.image() + " " + person.object()).toList();
    String prefix = (competition == Competition.OWN_DATA ? "comp9" : "comp10") + "_action_" + set;
    Path own = folder.resolve(voc.name()).resolve("Action");
    write(own, prefix, entries, actions.whole().classNames(), scores);
    return own;
  }

  private static void write(
      Path folder,
      String prefix,
      List<String> entries,
      List<String> classNames,
      double[][] scores) {
    if (scores.length != entries.size()) {
      throw new IllegalArgumentException(scores.length + " scores of " + entries.size());
    }
    for (int k = 0; k < classNames.size(); k++) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < scores.length; i++) {
        // %.17g keeps every score apart from every other
        text.append(String.format(Locale.ROOT, "%s %.17g\n", entries.get(i), scores[i][k]));
      }
      AtomicFile.write(folder.resolve(prefix + "_" + classNames.get(k) + ".txt"), text.toString());
    }
  }
}
