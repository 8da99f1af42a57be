package org.vgg4j.data.folder;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Split;

/**
 * A folder's name that is known to stand for a part of a data set: {@code train}, {@code
 * Validation}, {@code seg_test}, {@code trainset}, {@code 01-Train}, {@code train2017}.
 *
 * @param split the part
 * @param affix what else the name holds, in lower case; empty if that says nothing, such as {@code
 *     images}. Only names with the same affix are parts of the same data set
 */
public record PartName(Split split, String affix) {
  private static final String TRAIN = "train|training|trn|tr";
  private static final String VAL = "val|valid|validation|validate|vali|dev|devel|development";
  private static final String TEST = "test|testing|tst|te|eval|evaluation";
  private static final Pattern WORD =
      Pattern.compile(
          "(?:(?<trainval>trainval)|(?<train>%s)|(?<val>%s)|(?<test>%s))(?:set|data|images?|imgs?|split|folder|dir)?\\d*"
              .formatted(TRAIN, VAL, TEST));

  /** Words that say nothing about which data set it is. */
  private static final Set<String> FILLERS =
      Set.of(
          "set",
          "sets",
          "data",
          "dataset",
          "datasets",
          "image",
          "images",
          "img",
          "imgs",
          "pic",
          "pics",
          "picture",
          "pictures",
          "photo",
          "photos",
          "split",
          "splits",
          "folder",
          "dir",
          "seg",
          "cross",
          "part",
          "cls",
          "class",
          "classes");

  private static final Pattern BETWEEN_WORDS =
      Pattern.compile("[^\\p{L}\\p{Nd}]+|(?<=\\p{Ll})(?=\\p{Lu})");

  /** Returns null if the name is not known. */
  public static @Nullable PartName of(String name) {
    Set<Split> splits = EnumSet.noneOf(Split.class);
    List<String> others = new ArrayList<>();
    for (String word : BETWEEN_WORDS.split(name)) {
      String lower = word.toLowerCase(Locale.ROOT);
      Matcher matcher = WORD.matcher(lower);
      if (matcher.matches()) {
        splits.add(split(matcher));
      } else if (!lower.matches("\\d*") && !FILLERS.contains(lower)) {
        others.add(lower);
      }
    }
    if (splits.equals(EnumSet.of(Split.TRAIN, Split.VAL))) {
      splits = EnumSet.of(Split.TRAIN); // train_val: both, to learn from
    }
    return splits.size() == 1
        ? new PartName(splits.iterator().next(), String.join("-", others))
        : null;
  }

  private static Split split(Matcher matcher) {
    if (matcher.group("val") != null) {
      return Split.VAL;
    }
    return matcher.group("test") != null ? Split.TEST : Split.TRAIN;
  }
}
