package org.vgg4j.data.source;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.HeldOut;
import org.vgg4j.data.Source;
import org.vgg4j.data.Split;
import org.vgg4j.data.Synsets;
import org.vgg4j.data.boxes.BoxedSource;
import org.vgg4j.data.boxes.FashionBoxes;
import org.vgg4j.data.folder.FolderLayout;
import org.vgg4j.data.folder.FolderLook;
import org.vgg4j.data.folder.ImageFolderDataset;
import org.vgg4j.data.folder.UnreadLayout;
import org.vgg4j.data.ilsvrc.Blacklist;
import org.vgg4j.data.ilsvrc.IlsvrcFolder;
import org.vgg4j.data.ilsvrc.KaggleFolder;
import org.vgg4j.data.labels.LabelSource;
import org.vgg4j.data.packed.CifarFolder;
import org.vgg4j.data.packed.FashionMnist;
import org.vgg4j.data.packed.IdxFolder;
import org.vgg4j.data.voc.VocLabels;

/**
 * Finds the data set that a word or a path stands for:
 *
 * <ul>
 *   <li>{@code fashion-mini}: 6,000 training and 1,000 test images of Fashion-MNIST, built in;
 *   <li>{@code fashion-boxes}: a garment of each of these on a larger canvas, with its box, built
 *       in;
 *   <li>{@code fashion-mnist}: all 60,000 and 10,000, from where Debian's package
 *       dataset-fashion-mnist puts them;
 *   <li>a folder with four IDX files (train-images-idx3-ubyte, train-labels-idx1-ubyte, and the
 *       same with t10k or test, each plain or .gz, perhaps with a prefix, as EMNIST's), and perhaps
 *       a classes.txt, one name per line;
 *   <li>a folder with the binary files of CIFAR-10 or CIFAR-100;
 *   <li>a folder with ILSVRC-2012 as it is distributed, packed or unpacked ({@code
 *       ILSVRC2012_img_train.tar}, {@code ILSVRC2012_img_val.tar}, {@code
 *       ILSVRC2012_devkit_t12.tar.gz}), or in Kaggle's layout ({@code LOC_synset_mapping.txt});
 *   <li>a folder with {@code train/}, and perhaps {@code val/} and {@code test/}, each with one
 *       sub-folder of images per class; also called {@code valid}, {@code Testing}, {@code
 *       seg_train}, {@code train-set} and the like;
 *   <li>a folder with one sub-folder of images per class.
 * </ul>
 *
 * <p>A folder that holds nothing but one of these stands for it. What could be read in two ways is
 * refused with a sentence that names both.
 *
 * <p>Boxes of the images' objects may lie beside them: {@code boxes.csv}, {@code Annotations} with
 * PASCAL-VOC's XML files, or ILSVRC's, as distributed or as Kaggle has them.
 *
 * <p>Where there are no validation images of their own, a fraction of the training images of each
 * class is held out instead. Test images are never used for that. Thread-safe.
 */
public final class DataSources {
  private static final String KNOWN =
      "give fashion-mini, fashion-boxes, fashion-mnist or a folder of images";

  /** Instead of a file of labels: the lists of PASCAL VOC. */
  public static final String VOC = "voc";

  /** How many folders, each the only one in the one before, are looked through. */
  private static final int DEEPEST = 5;

  private DataSources() {}

  /**
   * Opens a data set for training.
   *
   * @param spec a word or a path, see above
   * @param heldOut fraction of each class to hold out for validation, between 0 and 1, both
   *     excluded; not used if there is a val/ folder
   * @param seed decides which images are held out
   * @throws InputException if there is no such data set or something is wrong with it
   */
  public static DataSplits open(String spec, double heldOut, long seed) {
    return open(spec, 0, heldOut, seed);
  }

  /**
   * Opens a data set for training on some of its training images.
   *
   * @param spec a word or a path, see above
   * @param limit number of training images to use, from all classes in proportion and including
   *     those held out; 0 for all
   * @param heldOut as for {@link #open(String, double, long)}
   * @param seed decides which images are taken, and which of them are held out
   * @throws InputException if there is no such data set or something is wrong with it
   */
  public static DataSplits open(String spec, int limit, double heldOut, long seed) {
    HeldOut.requireFraction(heldOut);
    return source(spec).divide(limit, heldOut, seed);
  }

  /**
   * Takes some images of a data set, from all classes in proportion, in its order.
   *
   * @param limit about how many; 0 for all
   * @param seed decides which
   */
  public static Dataset some(Dataset whole, int limit, long seed) {
    return limit == 0 ? whole : HeldOut.some(whole, limit, seed);
  }

  /**
   * Opens one part of a data set to evaluate a network on. {@code TRAIN} and {@code VAL} are the
   * parts that {@link #open} makes of the same fraction and seed; {@code TEST} are the test images.
   *
   * @param spec a word or a path, see above
   * @param split the part; null for the test images if there are any, else those of val/, else all
   *     images there are
   * @param heldOut as for {@link #open}
   * @param seed as for {@link #open}
   * @throws InputException if there is no such data set, it has no test images though {@code TEST}
   *     was asked for, or something is wrong with it
   */
  public static Dataset openLabelled(
      String spec, @Nullable Split split, double heldOut, long seed) {
    return openLabelled(spec, split, 0, heldOut, seed);
  }

  /**
   * Like {@link #openLabelled(String, Split, double, long)}, for a data set that was {@link
   * #open(String, int, double, long) opened} for training on some of its images.
   */
  public static Dataset openLabelled(
      String spec, @Nullable Split split, int limit, double heldOut, long seed) {
    HeldOut.requireFraction(heldOut);
    return part(source(spec), spec, split, limit, heldOut, seed);
  }

  private static Dataset part(
      Source source, String spec, @Nullable Split split, int limit, double heldOut, long seed) {
    if (split == Split.TRAIN) {
      return source.divide(limit, heldOut, seed).train();
    }
    if (split == Split.VAL && source.validation() != null) {
      return source.validation();
    }
    if (split == Split.VAL) {
      return source.divide(limit, heldOut, seed).validation();
    }
    if (source.test() != null) {
      return source.test();
    }
    if (split == Split.TEST) {
      throw new InputException(
          source.unlabelled() != null
              ? "the test images of %s have no labels: evaluate split val, or write a submission"
                  .formatted(spec)
              : spec
                  + " has no test images: add a folder test/ beside train/, or evaluate split val");
    }
    if (source.labelled().isEmpty()) {
      throw new InputException(
          spec + " has only images whose classes are not known: write a submission of them");
    }
    return source.validation() != null ? source.validation() : source.labelled().get(0);
  }

  /**
   * Opens a data set for training a network that finds boxes: the targets of its parts are boxes.
   * Images without a box of their own class are left out, and a note says how many.
   *
   * @param spec as for {@link #open(String, int, double, long)}
   * @param boxes the file or folder that has the boxes; null for those that lie with the data
   * @param limit as there
   * @param heldOut as there
   * @param seed as there
   * @throws InputException if there is no such data set, it has no boxes, or something is wrong
   *     with either
   */
  public static DataSplits openBoxed(
      String spec, @Nullable Path boxes, int limit, double heldOut, long seed) {
    HeldOut.requireFraction(heldOut);
    Source found = annotated(spec, boxes);
    Source boxed = BoxedSource.boxed(found);
    if (boxed.train() == null && found.train() != null) {
      throw new InputException(
          "no training image of %s has a box of its own class: give boxes of the training images, too"
              .formatted(spec));
    }
    return boxed.divide(limit, heldOut, seed);
  }

  /**
   * Opens one part of a data set to evaluate boxes on: to {@link #openBoxed} what {@link
   * #openLabelled(String, Split, int, double, long)} is to {@link #open(String, int, double,
   * long)}.
   */
  public static Dataset openLabelledBoxed(
      String spec,
      @Nullable Path boxes,
      @Nullable Split split,
      int limit,
      double heldOut,
      long seed) {
    HeldOut.requireFraction(heldOut);
    return part(boxed(spec, boxes), spec, split, limit, heldOut, seed);
  }

  /**
   * Finds the data set of {@link #openBoxed} as it is before any image is held out.
   *
   * @throws InputException as {@link #openLabelledBoxed} does
   */
  public static Source boxed(String spec, @Nullable Path boxes) {
    return BoxedSource.boxed(annotated(spec, boxes));
  }

  /**
   * Opens a data set for training a network with several labels an image: the targets of its parts
   * are sets of labels.
   *
   * @param spec the path of a folder with images anywhere below it
   * @param labels the CSV file that says what they show; or {@value #VOC}, where the folder is
   *     PASCAL VOC's of one year
   * @param limit number of training images to use; 0 for all
   * @param heldOut as for {@link #open(String, int, double, long)}
   * @param seed as there
   * @throws InputException if something is missing, or unclear in the file
   */
  public static DataSplits openLabelSets(
      String spec, String labels, int limit, double heldOut, long seed) {
    HeldOut.requireFraction(heldOut);
    return labelSets(spec, labels, 2).divide(limit, heldOut, seed);
  }

  /**
   * Opens one part of a data set to evaluate labels on: to {@link #openLabelSets} what {@link
   * #openLabelled(String, Split, int, double, long)} is to {@link #open(String, int, double,
   * long)}. One class is enough.
   */
  public static Dataset openLabelSetsPart(
      String spec, String labels, @Nullable Split split, int limit, double heldOut, long seed) {
    HeldOut.requireFraction(heldOut);
    return part(labelSets(spec, labels), spec, split, limit, heldOut, seed);
  }

  /**
   * Finds the data set of {@link #openLabelSets} as it is before any image is held out.
   *
   * @throws InputException as {@link #openLabelSets} does
   */
  public static Source labelSets(String spec, String labels) {
    return labelSets(spec, labels, 1);
  }

  private static Source labelSets(String spec, String labels, int leastClasses) {
    Path folder = path(spec);
    return labels.equals(VOC)
        ? VocLabels.open(folder)
        : LabelSource.open(folder, name(folder, spec), labelFile(labels), leastClasses);
  }

  private static Source annotated(String spec, @Nullable Path boxes) {
    Place place = locate(spec);
    return BoxedSource.annotated(place.source(), boxes, place.folders());
  }

  /**
   * Returns the validation images of ILSVRC whose boxes are wrong, as far as a list of them lies
   * with the data.
   *
   * @param spec a word or a path, see above
   * @return an empty list if there is none
   * @throws InputException if there is no such data set, or the list is damaged
   */
  public static Blacklist blacklist(String spec) {
    List<Blacklist> found =
        locate(spec).folders().stream()
            .map(Blacklist::of)
            .filter(list -> !list.numbers().isEmpty())
            .toList();
    return found.isEmpty() ? new Blacklist(Path.of(""), List.of()) : found.get(0);
  }

  /**
   * Opens the images whose classes only the organisers of a competition know.
   *
   * @param spec a word or a path, see above
   * @throws InputException if there is no such data set, or it has no such images
   */
  public static Dataset openUnlabelled(String spec) {
    Dataset images = source(spec).unlabelled();
    if (images == null) {
      throw new InputException(
          spec
              + " has no unlabelled test images (with the development kit beside them): choose a"
              + " split, such as val");
    }
    return images;
  }

  /**
   * Returns the classes of a data set whose classes have WNIDs.
   *
   * @param spec a word or a path, see above
   * @throws InputException if there is no such data set, or its classes have none
   */
  public static Synsets synsets(String spec) {
    Synsets synsets = source(spec).synsets();
    if (synsets == null) {
      throw new InputException(
          spec
              + " does not list its classes as ILSVRC does: give the folder with the development"
              + " kit, or with LOC_synset_mapping.txt");
    }
    return synsets;
  }

  /**
   * Finds out what a data set is.
   *
   * @param spec a word or a path, see above
   * @throws InputException if there is no such data set or something is wrong with it
   */
  public static Found recognise(String spec) {
    return found(source(spec));
  }

  /**
   * Finds out what a data set is, and reads its boxes if there are any.
   *
   * @param spec a word or a path, see above
   * @param boxes as for {@link #openBoxed}
   * @throws InputException if there is no such data set or something is wrong with it, or with its
   *     boxes
   */
  public static Found recogniseBoxed(String spec, @Nullable Path boxes) {
    return found(annotated(spec, boxes));
  }

  private static Found found(Source source) {
    Map<String, Dataset> parts = new LinkedHashMap<>();
    put(parts, "train", source.train());
    put(parts, "val", source.validation());
    put(parts, "test", source.test());
    put(parts, "test, unlabelled", source.unlabelled());
    return new Found(source.kind(), source.name(), parts, source.allNotes());
  }

  private static void put(Map<String, Dataset> parts, String part, @Nullable Dataset images) {
    if (images != null) {
      parts.put(part, images);
    }
  }

  /**
   * What a data set is, before any image is held out.
   *
   * @param kind what was recognised, for users
   * @param name what to call it
   * @param parts by their names, in order
   * @param notes sentences about it
   */
  public record Found(String kind, String name, Map<String, Dataset> parts, List<String> notes) {}

  /**
   * Returns the fingerprint that {@link #open} gives the data set, whatever is held out.
   *
   * @param spec a word or a path, see above
   * @throws InputException if there is no such data set or something is wrong with it
   */
  public static String fingerprint(String spec) {
    return source(spec).fingerprint();
  }

  /**
   * Finds the data set of {@link #open} as it is before any image is held out.
   *
   * @throws InputException as {@link #fingerprint} does
   */
  public static Source source(String spec) {
    return locate(spec).source();
  }

  /**
   * A data set and where it is.
   *
   * @param folders where boxes may lie beside its images: the innermost first
   */
  private record Place(Source source, List<Path> folders) {}

  private static Place locate(String spec) {
    return switch (spec) {
      case FashionMnist.MINI -> new Place(FashionMnist.mini(), List.of());
      case FashionBoxes.NAME -> new Place(FashionBoxes.open(), List.of());
      case FashionMnist.FULL ->
          new Place(
              FashionMnist.full(FashionMnist.DEBIAN_FOLDER), List.of(FashionMnist.DEBIAN_FOLDER));
      default -> findFolder(spec);
    };
  }

  private static Place findFolder(String spec) {
    Path folder = path(spec);
    if (!Files.exists(folder)) {
      throw unknown(spec);
    }
    String name = name(folder, spec);
    if (!Files.isDirectory(folder)) {
      return new Place(
          new Source("", name, new ImageFolderDataset(folder, name), null, null), List.of());
    }
    Path at = folder;
    Source known = known(at, name);
    for (int depth = 0; known == null && depth < DEEPEST; depth++) {
      UnreadLayout.refuse(at);
      Path inner = FolderLayout.inner(at);
      if (inner == null) {
        break;
      }
      known = known(inner, name);
      at = inner;
    }
    Source source = known != null ? known : FolderLayout.open(at, name);
    return at.equals(folder)
        ? new Place(source, List.of(at))
        : new Place(source.withNote("the data set used is in " + at), List.of(at, folder));
  }

  /** A data set that has files of known names; null if there are none. */
  private static @Nullable Source known(Path folder, String name) {
    if (IdxFolder.isOne(folder)) {
      requireNoClasses(folder, "IDX files");
      return IdxFolder.open(folder, name, null);
    }
    if (CifarFolder.isOne(folder)) {
      requireNoClasses(folder, "the files of CIFAR");
      return CifarFolder.open(folder, name);
    }
    if (KaggleFolder.isOne(folder)) {
      return KaggleFolder.open(folder, name);
    }
    return IlsvrcFolder.isOne(folder) ? IlsvrcFolder.open(folder, name) : null;
  }

  private static void requireNoClasses(Path folder, String files) {
    List<FolderLook> classes =
        FolderLook.below(folder).stream().filter(FolderLook::hasImages).toList();
    if (classes.size() > 1) {
      throw new InputException(
          "%s holds %s and also folders of images (such as %s and %s): move one or the other elsewhere"
              .formatted(folder, files, classes.get(0).name(), classes.get(1).name()));
    }
  }

  private static Path path(String spec) {
    try {
      return Path.of(spec);
    } catch (InvalidPathException e) {
      throw unknown(spec, FileNames.remedy(KNOWN));
    }
  }

  private static Path labelFile(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new InputException(
          "option multi-label is %s: %s".formatted(text, FileNames.remedy("name a CSV file")), e);
    }
  }

  private static String name(Path folder, String spec) {
    Path last = folder.toAbsolutePath().normalize().getFileName();
    return last == null ? spec : last.toString();
  }

  private static InputException unknown(String spec) {
    return unknown(spec, KNOWN);
  }

  private static InputException unknown(String spec, String remedy) {
    return new InputException("there is no data set %s: %s".formatted(spec, remedy));
  }
}
