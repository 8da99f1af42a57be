package org.vgg4j.data.loading;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;
import org.vgg4j.base.RandomStream;
import org.vgg4j.image.transform.Rescale;

/**
 * Random resized crops (Szegedy et al. 2015, section 6): a rectangle of random area and aspect
 * ratio at a random place, which becomes the whole sample. Areas are uniformly distributed, aspect
 * ratios log-uniformly, so that a half is as likely as two.
 *
 * @param smallestArea share of the image's area, in [1e-6, 1]
 * @param largestArea share of the image's area, in [smallestArea, 1]
 * @param narrowest smallest ratio of width to height, from 0.001
 * @param widest largest ratio of width to height, up to 1000
 */
public record ResizedCrop(
    double smallestArea, double largestArea, double narrowest, double widest) {
  /** As in torchvision: at least 8 % of the image, between 3:4 and 4:3. */
  public static final ResizedCrop DEFAULT = new ResizedCrop(0.08, 1, 3.0 / 4, 4.0 / 3);

  /** How often a rectangle is drawn until one fits. */
  private static final int DRAWS = 10;

  private static final String NUMBER = "(\\d{0,9}\\.?\\d{1,24})";

  /** The most that a ratio may be, or one divided by it: no image is that elongated. */
  private static final double MOST = 1000;

  /** The smallest share of an image's area: of most images a pixel. */
  private static final double LEAST_AREA = 1e-6;

  private static final Pattern TEXT =
      Pattern.compile(NUMBER + "-" + NUMBER + "(?:," + NUMBER + "-" + NUMBER + ")?");

  /**
   * A rectangle of an image, in pixels.
   *
   * @param left the first column
   * @param top the first row
   */
  public record Region(int left, int top, int width, int height) {}

  /**
   * @throws InputException if a range is empty or beyond what is possible: areas below a millionth,
   *     ratios beyond 1:1000 and 1000:1
   */
  public ResizedCrop {
    boolean possible =
        smallestArea >= LEAST_AREA
            && smallestArea <= largestArea
            && largestArea <= 1
            && narrowest >= 1 / MOST
            && narrowest <= widest
            && widest <= MOST;
    if (!possible) {
      throw wrong(smallestArea + "-" + largestArea + "," + narrowest + "-" + widest);
    }
  }

  /**
   * Parses {@code 0.08-1}, or with aspect ratios {@code 0.08-1,0.75-1.33}.
   *
   * @throws InputException if it cannot be parsed
   */
  public static ResizedCrop of(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (!matcher.matches()) {
      throw wrong(text);
    }
    boolean aspects = matcher.group(3) != null;
    return new ResizedCrop(
        Double.parseDouble(matcher.group(1)),
        Double.parseDouble(matcher.group(2)),
        aspects ? Double.parseDouble(matcher.group(3)) : DEFAULT.narrowest,
        aspects ? Double.parseDouble(matcher.group(4)) : DEFAULT.widest);
  }

  private static InputException wrong(String text) {
    return new InputException(
        "option random-resized-crop is %s but must be a range of areas as shares of the image, and perhaps one of ratios of width to height, such as 0.08-1,0.75-1.33"
            .formatted(text.isEmpty() ? "''" : text));
  }

  /**
   * Draws a rectangle. If none that is drawn fits, it is the largest in the middle with an allowed
   * ratio.
   */
  public Region draw(RandomStream random, Rescale.Size image) {
    double area = (double) image.width() * image.height();
    for (int draw = 0; draw < DRAWS; draw++) {
      double target = area * (smallestArea + (largestArea - smallestArea) * random.nextDouble());
      double aspect = logUniform(random, narrowest, widest);
      int width = (int) Math.round(Math.sqrt(target * aspect));
      int height = (int) Math.round(Math.sqrt(target / aspect));
      if (width > 0 && width <= image.width() && height > 0 && height <= image.height()) {
        int left = random.nextInt(image.width() - width + 1);
        int top = random.nextInt(image.height() - height + 1);
        return new Region(left, top, width, height);
      }
    }
    double aspect = (double) image.width() / image.height();
    int width = image.width();
    int height = image.height();
    if (aspect < narrowest) {
      height = Math.max(1, (int) Math.round(width / narrowest));
    } else if (aspect > widest) {
      width = Math.max(1, (int) Math.round(height * widest));
    }
    return new Region((image.width() - width) / 2, (image.height() - height) / 2, width, height);
  }

  /** A number whose logarithm is uniformly distributed. */
  static double logUniform(RandomStream random, double from, double to) {
    double low = StrictMath.log(from);
    return StrictMath.exp(low + (StrictMath.log(to) - low) * random.nextDouble());
  }

  /** As an option has it. */
  public String text() {
    return "%s-%s,%s-%s"
        .formatted(plain(smallestArea), plain(largestArea), plain(narrowest), plain(widest));
  }

  /** Without an exponent, which options do not take. */
  private static String plain(double number) {
    return BigDecimal.valueOf(number).toPlainString();
  }
}
