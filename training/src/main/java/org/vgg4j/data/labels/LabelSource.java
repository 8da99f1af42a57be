package org.vgg4j.data.labels;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ImagePaths;
import org.vgg4j.data.LabelCounts;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.Source;
import org.vgg4j.data.Split;
import org.vgg4j.data.folder.FileDataset;
import org.vgg4j.data.folder.Folders;
import org.vgg4j.data.folder.PartName;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.PassedOver;

/** Brings the images below a folder and a {@link LabelTable} together. */
public final class LabelSource {
  private static final String KIND = "images with several labels each";

  private final Path folder;
  private final Path file;
  private final LabelTable table;
  private final List<String> files;
  private final List<String> notes = new ArrayList<>();

  private LabelSource(Path folder, Path file, int least) {
    this.folder = folder;
    this.file = file;
    this.table = LabelTable.read(file, least);
    PassedOver passedOver = new PassedOver(folder);
    this.files = Folders.imagesBelow(folder, folder, passedOver);
    if (files.isEmpty()) {
      throw new InputException(
          "folder %s holds no image (%s): check the path%s"
              .formatted(folder, ImageFiles.EXTENSIONS_IN_WORDS, passedOver.foreignRemark()));
    }
    notes.addAll(table.notes());
    notes.addAll(passedOver.sentences());
  }

  /**
   * Opens the data.
   *
   * @param folder the images, anywhere below it
   * @param name what to call the data set
   * @param file what they show; images are named by their paths, or by so much of these from the
   *     end as tells them apart, with or without their endings
   * @param least how many classes the file must have: 2 to learn from, 1 to measure a network on
   * @throws InputException if one of them is missing, or something in the file is unclear
   */
  public static Source open(Path folder, String name, Path file, int least) {
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          "%s is no folder: option multi-label needs a folder of images as option data"
              .formatted(folder));
    }
    return new LabelSource(folder, file, least).source(name);
  }

  private Source source(String name) {
    Map<Integer, LabelTable.Row> rows = rowsOfImages();
    int left = files.size() - rows.size();
    if (left > 0) {
      int first = 0;
      while (rows.containsKey(first)) {
        first++;
      }
      notes.add(
          "images that %s does not name are left out: %d of %d, such as %s"
              .formatted(file, left, files.size(), files.get(first)));
    }
    Map<Split, List<Integer>> parts = parts(rows);
    Dataset train = part(name, Split.TRAIN, parts, rows);
    if (train != null) {
      noteMissingClasses(train);
    }
    return new Source(
        KIND,
        name,
        train,
        part(name, Split.VAL, parts, rows),
        part(name, Split.TEST, parts, rows),
        null,
        null,
        notes);
  }

  /** The row of each image that has one, by the image's index. */
  private Map<Integer, LabelTable.Row> rowsOfImages() {
    ImagePaths paths = new ImagePaths(List.of(images("", files)));
    PathsBelow below = new PathsBelow(files, paths);
    table.rows().forEach(row -> below.learn(row.image()));
    Map<Integer, LabelTable.Row> rows = new TreeMap<>();
    BitSet whole = new BitSet(); // images that are named by a whole path
    List<String> missing = new ArrayList<>();
    for (LabelTable.Row row : table.rows()) {
      String origin = "%s, line %d: %s".formatted(file, row.line(), row.image());
      ImagePaths.Match match = below.find(row.image(), origin);
      if (match.image() == ImagePaths.NONE) {
        missing.add(row.image());
        continue;
      }
      LabelTable.Row other = rows.get(match.image());
      if (other != null && whole.get(match.image()) == match.whole()) {
        throw new InputException(
            "%s is the image of line %d again: write all that it shows into one line"
                .formatted(origin, other.line()));
      }
      if (other == null || match.whole()) {
        rows.put(match.image(), row);
        whole.set(match.image(), match.whole());
      }
      if (other != null) { // of the two, the one with the shortened path means another image
        missing.add((match.whole() ? other : row).image());
      }
    }
    if (rows.isEmpty()) {
      throw new InputException(
          "%s names none of the images below %s: it has %s, and one of them is %s"
              .formatted(file, folder, missing.get(0), files.get(0)));
    }
    if (!missing.isEmpty()) {
      notes.add(
          "images that %s names are not below %s and are left out: %d of %d, such as %s"
              .formatted(file, folder, missing.size(), table.rows().size(), missing.get(0)));
    }
    return rows;
  }

  /**
   * The images of each part: as the table says, else as their folders do, else all to learn from.
   */
  private Map<Split, List<Integer>> parts(Map<Integer, LabelTable.Row> rows) {
    Map<Split, List<Integer>> parts = new EnumMap<>(Split.class);
    Map<Split, List<Integer>> ofFolders = new EnumMap<>(Split.class);
    int above = commonFolders(rows.keySet().stream().map(files::get).toList());
    int outside = -1;
    for (Map.Entry<Integer, LabelTable.Row> entry : rows.entrySet()) {
      Split said = entry.getValue().part();
      add(parts, said == null ? Split.TRAIN : said, entry.getKey());
      Split ofFolder = splitOfFolder(files.get(entry.getKey()).substring(above));
      if (ofFolder == null) {
        outside = entry.getKey();
      } else {
        add(ofFolders, ofFolder, entry.getKey());
      }
    }
    if (table.hasParts() || ofFolders.isEmpty()) {
      return parts;
    }
    if (outside >= 0) {
      int inside = ofFolders.values().iterator().next().get(0);
      throw new InputException(
          "%s lies in a folder that is called as a part of a data set, but %s does not: add a column part to %s that says train, val or test of each image"
              .formatted(files.get(inside), files.get(outside), file));
    }
    notes.add(
        "parts by the images' folders, since %s has no column part: %s"
            .formatted(
                file,
                String.join(
                    ", ",
                    ofFolders.entrySet().stream()
                        .map(part -> "%s %d".formatted(name(part.getKey()), part.getValue().size()))
                        .toList())));
    return ofFolders;
  }

  private static void add(Map<Split, List<Integer>> parts, Split split, int image) {
    parts.computeIfAbsent(split, one -> new ArrayList<>()).add(image);
  }

  /**
   * How much of the paths is folders that all of them are in, such as {@code images/} of {@code
   * images/train/1.jpg} and {@code images/test/2.jpg}; a folder that is called as a part counts
   * not.
   */
  private static int commonFolders(List<String> paths) {
    String first = paths.get(0);
    int common = 0;
    for (int slash = first.indexOf('/'); slash >= 0; slash = first.indexOf('/', common)) {
      String above = first.substring(0, slash + 1);
      if (PartName.of(first.substring(common, slash)) != null
          || !paths.stream().allMatch(path -> path.startsWith(above))) {
        return common;
      }
      common = above.length();
    }
    return common;
  }

  private static @Nullable Split splitOfFolder(String path) {
    int slash = path.indexOf('/');
    PartName name = slash < 0 ? null : PartName.of(path.substring(0, slash));
    return name == null ? null : name.split();
  }

  private static String name(Split split) {
    return split.name().toLowerCase(Locale.ROOT);
  }

  private void noteMissingClasses(Dataset train) {
    LabelCounts counts = LabelCounts.of(train);
    int classes = table.classNames().size();
    int[] missing = IntStream.range(0, classes).filter(k -> !counts.isShown(k)).toArray();
    if (missing.length > 0) {
      notes.add(
          "%d of %d labels are shown by no training image, such as %s"
              .formatted(missing.length, classes, table.classNames().get(missing[0])));
    }
    int[] certain = IntStream.range(0, classes).filter(k -> counts.notShown()[k] == 0).toArray();
    if (certain.length > 0) {
      notes.add(
          "%d of %d labels have no training image that is known not to show them, so that a network learns nothing about them, such as %s"
              .formatted(certain.length, classes, table.classNames().get(certain[0])));
    }
  }

  private @Nullable Dataset part(
      String name,
      Split split,
      Map<Split, List<Integer>> parts,
      Map<Integer, LabelTable.Row> rows) {
    List<Integer> images = parts.get(split);
    if (images == null) {
      return null;
    }
    List<String> own = images.stream().map(files::get).toList();
    List<LabelTable.Row> ownRows =
        images.stream().map(image -> Objects.requireNonNull(rows.get(image))).toList();
    byte[] states = LabelTable.states(ownRows, table.classNames().size());
    return new LabelSetDataset(
        images(name + "/" + name(split), own),
        new MultiLabels(table.classNames(), states),
        table.isOfLists());
  }

  /** The images alone, whose fingerprint is to stay when labels are corrected. */
  private Dataset images(String name, List<String> paths) {
    int[] labels = new int[paths.size()];
    Arrays.fill(labels, Dataset.UNKNOWN);
    return new FileDataset(folder, name, List.of(), paths, labels);
  }
}
