package org.vgg4j.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Synsets;
import org.vgg4j.evaluate.boxes.Guess;
import org.vgg4j.evaluate.boxes.OfficialError;
import org.vgg4j.evaluate.boxes.PixelBoxes;
import org.vgg4j.image.transform.Box;

/**
 * A submission to ILSVRC's localisation task: up to five guesses for each image of a test set, the
 * most probable first, each a class and {@code xmin ymin xmax ymax}: pixels of the original image,
 * counted from 0, the last one inside the box. A file NAME.csv is in Kaggle's form ({@code
 * ImageId,PredictionString} with WNIDs); any other is in the development kit's form: a line for
 * each image, in the order of the images' names, with its numbers of the classes.
 */
public final class BoxSubmission {
  private static final int WORDS = 5;
  private static final Pattern NUMBER = Pattern.compile("-?\\d{1,7}(\\.\\d{1,9})?");

  private final SubmissionForm form;

  /**
   * @param ids of all images of the test set
   * @param classNames what the guesses' labels refer to
   * @param synsets classes with WNIDs, and with the development kit's numbers where those are
   *     wanted
   * @throws InputException if a class is not among them, or two images have the same name
   */
  public BoxSubmission(List<String> ids, List<String> classNames, Synsets synsets) {
    form = new SubmissionForm(ids, classNames, synsets);
  }

  /**
   * Writes the file, with boxes rounded to whole pixels, and reads it back.
   *
   * @param guesses for each image at most {@link OfficialError#GUESSES}
   * @return what the file says, which is what ILSVRC would score
   * @throws IllegalArgumentException if there are too many guesses, or the number of images differs
   * @throws InputException if it cannot be written, or the development kit's numbers are not known
   */
  public List<List<Guess>> write(Path file, List<List<Guess>> guesses) {
    if (guesses.size() != form.images()
        || guesses.stream().anyMatch(ofImage -> ofImage.size() > OfficialError.GUESSES)) {
      throw new IllegalArgumentException(
          "at most %d guesses for each of %d images, not for %d"
              .formatted(OfficialError.GUESSES, form.images(), guesses.size()));
    }
    List<List<Guess>> rounded =
        guesses.stream()
            .map(
                ofImage ->
                    ofImage.stream()
                        .map(guess -> new Guess(guess.label(), PixelBoxes.rounded(guess.box())))
                        .toList())
            .toList();
    boolean kaggle = SubmissionForm.isKaggle(file);
    form.write(
        file,
        image ->
            String.join(
                " ", rounded.get(image).stream().map(guess -> words(guess, kaggle)).toList()));
    List<List<Guess>> read = read(file);
    if (!read.equals(rounded)) {
      throw new IllegalStateException(file + " reads otherwise than it was written");
    }
    return read;
  }

  private String words(Guess guess, boolean kaggle) {
    Box box = guess.box();
    return String.format(
        Locale.ROOT, // the digits 0 to 9
        "%s %d %d %d %d",
        form.word(guess.label(), kaggle),
        (long) box.left(),
        (long) box.top(),
        (long) box.right() - 1,
        (long) box.bottom() - 1);
  }

  /**
   * Reads a submission for the same images, also one of another tool; numbers may have decimals.
   *
   * @return for each image its guesses, in the order of the ids
   * @throws InputException if it cannot be read, or is no submission for these images
   */
  public List<List<Guess>> read(Path file) {
    boolean kaggle = SubmissionForm.isKaggle(file);
    return form.read(file).stream().map(line -> guesses(line, kaggle)).toList();
  }

  private List<Guess> guesses(SubmissionForm.Line line, boolean kaggle) {
    List<String> words = line.words();
    if (words.size() % WORDS != 0) {
      throw new InputException(
          "%s has %d words, but each guess is five, class xmin ymin xmax ymax: add the boxes"
              .formatted(line.place(), words.size()));
    }
    if (words.size() > WORDS * OfficialError.GUESSES) {
      throw new InputException(
          "%s has %d guesses, but ILSVRC allows %d: keep the best"
              .formatted(line.place(), words.size() / WORDS, OfficialError.GUESSES));
    }
    List<Guess> guesses = new ArrayList<>();
    for (int i = 0; i < words.size(); i += WORDS) {
      int label = form.column(words.get(i), kaggle);
      if (label < 0) {
        throw new InputException(
            "%s names '%s', which is not a class of the data: give %s"
                .formatted(
                    line.place(),
                    words.get(i),
                    kaggle ? "its WNID" : "the development kit's number of a class"));
      }
      guesses.add(new Guess(label, box(words.subList(i + 1, i + WORDS), line.place())));
    }
    return guesses;
  }

  private static Box box(List<String> words, String place) {
    boolean numbers = words.stream().allMatch(word -> NUMBER.matcher(word).matches());
    double[] edge = numbers ? words.stream().mapToDouble(Double::parseDouble).toArray() : null;
    if (edge == null || edge[0] > edge[2] || edge[1] > edge[3]) {
      throw new InputException(
          "%s has '%s' where a box is expected: give xmin ymin xmax ymax, the largest last"
              .formatted(place, String.join(" ", words)));
    }
    return PixelBoxes.ofInclusive(edge[0], edge[1], edge[2], edge[3]);
  }
}
