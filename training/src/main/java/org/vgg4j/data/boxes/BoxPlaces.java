package org.vgg4j.data.boxes;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.vgg4j.base.InputException;
import org.vgg4j.data.folder.Folders;

/**
 * Where boxes lie beside images, by their usual names:
 *
 * <ul>
 *   <li>{@code ILSVRC/Annotations/CLS-LOC}, Kaggle's layout;
 *   <li>{@code ILSVRC2012_bbox_train_v2} and {@code ILSVRC2012_bbox_val_v3}, archives ({@code
 *       .tar.gz}, {@code .tgz}, {@code .tar}) or unpacked: {@code WNID/WNID_10040.xml} and {@code
 *       val/ILSVRC2012_val_00000001.xml};
 *   <li>{@code Annotations}, with PASCAL-VOC's XML files in it or below;
 *   <li>{@code boxes.csv}.
 * </ul>
 */
final class BoxPlaces {
  static final String USUAL =
      "boxes.csv (file,label,xmin,ymin,xmax,ymax), the folder Annotations (XML as in PASCAL VOC),"
          + " or ILSVRC2012_bbox_train_v2.tar.gz and ILSVRC2012_bbox_val_v3.tgz";

  private static final Path KAGGLE = Path.of("ILSVRC", "Annotations", "CLS-LOC");
  private static final List<String> ILSVRC =
      List.of("ILSVRC2012_bbox_train_v2", "ILSVRC2012_bbox_val_v3");
  private static final List<String> ARCHIVES = List.of("", ".tar.gz", ".tgz", ".tar");
  private static final String CSV = "boxes.csv";

  private BoxPlaces() {}

  /**
   * Looks for boxes.
   *
   * @param folder of the images
   * @return files and folders that belong together; none if there are none
   * @throws InputException if there are several that do not
   */
  static List<Path> beside(Path folder) {
    List<List<Path>> candidates = new ArrayList<>();
    addIfThere(candidates, folder.resolve(KAGGLE));
    List<Path> ilsvrc = new ArrayList<>();
    for (String name : ILSVRC) {
      List<Path> forms =
          ARCHIVES.stream()
              .map(ending -> folder.resolve(name + ending))
              .filter(Files::exists)
              .toList();
      requireOne(forms.stream().map(List::of).toList());
      ilsvrc.addAll(forms);
    }
    if (!ilsvrc.isEmpty()) {
      candidates.add(ilsvrc);
    }
    Folders.children(folder).stream()
        .filter(Folders::isForBoxes)
        .forEach(child -> candidates.add(List.of(child)));
    addIfThere(candidates, folder.resolve(CSV));
    requireOne(candidates);
    return candidates.isEmpty() ? List.of() : candidates.get(0);
  }

  private static void addIfThere(List<List<Path>> candidates, Path place) {
    if (Files.exists(place)) {
      candidates.add(List.of(place));
    }
  }

  private static void requireOne(List<List<Path>> candidates) {
    if (candidates.size() > 1) {
      throw new InputException(
          "there are boxes in %s and in %s: say which to use with boxes, or move the others elsewhere"
              .formatted(candidates.get(0).get(0), candidates.get(1).get(0)));
    }
  }

  /**
   * Reads boxes from where someone says they are: a file of a known kind, a folder that has such
   * files by their usual names, or one with XML files in it or below.
   *
   * @param sink receives what they say
   * @return notes for users
   * @throws InputException if there are none, or something is wrong with them
   */
  static List<String> read(Path place, Consumer<Annotation> sink) {
    if (!Files.exists(place)) {
      throw new InputException("there are no boxes at " + place + ": check the path");
    }
    List<Path> inside = Files.isDirectory(place) ? beside(place) : List.of();
    if (!inside.isEmpty() && !inside.equals(List.of(place))) {
      return read(inside, sink);
    }
    if (Files.isDirectory(place)
        || XmlBoxes.isArchive(place)
        || place.toString().endsWith(".xml")) {
      XmlBoxes.read(place, sink);
      return List.of();
    }
    if (Objects.toString(place.getFileName()).toLowerCase(Locale.ROOT).endsWith(".csv")) {
      return CsvBoxes.read(place, sink);
    }
    throw new InputException(
        "%s is no file of boxes that can be read: give %s".formatted(place, USUAL));
  }

  /** Reads several files or folders. */
  static List<String> read(List<Path> places, Consumer<Annotation> sink) {
    return places.stream().flatMap(place -> read(place, sink).stream()).toList();
  }

  /** For sentences. */
  static String names(List<Path> places) {
    return places.stream().map(Path::toString).collect(Collectors.joining(" and "));
  }
}
