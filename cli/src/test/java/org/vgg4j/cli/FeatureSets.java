package org.vgg4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Miniatures of the data sets of appendix B, with files as in their archives. What an image shows
 * is a colour, see {@link Pictures}.
 */
final class FeatureSets {
  /** Images of each set of PASCAL VOC. */
  static final int IMAGES = 12;

  private static final List<String> ACTIONS = List.of("jumping", "reading");

  private final Random random = new Random(7);
  private final Path root;

  /**
   * @param root becomes the folder of all
   */
  FeatureSets(Path root) {
    this.root = root;
  }

  private void text(Path file, List<String> lines) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, String.join("\n", lines) + "\n");
  }

  private static List<Integer> members(String set) {
    int first =
        switch (set) {
          case "val" -> IMAGES;
          case "test" -> 2 * IMAGES;
          default -> 0;
        };
    int count = set.equals("trainval") ? 2 * IMAGES : IMAGES;
    return java.util.stream.IntStream.range(first, first + count).boxed().toList();
  }

  private static String id(int index) {
    return "%06d".formatted(index + 1);
  }

  /** Classification; the last image of each set is difficult for the class of the next colour. */
  private void classification(Path year, boolean testLabels) throws IOException {
    for (String set : List.of("train", "val", "trainval", "test")) {
      Path main = year.resolve("ImageSets/Main");
      text(main.resolve(set + ".txt"), members(set).stream().map(FeatureSets::id).toList());
      for (int index : members(set)) {
        Pictures.write(year.resolve("JPEGImages/" + id(index) + ".jpg"), index % 3, random);
      }
      for (int k = 0; k < 3 && (testLabels || !set.equals("test")); k++) {
        int own = k;
        text(
            main.resolve(Pictures.CLASSES.get(k) + "_" + set + ".txt"),
            members(set).stream().map(i -> id(i) + " " + state(i, own)).toList());
      }
    }
  }

  private static String state(int index, int label) {
    if (index % 3 == label) {
      return " 1";
    }
    return index % IMAGES == IMAGES - 1 && (index + 1) % 3 == label ? " 0" : "-1";
  }

  /** PASCAL VOC-2007. */
  Path voc2007() throws IOException {
    Path year = root.resolve("VOCdevkit/VOC2007");
    classification(year, true);
    return year;
  }

  /** PASCAL VOC-2012, with actions; labels of the test images are not published. */
  Path voc2012() throws IOException {
    Path year = root.resolve("VOCdevkit/VOC2012");
    classification(year, false);
    for (String set : List.of("train", "val", "trainval", "test")) {
      Path action = year.resolve("ImageSets/Action");
      text(action.resolve(set + ".txt"), members(set).stream().map(i -> id(i) + " 1").toList());
      for (int k = 0; k < ACTIONS.size() && !set.equals("test"); k++) {
        int own = k;
        text(
            action.resolve(ACTIONS.get(k) + "_" + set + ".txt"),
            members(set).stream().map(i -> id(i) + " 1 " + (i % 3 == own ? " 1" : "-1")).toList());
      }
      for (int index : members(set)) {
        text(
            year.resolve("Annotations/" + id(index) + ".xml"),
            List.of(
                "<annotation><filename>" + id(index) + ".jpg</filename>",
                "<size><width>32</width><height>32</height><depth>3</depth></size>",
                "<object><name>person</name><bndbox><xmin>5</xmin><ymin>3</ymin><xmax>30</xmax>"
                    + "<ymax>28</ymax></bndbox></object></annotation>"));
      }
    }
    return year;
  }

  /** Caltech-101: images of three colours, which the other 99 classes share. */
  Path caltech101() throws IOException {
    Path folder = root.resolve("101_ObjectCategories");
    for (int label = 0; label < 102; label++) {
      String name = label == 0 ? "BACKGROUND_Google" : "class%03d".formatted(label);
      for (int i = 0; i < 32; i++) {
        Path file = folder.resolve(name).resolve("image_%04d.jpg".formatted(i + 1));
        Pictures.write(file, label % 3, random);
      }
    }
    return folder;
  }
}
