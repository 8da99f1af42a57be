package org.vgg4j.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Synsets;
import org.vgg4j.views.Ranking;

/**
 * A submission to ILSVRC's classification task: five labels for each image of a test set, the most
 * probable first, in the order of the images' names. A file NAME.csv is in Kaggle's form ({@code
 * ImageId,PredictionString} with WNIDs, each followed by a box; {@link #BOX} stands in for it,
 * since nothing was located); any other is in the development kit's form: a line for each image
 * with five of its numbers.
 */
public final class Submission {
  /** The box of an object that was not located. */
  public static final String BOX = "0 0 1 1";

  private final Posteriors posteriors;
  private final SubmissionForm form;

  /**
   * @param posteriors of all images of the test set
   * @param synsets classes with WNIDs, and with the development kit's numbers where those are
   *     wanted
   * @throws InputException if the network has a class that is not among them, or two images have
   *     the same name
   */
  public Submission(Posteriors posteriors, Synsets synsets) {
    this.posteriors = posteriors;
    this.form = new SubmissionForm(posteriors.ids(), posteriors.classNames(), synsets);
  }

  /**
   * Checks in advance, before hours of work, that a file can be written.
   *
   * @param classNames of the network
   * @throws InputException if a class is not among the data's, the development kit's numbers are
   *     needed but not known, or the file cannot be written
   */
  public static void requirePossible(Path file, List<String> classNames, Synsets synsets) {
    SubmissionForm.requirePossible(file, classNames, synsets);
  }

  /** Labels for each image: five, or all if there are fewer classes. */
  private int predictions() {
    return Math.min(Evaluation.PREDICTIONS, posteriors.classNames().size());
  }

  /**
   * Writes the file, and reads it back.
   *
   * @return for each of the posteriors' images the classes that the file names, as columns of the
   *     posteriors
   * @throws InputException if it cannot be written, or the development kit's numbers are not known
   */
  public int[][] write(Path file) {
    boolean kaggle = SubmissionForm.isKaggle(file);
    form.write(file, image -> prediction(image, kaggle));
    int[][] read = read(file);
    for (int image = 0; image < read.length; image++) {
      if (!Arrays.equals(read[image], best(image))) {
        throw new IllegalStateException(
            "image " + posteriors.ids().get(image) + " reads otherwise in " + file);
      }
    }
    return read;
  }

  private int[] best(int image) {
    int classes = posteriors.classNames().size();
    return Ranking.top(posteriors.values(), image * classes, classes, predictions());
  }

  private String prediction(int image, boolean kaggle) {
    List<String> words = new ArrayList<>();
    for (int column : best(image)) {
      words.add(form.word(column, kaggle) + (kaggle ? " " + BOX : ""));
    }
    return String.join(" ", words);
  }

  /**
   * Reads a submission for the same images, and checks it.
   *
   * @return for each of the posteriors' images the classes that the file names, as columns of the
   *     posteriors
   * @throws InputException if it cannot be read, or is no submission for these images
   */
  public int[][] read(Path file) {
    boolean kaggle = SubmissionForm.isKaggle(file);
    return form.read(file).stream().map(line -> columns(line, kaggle)).toArray(int[][]::new);
  }

  private int[] columns(SubmissionForm.Line line, boolean kaggle) {
    String text = kaggle ? line.text().replace(" " + BOX, "") : line.text();
    int[] columns =
        Arrays.stream(text.split(" ")).mapToInt(word -> form.column(word, kaggle)).toArray();
    if (columns.length != predictions()
        || Arrays.stream(columns).anyMatch(column -> column < 0)
        || Arrays.stream(columns).distinct().count() < columns.length) {
      throw new InputException(
          "%s must hold %d different classes, not '%s': write it again"
              .formatted(line.place(), predictions(), text));
    }
    return columns;
  }
}
