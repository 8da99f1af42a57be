package org.vgg4j.data.ilsvrc;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Source;
import org.vgg4j.data.Synsets;
import org.vgg4j.data.archive.TarArchive;
import org.vgg4j.data.archive.TarDataset;
import org.vgg4j.data.archive.TarIndex;
import org.vgg4j.data.folder.FileDataset;
import org.vgg4j.data.folder.Folders;
import org.vgg4j.data.folder.ImageFolderDataset;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.PassedOver;

/**
 * A folder with ILSVRC-2012 as it is distributed: training images as an archive of archives or in
 * class folders, validation and test images as an archive or in one folder, and the development
 * kit, which has the labels of the validation images. Archives are read in place.
 *
 * <p>Labels are ranks of the WNIDs, from 0, as in all released networks, never the numbers of the
 * development kit.
 */
public final class IlsvrcFolder {
  private static final List<String> TRAIN = List.of("ILSVRC2012_img_train.tar");
  private static final List<String> VALIDATION = List.of("ILSVRC2012_img_val.tar");
  private static final List<String> TEST =
      List.of("ILSVRC2012_img_test.tar", "ILSVRC2012_img_test_v10102019.tar");
  private static final List<String> DEVKIT =
      List.of("ILSVRC2012_devkit_t12.tar.gz", "ILSVRC2012_devkit_t12.tar", "ILSVRC2012_devkit_t12");

  private final Path folder;
  private final String name;

  private IlsvrcFolder(Path folder, String name) {
    this.folder = folder;
    this.name = name;
  }

  /** Whether the folder holds one of the archives, or the development kit. */
  public static boolean isOne(Path folder) {
    for (List<String> names : List.of(TRAIN, VALIDATION, TEST, DEVKIT)) {
      if (find(folder, names) != null) {
        return true;
      }
    }
    return false;
  }

  /** The development kit in a folder; null if there is none. */
  static @Nullable Path devkit(Path folder) {
    return find(folder, DEVKIT);
  }

  private static @Nullable Path find(Path folder, List<String> names) {
    return names.stream().map(folder::resolve).filter(Files::exists).findFirst().orElse(null);
  }

  /**
   * Opens the folder as a data set.
   *
   * @throws InputException if an archive or the development kit is damaged, the two do not match,
   *     or there are validation images but no kit
   */
  public static Source open(Path folder, String name) {
    return new IlsvrcFolder(folder, name).open();
  }

  private Source open() {
    Path kit = devkit(folder);
    Devkit devkit = kit == null ? null : Devkit.read(kit);
    Dataset train = train(devkit);
    Dataset validation = validation(devkit);
    Dataset test = test(devkit, train);
    if (train == null && validation == null && test == null) {
      throw new InputException(
          devkit == null
              ? "%s holds only test images, and the classes are missing: put %s beside them"
                  .formatted(folder, DEVKIT.get(0))
              : "%s holds the development kit of ILSVRC-2012 but no images: put %s or %s beside it"
                  .formatted(folder, TRAIN.get(0), VALIDATION.get(0)));
    }
    Source source =
        source(
            "ILSVRC-2012 as it is distributed",
            name,
            train,
            validation,
            test,
            devkit == null ? null : devkit.synsets());
    if (test == null && hasTest()) {
      source =
          source.withNote(
              "the test images in %s are left out, since the list of classes is missing: put %s beside them"
                  .formatted(folder, DEVKIT.get(0)));
    }
    if (devkit != null && validation != null && validation.size() < devkit.validationIds().length) {
      source =
          source.withNote(
              "%d of the %d validation images that the development kit lists are missing: results are for the others"
                  .formatted(
                      devkit.validationIds().length - validation.size(),
                      devkit.validationIds().length));
    }
    return devkit == null || devkit.blacklist().isEmpty()
        ? source
        : source.withNote(
            "%d validation images are blacklisted for localisation; classification takes them all"
                .formatted(devkit.blacklist().size()));
  }

  private @Nullable Dataset train(@Nullable Devkit devkit) {
    Dataset train = null;
    Path archive = find(folder, TRAIN);
    if (archive != null) {
      train = ofArchive(archive, devkit);
    } else if (Files.isDirectory(folder.resolve("train"))) {
      train = ofClasses("train", devkit);
    }
    if (train != null && devkit != null) {
      requireClasses(train, devkit.synsets());
    }
    return train;
  }

  /** The training images; the folder that each is in is its class. */
  private Dataset ofArchive(Path archive, @Nullable Devkit devkit) {
    TarArchive tar = TarArchive.open(archive);
    TarIndex index = tar.index();
    List<String> folders = new ArrayList<>();
    int[] labels = new int[index.size()];
    for (int i = 0; i < labels.length; i++) {
      String file = index.name(i);
      int slash = file.indexOf('/');
      if (slash < 0 || !Synsets.isWnid(file.substring(0, slash))) {
        throw new InputException(
            "%s holds %s, which is in no archive of a class such as n01440764.tar: is it %s?"
                .formatted(archive, file, TRAIN.get(0)));
      }
      String wnid = file.substring(0, slash);
      if (folders.isEmpty() || !folders.get(folders.size() - 1).equals(wnid)) {
        folders.add(wnid); // files come in the order of their names
      }
      labels[i] = folders.size() - 1;
    }
    List<String> classNames =
        folders.stream()
            .map(wnid -> devkit == null ? wnid : devkit.synsets().className(wnid))
            .toList();
    return new TarDataset(tar, name + "/train", classNames, labels);
  }

  /** A class without images, or one that is not on the list, means that something was lost. */
  static void requireClasses(Dataset train, Synsets synsets) {
    List<String> wanted = synsets.classNames();
    if (train.classNames().equals(wanted)) {
      return;
    }
    List<String> missing = new ArrayList<>(wanted);
    missing.removeAll(train.classNames());
    List<String> unknown = new ArrayList<>(train.classNames());
    unknown.removeAll(wanted);
    throw new InputException(
        "%s and the list of classes differ: %s"
            .formatted(
                train.name(),
                missing.isEmpty()
                    ? "the list does not have " + unknown.get(0)
                    : missing.size() + " have no images, such as " + missing.get(0)));
  }

  private @Nullable Dataset validation(@Nullable Devkit devkit) {
    Path archive = find(folder, VALIDATION);
    Path unpacked = folder.resolve("val");
    if (archive == null && !Files.isDirectory(unpacked)) {
      return null;
    }
    if (archive == null && hasClasses(unpacked)) {
      return ofClasses("val", devkit);
    }
    if (devkit == null) {
      throw new InputException(
          "%s holds validation images but not their labels: put %s beside them"
              .formatted(folder, DEVKIT.get(0)));
    }
    return flat(archive, unpacked, "val", devkit);
  }

  private @Nullable Dataset test(@Nullable Devkit devkit, @Nullable Dataset train) {
    Path archive = find(folder, TEST);
    Path unpacked = folder.resolve("test");
    if (archive == null && hasClassesOf(train, unpacked, wnid -> className(wnid, devkit))) {
      return ofClasses("test", devkit);
    }
    return hasTest() && devkit != null ? flat(archive, unpacked, "test", devkit) : null;
  }

  private boolean hasTest() {
    return find(folder, TEST) != null || Files.isDirectory(folder.resolve("test"));
  }

  /**
   * @param test images in class folders, or ILSVRC's own, of which nobody knows the classes
   */
  static Source source(
      String kind,
      String name,
      @Nullable Dataset train,
      @Nullable Dataset validation,
      @Nullable Dataset test,
      @Nullable Synsets synsets) {
    boolean labelled = test != null && test.isLabelled();
    return new Source(
        kind,
        name,
        train,
        validation,
        labelled ? test : null,
        labelled ? null : test,
        synsets,
        List.of());
  }

  /** Whether a part's images lie in folders of classes; others do not hide images beside them. */
  static boolean hasClasses(Path part) {
    return Files.isDirectory(part)
        && Folders.in(part).stream().anyMatch(child -> Synsets.isWnid(Folders.name(child)));
  }

  /**
   * Whether a part has a folder of each class of the training images, and no others: what is sorted
   * in another way counts as images of unknown classes.
   */
  static boolean hasClassesOf(@Nullable Dataset train, Path part, UnaryOperator<String> className) {
    return train != null
        && Files.isDirectory(part)
        && Folders.in(part).stream()
            .map(child -> className.apply(Folders.name(child)))
            .collect(Collectors.toSet())
            .equals(Set.copyOf(train.classNames()));
  }

  private static String className(String wnid, @Nullable Devkit devkit) {
    return devkit == null ? wnid : devkit.synsets().className(wnid);
  }

  private Dataset ofClasses(String part, @Nullable Devkit devkit) {
    return new ImageFolderDataset(
        folder.resolve(part), name + "/" + part, wnid -> className(wnid, devkit));
  }

  /**
   * Images side by side.
   *
   * @param archive null if they are in the folder
   * @param part val, whose labels the kit knows, or test
   */
  private Dataset flat(@Nullable Path archive, Path unpacked, String part, Devkit devkit) {
    List<String> classNames = devkit.synsets().classNames();
    boolean labelled = part.equals("val");
    if (archive != null) {
      TarArchive tar = TarArchive.open(archive);
      int[] labels = new int[tar.index().size()];
      Arrays.setAll(labels, i -> labelled ? devkit.label(tar.index().name(i)) : Dataset.UNKNOWN);
      return new TarDataset(tar, name + "/" + part, classNames, labels);
    }
    List<String> files = images(unpacked);
    int[] labels = new int[files.size()];
    Arrays.setAll(labels, i -> labelled ? devkit.label(files.get(i)) : Dataset.UNKNOWN);
    return new FileDataset(unpacked, name + "/" + part, classNames, files, labels);
  }

  /** The images below a folder, by their names. */
  static List<String> images(Path folder) {
    List<String> files = Folders.imagesBelow(folder, folder, new PassedOver(folder));
    if (files.isEmpty()) {
      throw new InputException(
          "folder %s holds no image (%s): check the path"
              .formatted(folder, ImageFiles.EXTENSIONS_IN_WORDS));
    }
    return files;
  }
}
