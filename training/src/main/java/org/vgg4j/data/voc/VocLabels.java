package org.vgg4j.data.voc;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.LabelledImages;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.Source;
import org.vgg4j.data.labels.LabelSetDataset;

/** PASCAL VOC's classification task as a data set whose images show several classes each. */
public final class VocLabels {
  private VocLabels() {}

  /**
   * Opens the sets train, val and, where its labels are there, test.
   *
   * @param folder see {@link VocFolder#open}
   * @throws org.vgg4j.base.InputException if the set train or val is missing
   */
  public static Source open(Path folder) {
    VocFolder voc = VocFolder.open(folder);
    return new Source(
        "PASCAL VOC's classification task",
        voc.name(),
        required(voc, "train"),
        required(voc, "val"),
        test(voc));
  }

  private static Dataset required(VocFolder voc, String set) {
    LabelledImages images = voc.classification(set);
    return new LabelSetDataset(images.images(), images.requireLabels(), false);
  }

  private static @Nullable Dataset test(VocFolder voc) {
    if (!voc.hasClassification("test")) {
      return null;
    }
    LabelledImages images = voc.classification("test");
    MultiLabels labels = images.labels();
    return labels == null ? null : new LabelSetDataset(images.images(), labels, false);
  }
}
