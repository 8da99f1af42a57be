package org.vgg4j.data.voc;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.LabelledImages;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.boxes.XmlAnnotation;
import org.vgg4j.data.folder.FileDataset;
import org.vgg4j.data.folder.Folders;
import org.vgg4j.image.transform.Box;

/**
 * One year of PASCAL VOC as its archives unpack: the folders ImageSets, JPEGImages and Annotations
 * (in VOCdevkit/VOC2007, VOCdevkit/VOC2012). Immutable.
 */
public final class VocFolder {
  /** What people do who do nothing that the action task asks about. */
  public static final String OTHER = "other";

  private static final Pattern YEAR = Pattern.compile("VOC(20\\d\\d)");
  private static final String IMAGES = "JPEGImages";

  private final Path root;

  private VocFolder(Path root) {
    this.root = root;
  }

  /**
   * Finds the data.
   *
   * @param folder of the year, or one around it that holds just one year, such as VOCdevkit
   * @throws InputException if there is none, or several
   */
  public static VocFolder open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InputException("there is no folder " + folder + ": check the path");
    }
    if (isYear(folder)) {
      return new VocFolder(folder);
    }
    Path devkit = folder.resolve("VOCdevkit");
    Path around = Files.isDirectory(devkit) ? devkit : folder;
    List<Path> years = Folders.in(around).stream().filter(VocFolder::isYear).toList();
    if (years.size() > 1) {
      throw new InputException(
          "%s holds several years of PASCAL VOC: give one of them, such as %s"
              .formatted(around, years.get(0)));
    }
    if (years.isEmpty()) {
      throw new InputException(
          "%s is not PASCAL VOC as its archives unpack: give the folder that holds ImageSets and JPEGImages, such as VOCdevkit/VOC2007"
              .formatted(folder));
    }
    return new VocFolder(years.get(0));
  }

  private static boolean isYear(Path folder) {
    return Files.isDirectory(folder.resolve("ImageSets"))
        && Files.isDirectory(folder.resolve(IMAGES));
  }

  /** Returns the folder of the year. */
  public Path root() {
    return root;
  }

  /** Returns the name of that folder, such as VOC2012. */
  public String name() {
    return Folders.name(root.toAbsolutePath().normalize());
  }

  /**
   * Returns the year that the folder is called by; 0 if it has another name. It decides which form
   * of average precision the development kit computes.
   */
  public int year() {
    Matcher matcher = YEAR.matcher(name());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  /**
   * Reads a set of the classification task: ImageSets/Main/SET.txt and CLASS_SET.txt. An image is
   * ignored for a class of which it shows difficult objects only.
   *
   * @param set train, val, trainval or test
   * @throws InputException if a list or an image is missing, or lists disagree
   */
  public LabelledImages classification(String set) {
    VocLists lists = new VocLists(task("Main", "classification"), set, 1);
    List<String> entries = lists.entries();
    List<String> classNames = lists.classNames();
    return new LabelledImages(
        images(set, entries, classNames),
        classNames,
        lists.isLabelled() ? lists.labels(entries) : null);
  }

  /**
   * Returns where the images of one set of the classification task are in another that holds them
   * all: with those of train and val in trainval, C can be chosen on the development kit's own
   * validation part.
   *
   * @return indices, ascending
   * @throws InputException if a list is missing, or the other set does not hold all of the images
   */
  public int[] positions(String part, String whole) {
    Path main = task("Main", "classification");
    Map<String, Integer> places = new HashMap<>();
    for (String entry : new VocLists(main, whole, 1).entries()) {
      places.put(entry, places.size());
    }
    return new VocLists(main, part, 1)
        .entries().stream()
            .mapToInt(entry -> position(places, entry, part, whole))
            .sorted()
            .toArray();
  }

  private int position(Map<String, Integer> places, String entry, String part, String whole) {
    Integer position = places.get(entry);
    if (position == null) {
      throw new InputException(
          "image %s of %s is not in %s, according to the lists in %s: give a set that holds the other"
              .formatted(entry, part, whole, root.resolve("ImageSets").resolve("Main")));
    }
    return position;
  }

  /**
   * Reads a set of the action task (VOC-2012): people, each with the box around them. What is not
   * one of the actions is the class {@value #OTHER}, the last one, which the development kit leaves
   * out of its mean.
   *
   * @param set train, val, trainval or test
   * @throws InputException if a list, an image or a box is missing, or lists disagree
   */
  public VocActions actions(String set) {
    VocLists lists = new VocLists(task("Action", "action"), set, 2);
    List<String> entries = lists.entries();
    List<String> ids = entries.stream().map(entry -> entry.replaceFirst(" .*", "")).toList();
    List<String> classNames = new ArrayList<>(lists.classNames());
    classNames.remove(OTHER);
    classNames.add(OTHER);
    Dataset whole = images(set, ids, classNames);
    Map<String, List<Box>> boxes = new HashMap<>();
    List<VocActions.Person> people = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      Path file = root.resolve("Annotations").resolve(ids.get(i) + ".xml");
      int object = Integer.parseInt(entries.get(i).replaceFirst(".* ", ""));
      List<Box> own = boxes.computeIfAbsent(ids.get(i), id -> XmlAnnotation.boxes(file));
      if (object < 1 || object > own.size()) {
        throw new InputException(
            "%s has %d objects, but the action lists name its object %d: unpack the archive again"
                .formatted(file, own.size(), object));
      }
      people.add(new VocActions.Person(ids.get(i), object, own.get(object - 1)));
    }
    MultiLabels labels = lists.isLabelled() ? withOther(lists.labels(entries), classNames) : null;
    return new VocActions(people, new LabelledImages(whole, classNames, labels));
  }

  /** Moves the class to the end, or makes it of those who do none of the actions. */
  private static MultiLabels withOther(MultiLabels labels, List<String> classNames) {
    int classes = classNames.size();
    byte[] states = new byte[labels.size() * classes];
    for (int i = 0; i < labels.size(); i++) {
      byte other = MultiLabels.POSITIVE;
      for (int k = 0; k < classes - 1; k++) {
        byte state = labels.state(i, labels.classNames().indexOf(classNames.get(k)));
        states[i * classes + k] = state;
        // of someone who may do one of the actions, it cannot be said that they do none
        other = (byte) Math.min(other, -state);
      }
      int listed = labels.classNames().indexOf(OTHER);
      states[i * classes + classes - 1] = listed < 0 ? other : labels.state(i, listed);
    }
    return new MultiLabels(classNames, states);
  }

  /** Whether there is a list of a set's images for the classification task. */
  public boolean hasClassification(String set) {
    return Files.isRegularFile(list("Main", set));
  }

  /** Whether this is data of the action task. */
  public boolean hasActions() {
    return Files.isDirectory(root.resolve("ImageSets").resolve("Action"));
  }

  /** Whether there is a list of a set's people for the action task. */
  public boolean hasActions(String set) {
    return Files.isRegularFile(list("Action", set));
  }

  private Path list(String task, String set) {
    return root.resolve("ImageSets").resolve(task).resolve(set + ".txt");
  }

  private Path task(String name, String what) {
    Path folder = root.resolve("ImageSets").resolve(name);
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          "%s has no folder ImageSets/%s, so it is not data of the %s task: unpack the archive again"
              .formatted(root, name, what));
    }
    return folder;
  }

  private Dataset images(String set, List<String> ids, List<String> classNames) {
    List<String> files = ids.stream().map(id -> IMAGES + "/" + id + ".jpg").toList();
    List<String> missing =
        files.stream().filter(file -> !Files.isRegularFile(root.resolve(file))).toList();
    if (!missing.isEmpty()) {
      throw new InputException(
          "%d of the %d images of %s are missing in %s, such as %s: unpack the archive that holds them"
              .formatted(missing.size(), files.size(), set, root, missing.get(0)));
    }
    int[] labels = new int[files.size()];
    Arrays.fill(labels, Dataset.UNKNOWN);
    return new FileDataset(root, name() + "/" + set, classNames, files, labels);
  }
}
