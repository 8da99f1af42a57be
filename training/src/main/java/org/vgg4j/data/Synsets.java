package org.vgg4j.data;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;

/**
 * The classes of ILSVRC. A network's classes are sorted by WNID, from 0; the development kit
 * numbers them from 1 in another order (the ILSVRC2012_ID), which only its own files use.
 * Immutable.
 */
public final class Synsets {
  /**
   * One class.
   *
   * @param wnid its identifier in WordNet, such as n01440764
   * @param words what it is called, such as "tench, Tinca tinca"
   * @param id the development kit's number, from 1; 0 where the development kit is missing
   */
  public record Synset(String wnid, String words, int id) {
    /** The class's name: WNID and first word, such as "n01440764 tench". */
    public String className() {
      String first = words.split(",", 2)[0].strip();
      return first.isEmpty() ? wnid : wnid + " " + first;
    }
  }

  private static final Pattern WNID = Pattern.compile("n\\d{8}");

  private final List<Synset> sorted;
  private final Map<String, Integer> labelOfWnid = new HashMap<>();
  private final Map<Integer, Integer> labelOfId = new HashMap<>();

  /**
   * @param synsets in any order
   * @param file where they come from
   * @throws InputException if there are fewer than two, a WNID is none, or a WNID or id is listed
   *     twice
   */
  public Synsets(List<Synset> synsets, Object file) {
    sorted = synsets.stream().sorted(Comparator.comparing(Synset::wnid)).toList();
    if (sorted.size() < 2) {
      throw new InputException(file + " lists fewer than two classes: replace it");
    }
    for (int label = 0; label < sorted.size(); label++) {
      Synset synset = sorted.get(label);
      if (!isWnid(synset.wnid())) {
        throw new InputException(
            file + ": '" + synset.wnid() + "' is not a WNID such as n01440764: replace the file");
      }
      if (labelOfWnid.put(synset.wnid(), label) != null
          || (synset.id() != 0 && labelOfId.put(synset.id(), label) != null)) {
        throw new InputException(
            "%s lists %s, or its number %d, twice: replace it"
                .formatted(file, synset.wnid(), synset.id()));
      }
    }
  }

  /** Whether a word is an identifier of WordNet: n and eight digits. */
  public static boolean isWnid(String word) {
    return WNID.matcher(word).matches();
  }

  /**
   * Returns the WNID that a class name begins with, which identifies the class whatever words
   * follow; a name that begins with none is returned as it is, in its {@linkplain
   * FileNames#composed composed} form.
   */
  public static String key(String className) {
    int space = className.indexOf(' ');
    String word = space < 0 ? className : className.substring(0, space);
    return isWnid(word) ? word : FileNames.composed(className);
  }

  /** The {@link #key} of each name. */
  public static List<String> keys(List<String> classNames) {
    return classNames.stream().map(Synsets::key).toList();
  }

  /** The classes in the order of the labels, which is that of their WNIDs. */
  public List<Synset> sorted() {
    return sorted;
  }

  /** The classes' names in the order of the labels. */
  public List<String> classNames() {
    return sorted.stream().map(Synset::className).toList();
  }

  /** Returns the label of a WNID; null if there is no such class. */
  public @Nullable Integer labelOfWnid(String wnid) {
    return labelOfWnid.get(wnid);
  }

  /** Returns the label of a number of the development kit; null if there is no such class. */
  public @Nullable Integer labelOfId(int id) {
    return labelOfId.get(id);
  }

  /** Whether the numbers of the development kit are known. */
  public boolean hasIds() {
    return !labelOfId.isEmpty();
  }

  /** What a class folder of that WNID is called. */
  public String className(String folder) {
    Integer label = labelOfWnid.get(folder);
    return label == null ? folder : sorted.get(label).className();
  }
}
