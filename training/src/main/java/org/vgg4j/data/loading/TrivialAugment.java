package org.vgg4j.data.loading;

import org.vgg4j.base.RandomStream;
import org.vgg4j.image.RgbImage;

/**
 * TrivialAugment in its wide form (Müller and Hutter 2021): one operation, drawn uniformly, with
 * one strength of 31, drawn uniformly, on each sample; nothing to tune. Operations are Pillow's.
 */
final class TrivialAugment {
  /** Strengths are multiples of the strongest, divided by this. */
  static final int STEPS = 30;

  private static final double SHEAR = 0.99;
  private static final int PIXELS = 32;
  private static final double DEGREES = 135;
  private static final double FACTOR = 0.99;
  private static final int BITS = 6;
  private static final int WHITE = 255;

  private TrivialAugment() {}

  /** What may be done to a sample. The order is that in which operations are drawn. */
  enum Operation {
    IDENTITY(false),
    SHEAR_X(true),
    SHEAR_Y(true),
    TRANSLATE_X(true),
    TRANSLATE_Y(true),
    ROTATE(true),
    BRIGHTNESS(true),
    COLOR(true),
    CONTRAST(true),
    SHARPNESS(true),
    POSTERIZE(false),
    SOLARIZE(false),
    AUTO_CONTRAST(false),
    EQUALIZE(false);

    private final boolean signed;

    Operation(boolean signed) {
      this.signed = signed;
    }

    /** Whether it has two directions, each drawn half of the time. */
    boolean isSigned() {
      return signed;
    }
  }

  /** An operation and its strength. */
  record Drawn(Operation operation, int strength) {}

  /** Draws operation and strength, each equally likely. */
  static Drawn draw(RandomStream random) {
    Operation[] operations = Operation.values();
    Operation operation = operations[random.nextInt(operations.length)];
    int strength = random.nextInt(STEPS + 1);
    boolean negative = operation.isSigned() && random.nextBoolean();
    return new Drawn(operation, negative ? -strength : strength);
  }

  /** Applies what is drawn. */
  static RgbImage apply(RandomStream random, RgbImage sample) {
    Drawn drawn = draw(random);
    return apply(drawn.operation(), drawn.strength(), sample);
  }

  /**
   * Applies an operation.
   *
   * @param strength 0 to {@link #STEPS}, and down to its negative if the operation is signed
   */
  static RgbImage apply(Operation operation, int strength, RgbImage sample) {
    double share = (double) strength / STEPS;
    return switch (operation) {
      case IDENTITY -> sample;
      case SHEAR_X -> AffineMap.of(1, SHEAR * share, 0, 0, 1, 0).apply(sample);
      case SHEAR_Y -> AffineMap.of(1, 0, 0, SHEAR * share, 1, 0).apply(sample);
      case TRANSLATE_X -> AffineMap.of(1, 0, pixels(strength), 0, 1, 0).apply(sample);
      case TRANSLATE_Y -> AffineMap.of(1, 0, 0, 0, 1, pixels(strength)).apply(sample);
      case ROTATE -> AffineMap.rotation(DEGREES * share, sample).apply(sample);
      case BRIGHTNESS -> PixelOperations.brightness(sample, 1 + FACTOR * share);
      case COLOR -> PixelOperations.color(sample, 1 + FACTOR * share);
      case CONTRAST -> PixelOperations.contrast(sample, 1 + FACTOR * share);
      case SHARPNESS -> PixelOperations.sharpness(sample, 1 + FACTOR * share);
      case POSTERIZE ->
          PixelOperations.posterize(sample, 8 - (int) Math.rint((double) strength * BITS / STEPS));
      case SOLARIZE -> PixelOperations.solarize(sample, WHITE - WHITE * share);
      case AUTO_CONTRAST -> PixelOperations.autoContrast(sample);
      case EQUALIZE -> PixelOperations.equalize(sample);
    };
  }

  /** Whole ones: the authors' code, and torchvision's, cuts off the rest. */
  private static int pixels(int strength) {
    return PIXELS * strength / STEPS;
  }
}
