package org.vgg4j.base;

import java.util.List;

/**
 * What a random draw is for. Part of the key of every {@link RandomStream}, so that two purposes
 * never share numbers. The codes are written into no file but decide every draw: never renumber
 * them.
 */
public enum Purpose {
  /** Initial weights; the sample is the index of the parameter. */
  INITIALISATION(1),
  /** Which samples are held out for validation. */
  SPLIT(2),
  /** The order of the samples in an epoch. */
  SHUFFLE(3),
  /** Crop position and flip of one sample in one epoch. */
  AUGMENTATION(4),
  /** Dropout after fc6. */
  DROPOUT_FC6(5),
  /** Dropout after fc7. */
  DROPOUT_FC7(6),
  /** The image with which an exported model is checked. */
  EXPORT_CHECK(7),
  /** What is drawn on an image of fashion-boxes; the epoch is the part. */
  FASHION_BOXES(8),
  /** In which order the images of a linear SVM are visited; the sample is the class. */
  COORDINATE_ORDER(9),
  /** Which images are for learning and testing; the epoch is the split, the sample the class. */
  BENCHMARK_SPLIT(10),
  /** Which images are held out to choose an SVM's C; the sample is the class. */
  COST_SPLIT(11),
  /** With which vectors the search for principal components begins; the sample is the vector. */
  PRINCIPAL_AXES(12),
  /** Dropout after fc8, in a head of four layers. */
  DROPOUT_FC8(13),
  /**
   * Which images of a class an epoch visits where classes come equally often; the sample is the
   * class among those with images, their number for which classes have a sample more.
   */
  BALANCED_SAMPLING(14),
  /** The rectangle of an image that becomes a sample. */
  RESIZED_CROP(15),
  /** What is erased of a sample. */
  ERASING(16),
  /** The operation on a sample. */
  TRIVIAL_AUGMENT(17),
  /** With which other sample of the epoch a sample is mixed, and how. */
  MIXING(18);

  private static final List<Purpose> DROPOUT = List.of(DROPOUT_FC6, DROPOUT_FC7, DROPOUT_FC8);

  private final int code;

  Purpose(int code) {
    this.code = code;
  }

  /**
   * Dropout after a hidden layer.
   *
   * @param hidden which of the hidden layers, from 0
   */
  public static Purpose dropout(int hidden) {
    return DROPOUT.get(hidden);
  }

  /** What the purpose is called in the key of a draw. */
  public int code() {
    return code;
  }
}
