package org.vgg4j.data.folder;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageFiles;

/**
 * Layouts that are recognised but not supported. Each gets a sentence of its own, since the one
 * about missing class folders would mislead.
 */
public final class UnreadLayout {
  private static final Pattern ARRAYS =
      Pattern.compile(".*\\.(npy|npz|pkl|pickle|mat|h5|hdf5|parquet|arrow|tfrecords?)");

  private UnreadLayout() {}

  /**
   * Refuses a folder that has such a layout.
   *
   * @param folder that is no data set of another kind
   * @throws InputException if it is, with what to do
   */
  public static void refuse(Path folder) {
    if (isCifarForPython(folder)) {
      throw new InputException(
          "%s holds CIFAR for Python, whose pickles are not read: unpack the binary version of the same data set (cifar-10-binary.tar.gz, cifar-100-binary.tar.gz), and give its folder"
              .formatted(folder));
    }
    Optional<Path> arrays = file(folder, name -> ARRAYS.matcher(name).matches());
    if (arrays.isPresent() && !FolderLook.at(folder).hasImages()) {
      throw new InputException(
          "%s holds arrays (%s) and no image files: write each image of them as a file into the folder of its class, such as %s"
              .formatted(folder, Folders.name(arrays.get()), example(folder)));
    }
    String detection = detection(folder);
    if (detection != null) {
      throw new InputException(
          "%s is laid out for detection (%s), where images have no class of their own: put those of each class into a folder, such as %s"
              .formatted(folder, detection, example(folder)));
    }
  }

  private static Path example(Path folder) {
    return folder.resolve("cat").resolve("1.jpg");
  }

  private static boolean isCifarForPython(Path folder) {
    return Files.isRegularFile(folder.resolve("batches.meta"))
        || Files.isRegularFile(folder.resolve("data_batch_1"))
        || List.of("train", "test", "meta").stream()
            .allMatch(file -> Files.isRegularFile(folder.resolve(file)));
  }

  /** The detection layout that the folder has, in words; null if it has none. */
  private static @Nullable String detection(Path folder) {
    if (Files.isDirectory(folder.resolve("JPEGImages"))
        && Files.isDirectory(folder.resolve("Annotations"))) {
      return "PASCAL VOC: Annotations beside JPEGImages";
    }
    if (hasListsOfBoxes(folder)) {
      return "COCO: lists of boxes in annotations";
    }
    List<Path> parts = new ArrayList<>(List.of(folder));
    for (Path inner : Folders.in(folder)) {
      if (PartName.of(Folders.name(inner)) != null && !FolderLook.at(inner).isNested()) {
        parts.add(inner);
      } else if (PartName.of(Folders.name(inner)) != null && isYolo(inner)) {
        return yolo(inner);
      }
    }
    if (isYolo(folder)) {
      return yolo(folder);
    }
    for (Path part : parts) {
      if (FolderLook.at(part).images() == 0) {
        continue;
      }
      if (file(part, name -> name.endsWith("coco.json")).isPresent()) {
        return "COCO: a list of boxes beside the images in " + part;
      }
      if (file(part, name -> name.endsWith(".xml")).isPresent()) {
        return "PASCAL VOC: an XML file beside each image in " + part;
      }
    }
    return null;
  }

  private static String yolo(Path folder) {
    return "YOLO: %s beside %s".formatted(folder.resolve("labels"), folder.resolve("images"));
  }

  /** Whether labels holds text files, and images no class folders. */
  private static boolean isYolo(Path folder) {
    Path images = folder.resolve("images");
    Path labels = folder.resolve("labels");
    return Files.isDirectory(images)
        && Files.isDirectory(labels)
        && hasNoClasses(FolderLook.at(images))
        && !FolderLook.at(labels).hasImages()
        && ImageFiles.filesBelow(labels).stream()
            .anyMatch(file -> Folders.name(file).endsWith(".txt"));
  }

  private static boolean hasListsOfBoxes(Path folder) {
    Path annotations = folder.resolve("annotations");
    if (!Files.isDirectory(annotations)
        || file(annotations, name -> name.endsWith(".json")).isEmpty()) {
      return false;
    }
    List<FolderLook> filled =
        FolderLook.below(folder).stream().filter(FolderLook::hasImages).toList();
    return !filled.isEmpty()
        && filled.stream()
            .allMatch(
                look ->
                    (PartName.of(look.name()) != null || look.name().equals("images"))
                        && hasNoClasses(look));
  }

  /** Images side by side, or in folders that are called like parts. */
  private static boolean hasNoClasses(FolderLook look) {
    return look.images() > 0
        ? !look.isNested()
        : look.folders().stream().allMatch(name -> PartName.of(name) != null);
  }

  private static Optional<Path> file(Path folder, Predicate<String> name) {
    return Folders.children(folder).stream()
        .filter(file -> name.test(Folders.name(file).toLowerCase(Locale.ROOT)))
        .filter(Files::isRegularFile)
        .findFirst();
  }
}
