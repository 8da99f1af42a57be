package org.vgg4j;

import java.awt.image.BufferedImage;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;

/**
 * The forms in which an image comes to a classifier. All become an {@link RgbImage} on the caller's
 * thread.
 */
abstract sealed class ImageForms permits ImageClassifier {
  /** Default number of predictions for each image; what the command prints, too. */
  private static final int PREDICTIONS = 5;

  /**
   * Called before an image is decoded, and again once it is this call's turn.
   *
   * @throws InputException if top is not positive
   * @throws IllegalStateException if the classifier is closed
   */
  abstract void requireReady(int top);

  /** Classifies an image, see {@link ImageClassifier#classify(RgbImage, int)}. */
  public abstract List<Prediction> classify(RgbImage image, int top);

  /** As {@link #classify(Path, int)}: the five best predictions. */
  public List<Prediction> classify(Path file) {
    return classify(file, PREDICTIONS);
  }

  /**
   * Classifies an image file.
   *
   * @param file at most 1 GiB; its content says what it is, not its name
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws UnreadableImageException if it is empty, not an image, damaged, or has too many pixels
   * @throws InputException if it is missing or cannot be read, or top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(Path file, int top) {
    Objects.requireNonNull(file, "no image: the path is null");
    requireReady(top);
    return classify(ImageDecoder.decode(file), top);
  }

  /** As {@link #classify(InputStream, int)}: the five best predictions. */
  public List<Prediction> classify(InputStream stream) {
    return classify(stream, PREDICTIONS);
  }

  /**
   * Classifies an image file that comes as a stream.
   *
   * @param stream is read to its end, at most 1 GiB, and left open
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws UnreadableImageException if it is empty, not an image, damaged, or has too many bytes
   *     or pixels
   * @throws InputException if it cannot be read, or top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(InputStream stream, int top) {
    Objects.requireNonNull(
        stream,
        "no image: the stream is null, as getResourceAsStream returns for what is not on the"
            + " class path");
    requireReady(top);
    return classify(ImageDecoder.decode(stream, "the image's stream"), top);
  }

  /** As {@link #classify(byte[], int)}: the five best predictions. */
  public List<Prediction> classify(byte[] content) {
    return classify(content, PREDICTIONS);
  }

  /**
   * Classifies an image file whose content is in memory.
   *
   * @param content the whole file, as uploaded; not pixels
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws UnreadableImageException if it is empty, not an image, damaged, or has too many pixels
   * @throws InputException if top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(byte[] content, int top) {
    Objects.requireNonNull(content, "no image: the array is null");
    requireReady(top);
    return classify(ImageDecoder.decode(content, "the image"), top);
  }

  /** As {@link #classify(BufferedImage, int)}: the five best predictions. */
  public List<Prediction> classify(BufferedImage image) {
    return classify(image, PREDICTIONS);
  }

  /**
   * Classifies an image that is in memory already. It is used as it is: turning it upright and
   * converting its colours is up to the caller.
   *
   * @param image of any size and type; transparent parts are composed over white
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws InputException if top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(BufferedImage image, int top) {
    Objects.requireNonNull(
        image,
        "no image: the image is null, as ImageIO.read returns for a file that it cannot read");
    requireReady(top);
    return classify(RgbImage.of(image), top);
  }
}
