package org.vgg4j.data.folder;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Source;
import org.vgg4j.data.Split;

/**
 * Folders of images, as people lay them out. A folder holds classes, or parts that hold classes. It
 * holds parts if sub-folders are named like parts ({@link PartName}) and hold folders themselves:
 * folders that hold images are classes, whatever they are called. What can be read in two ways is
 * refused.
 */
public final class FolderLayout {
  /** What people call folders of images whose classes are not known. */
  private static final Set<String> UNLABELLED =
      Set.of(
          "pred",
          "predict",
          "prediction",
          "predictions",
          "unlabeled",
          "unlabelled",
          "unsup",
          "unsupervised",
          "inference",
          "submission");

  /** Folders without images that come with published data sets. */
  private static final Set<String> SIDE =
      Set.of(
          "meta",
          "metadata",
          "annotation",
          "annotations",
          "labels",
          "lists",
          "docs",
          "csv",
          "json",
          "code",
          "scripts",
          "models",
          "runs");

  private final Path folder;
  private final String name;
  private final List<FolderLook> looks;
  private final List<String> notes = new ArrayList<>();

  private FolderLayout(Path folder, String name) {
    this.folder = folder;
    this.name = name;
    this.looks = FolderLook.below(folder);
  }

  /**
   * Opens a folder as the layout that it has.
   *
   * @param folder the folder, see {@link #inner}
   * @param name what to call the data set
   * @throws InputException if it cannot be read in exactly one way
   */
  public static Source open(Path folder, String name) {
    FolderLayout layout = new FolderLayout(folder, name);
    Map<Split, FolderLook> parts = layout.parts();
    Source source = parts.isEmpty() ? layout.ofClasses() : layout.ofParts(parts);
    for (String note : layout.notes) {
      source = source.withNote(note);
    }
    return source;
  }

  /**
   * Returns the only folder that a folder holds, as unpacked archives often have it; null if there
   * are others, or it is a class or a part.
   */
  public static @Nullable Path inner(Path folder) {
    FolderLook look = FolderLook.at(folder);
    List<String> inner =
        look.folders().stream().filter(child -> !isSide(folder.resolve(child))).toList();
    if (look.images() > 0 || inner.size() != 1) {
      return null;
    }
    FolderLook only = FolderLook.at(folder.resolve(inner.get(0)));
    boolean isPart = PartName.of(only.name()) != null && partsOf(only.folders()).isEmpty();
    return isPart || (only.images() > 0 && !only.isNested()) ? null : only.path();
  }

  private static boolean isSide(Path folder) {
    return SIDE.contains(Folders.name(folder).toLowerCase(Locale.ROOT))
        && !FolderLook.at(folder).hasImages();
  }

  /** The names of parts among these, if they are of at least two different parts. */
  private static List<String> partsOf(Collection<String> names) {
    List<String> parts = names.stream().filter(part -> PartName.of(part) != null).toList();
    return parts.stream().map(PartName::of).distinct().count() > 1 ? parts : List.of();
  }

  /** The folders that are parts; none if the sub-folders are classes. */
  private Map<Split, FolderLook> parts() {
    Map<FolderLook, PartName> named = named();
    Map<Split, FolderLook> parts = new EnumMap<>(Split.class);
    List<FolderLook> withoutFolders = new ArrayList<>();
    for (Map.Entry<FolderLook, PartName> entry : named.entrySet()) {
      if (!isNested(entry.getKey(), named.keySet())) {
        withoutFolders.add(entry.getKey());
        continue;
      }
      FolderLook other = parts.put(entry.getValue().split(), entry.getKey());
      if (other != null) {
        throw ambiguous(other, entry.getKey());
      }
    }
    if (parts.isEmpty()) {
      requireNoPartsOfImages(withoutFolders, named);
      return parts;
    }
    List<FolderLook> others = new ArrayList<>(looks);
    others.removeAll(named.keySet());
    if (parts.size() == 1 && withoutFolders.isEmpty() && isClass(first(parts), others)) {
      return Map.of();
    }
    for (FolderLook look : withoutFolders) {
      addWithoutFolders(look, split(look, named), parts);
    }
    for (FolderLook other : others) {
      if (other.hasImages()) {
        notes.add(
            "folder %s is passed over: its name is that of no part (train, val or test)"
                .formatted(other.path()));
      }
    }
    return parts;
  }

  private static FolderLook first(Map<Split, FolderLook> parts) {
    return parts.values().iterator().next();
  }

  private static Split split(FolderLook look, Map<FolderLook, PartName> named) {
    PartName part = named.get(look);
    if (part == null) {
      throw new IllegalArgumentException(look + " has no part's name");
    }
    return part.split();
  }

  /** The sub-folders whose names are those of parts of the same data set. */
  private Map<FolderLook, PartName> named() {
    Map<String, Map<FolderLook, PartName>> byAffix = new LinkedHashMap<>();
    for (FolderLook look : looks) {
      PartName part = PartName.of(look.name());
      if (part != null) {
        byAffix.computeIfAbsent(part.affix(), key -> new LinkedHashMap<>()).put(look, part);
      }
    }
    Map<FolderLook, PartName> plain = byAffix.getOrDefault("", Map.of());
    if (!plain.isEmpty()) {
      return plain;
    }
    return byAffix.values().stream()
        .filter(group -> group.values().stream().distinct().count() > 1)
        .findFirst()
        .orElse(Map.of());
  }

  /** A few images that strayed among a part's class folders do not make it a class. */
  private static boolean isNested(FolderLook look, Collection<FolderLook> others) {
    return look.isNested()
        || others.stream().anyMatch(other -> !other.equals(look) && other.sharesFolderWith(look));
  }

  /**
   * Whether the only folder of folders that is named like a part is a class after all.
   *
   * @throws InputException if it could be either
   */
  private static boolean isClass(FolderLook only, List<FolderLook> others) {
    List<FolderLook> like =
        others.stream()
            .filter(other -> !UNLABELLED.contains(plain(other.name())))
            .filter(FolderLook::hasImages)
            .toList();
    if (like.isEmpty()) {
      return false;
    }
    boolean images = like.stream().anyMatch(other -> !other.isNested());
    if (images && only.folders().size() > 1) {
      throw new InputException(
          "%s holds folders (%s), like a part of a data set, but %s holds images, like a class: move one of them elsewhere, or give %s another name if it is a class"
              .formatted(
                  only.path(),
                  some(only.folders()),
                  like.stream()
                      .filter(other -> !other.isNested())
                      .findFirst()
                      .map(FolderLook::path)
                      .orElseThrow(),
                  only.name()));
    }
    return true;
  }

  private static String plain(String name) {
    List<String> words =
        Arrays.stream(name.toLowerCase(Locale.ROOT).split("[^a-z]+", -1))
            .filter(word -> !word.equals("seg") && !word.isEmpty())
            .toList();
    return String.join("", words);
  }

  /** Decides what becomes of a part without class folders, whose images lie side by side. */
  private void addWithoutFolders(FolderLook look, Split split, Map<Split, FolderLook> parts) {
    if (parts.containsKey(split)) {
      notes.add(
          "folder %s is passed over: it has no class folders, and %s has"
              .formatted(look.path(), parts.get(split).path()));
    } else if (split == Split.TEST && look.images() > 0) {
      notes.add(
          "folder %s is passed over: it has no class folders, so the classes of its images are not known"
              .formatted(look.path()));
    } else {
      parts.put(split, look); // opening it says what is wrong with it
    }
  }

  private static InputException ambiguous(FolderLook one, FolderLook other) {
    return new InputException(
        "%s and %s are both called like the same part of a data set: keep one of them there, or rename the other"
            .formatted(one.path(), other.path()));
  }

  /** Refuses folders that are named like parts but hold images instead of class folders. */
  private void requireNoPartsOfImages(
      List<FolderLook> looksLikeParts, Map<FolderLook, PartName> named) {
    List<FolderLook> filled = looksLikeParts.stream().filter(look -> look.images() > 0).toList();
    List<FolderLook> train =
        filled.stream().filter(look -> split(look, named) == Split.TRAIN).toList();
    List<FolderLook> others =
        filled.stream().filter(look -> split(look, named) != Split.TRAIN).toList();
    if (!train.isEmpty() && !others.isEmpty()) {
      Path one = train.get(0).path();
      throw new InputException(
          "%s and %s hold images but no class folders, and are called like parts of a data set: put the images of each class into a sub-folder of its own, such as %s and %s; if they are classes, rename them"
              .formatted(
                  one,
                  others.get(0).path(),
                  one.resolve("cat").resolve("1.jpg"),
                  one.resolve("dog").resolve("1.jpg")));
    }
  }

  private Source ofParts(Map<Split, FolderLook> parts) {
    Map<Split, Dataset> data = new EnumMap<>(Split.class);
    List<String> places = new ArrayList<>();
    parts.forEach(
        (split, look) -> {
          Path root = look.path();
          for (Path deeper = root; deeper != null; deeper = innerOfPart(deeper)) {
            root = deeper;
          }
          data.put(split, new ImageFolderDataset(root, name + "/" + look.name()));
          places.add("%s is in %s".formatted(part(split), folder.relativize(root)));
        });
    List<String> plain = parts.keySet().stream().map(FolderLayout::part).toList();
    if (!places.equals(plain.stream().map(part -> part + " is in " + part).toList())) {
      notes.add(0, String.join(", ", places));
    }
    return new Source(
        "class folders in " + String.join(", ", plain),
        name,
        data.get(Split.TRAIN),
        data.get(Split.VAL),
        data.get(Split.TEST));
  }

  private static String part(Split split) {
    return split.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The only folder in a part's folder, such as seg_train/seg_train, if it holds the classes; else
   * null.
   */
  private static @Nullable Path innerOfPart(Path part) {
    FolderLook look = FolderLook.at(part);
    if (look.images() > 0 || look.folders().size() != 1) {
      return null;
    }
    FolderLook only = FolderLook.at(part.resolve(look.folders().get(0)));
    return only.isNested() ? only.path() : null;
  }

  private Source ofClasses() {
    requireClasses();
    return new Source("class folders", name, new ImageFolderDataset(folder, name), null, null);
  }

  /**
   * Refuses folders that all hold the same sub-folders: they may be parts, folds of a
   * cross-validation or years, but they are not the classes.
   */
  private void requireClasses() {
    List<FolderLook> like =
        looks.stream()
            .filter(look -> look.isNested() || !UNLABELLED.contains(plain(look.name())))
            .filter(look -> look.images() > 0 || !look.folders().isEmpty())
            .toList();
    if (like.size() < 2 || !like.stream().allMatch(FolderLook::isNested)) {
      return;
    }
    Set<String> common = new TreeSet<>(like.get(0).folders());
    Set<String> all = new TreeSet<>();
    like.forEach(
        look -> {
          common.retainAll(look.folders());
          all.addAll(look.folders());
        });
    if (common.size() < 2 || 2 * common.size() < all.size()) {
      return;
    }
    String names = some(like.stream().map(FolderLook::name).toList());
    List<String> parts = partsOf(common);
    if (!parts.isEmpty()) {
      throw new InputException(
          "in %s each of %s holds %s, which look like parts of a data set: put the classes into the parts, such as %s, or give one of the folders as the data set"
              .formatted(
                  folder,
                  names,
                  some(parts),
                  folder.resolve(parts.get(0)).resolve(like.get(0).name())));
    }
    throw new InputException(
        "in %s each of %s holds the same sub-folders (%s), so those look like the classes: call the outer ones train, val and test if they are parts; if they are the classes, put the images of each side by side"
            .formatted(folder, names, some(common)));
  }

  /** The first three of some names. */
  private static String some(Collection<String> names) {
    String first = names.stream().limit(3).collect(Collectors.joining(", "));
    return names.size() > 3 ? first + ", ..." : first;
  }
}
