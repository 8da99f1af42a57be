package org.vgg4j.data;

import java.util.Arrays;

/**
 * How many images of a data set are known to show each class, and how many not to.
 *
 * @param shown for each class, the number of images that show it
 * @param notShown for each class, the number of images that do not
 */
public record LabelCounts(int[] shown, int[] notShown) {
  /** Counts; images that show one class each do not show the others. */
  public static LabelCounts of(Dataset images) {
    int classes = images.classNames().size();
    LabelCounts counts = new LabelCounts(new int[classes], new int[classes]);
    for (int i = 0; i < images.size(); i++) {
      for (int k = 0; k < classes; k++) {
        byte state = images.state(i, k);
        counts.shown[k] += state == MultiLabels.POSITIVE ? 1 : 0;
        counts.notShown[k] += state == MultiLabels.NEGATIVE ? 1 : 0;
      }
    }
    return counts;
  }

  /** Of how many images it is known whether they show a class. */
  public int known(int label) {
    return shown[label] + notShown[label];
  }

  /** Whether some image shows a class. */
  public boolean isShown(int label) {
    return shown[label] > 0;
  }

  /** Whether some image shows some class. */
  public boolean anyShown() {
    return Arrays.stream(shown).anyMatch(count -> count > 0);
  }
}
