package org.vgg4j.weights.foreign;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;

/**
 * How images must be prepared for weights of one origin. A pixel value v in 0..255 enters as {@code
 * (v * valueRange / 255 - mean) / std}.
 *
 * @param label its name in options, or the explicit form that {@link #of} reads
 * @param order order of the input channels
 * @param valueRange the value that a pixel of 255 has before the mean is subtracted: 255 or 1
 * @param mean mean of each channel, in units of the value range
 * @param std divisor of each channel, in units of the value range
 */
public record Profile(String label, ChannelOrder order, float valueRange, Rgb mean, Rgb std) {
  private static final Rgb IMAGENET = new Rgb(123.68f, 116.779f, 103.939f);
  private static final Rgb HALVES = new Rgb(0.5f, 0.5f, 0.5f);

  /**
   * RGB in 0..1 minus ImageNet's mean, divided by its deviation: also timm's and the ONNX zoo's.
   */
  public static final Profile TORCHVISION =
      new Profile(
          "torchvision",
          ChannelOrder.RGB,
          1,
          new Rgb(0.485f, 0.456f, 0.406f),
          new Rgb(0.229f, 0.224f, 0.225f));

  /** BGR in 0..255 minus ImageNet's mean: for the authors' files. */
  public static final Profile CAFFE =
      new Profile("caffe", ChannelOrder.BGR, 255, IMAGENET, Rgb.ONE);

  /** The same as {@link #CAFFE}, since Keras's files were converted from the authors'. */
  public static final Profile KERAS =
      new Profile("keras", ChannelOrder.BGR, 255, IMAGENET, Rgb.ONE);

  /** RGB in 0..255 minus ImageNet's mean, as the paper says: TF-slim's and MatConvNet's. */
  public static final Profile PAPER =
      new Profile("paper", ChannelOrder.RGB, 255, IMAGENET, Rgb.ONE);

  /**
   * BGR in 0..255 minus the mean of the VGG Face data set (Parkhi et al., BMVC 2015): for VGG-Face
   * in Caffe, and its conversions to Keras.
   */
  public static final Profile VGG_FACE =
      new Profile(
          "vgg-face", ChannelOrder.BGR, 255, new Rgb(129.1863f, 104.7624f, 93.594f), Rgb.ONE);

  /** RGB in -1..1. */
  public static final Profile HALF = new Profile("half", ChannelOrder.RGB, 1, HALVES, HALVES);

  /** RGB in 0..1. */
  public static final Profile UNIT = new Profile("unit", ChannelOrder.RGB, 1, Rgb.ZERO, Rgb.ONE);

  private static final List<Profile> NAMED =
      List.of(TORCHVISION, CAFFE, KERAS, PAPER, VGG_FACE, HALF, UNIT);

  /** The ratio of the shorter side to the crop, with which all releases test their weights. */
  private static final int SCALE = 256;

  private static final int CROP = 224;

  /** All profiles that have a name. */
  public static List<Profile> named() {
    return NAMED;
  }

  /**
   * Returns the profile of that name, ignoring case, or the one that a text such as {@code
   * mean=0.5,std=0.5,range=1,order=rgb} describes.
   *
   * @throws InputException if it is neither, with the possible choices
   */
  public static Profile of(String text) {
    if (text.contains("=")) {
      return ProfileText.readAndCheck(text);
    }
    String name = text.strip().toLowerCase(Locale.ROOT);
    return NAMED.stream()
        .filter(profile -> profile.label.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException("there is no profile '%s': %s".formatted(text.strip(), help())));
  }

  /** Reads the label of a profile that vgg4j wrote, whatever its numbers. */
  static Profile stored(String label) {
    return label.contains("=") ? ProfileText.read(label) : of(label);
  }

  /** Returns the first named profile with these numbers, or one without a name. */
  public static Profile of(Preprocessing preprocessing) {
    return of(
        preprocessing.channelOrder(),
        preprocessing.valueRange(),
        preprocessing.mean(),
        preprocessing.std());
  }

  static Profile of(ChannelOrder order, float valueRange, Rgb mean, Rgb std) {
    return NAMED.stream()
        .filter(
            named ->
                named.order == order
                    && named.valueRange == valueRange
                    && named.mean.equals(mean)
                    && named.std.equals(std))
        .findFirst()
        .orElseGet(() -> described(order, valueRange, mean, std));
  }

  /** The possible choices, as part of a sentence. */
  public static String help() {
    return "choose one of %s, or describe it: %s".formatted(labels(), ProfileText.EXAMPLE);
  }

  /** All names, separated by commas. */
  public static String labels() {
    return NAMED.stream().map(Profile::label).collect(Collectors.joining(", "));
  }

  /** A profile without a name, whose label is the explicit form. */
  static Profile described(ChannelOrder order, float valueRange, Rgb mean, Rgb std) {
    return new Profile(
        ProfileText.write(order, valueRange, mean, std), order, valueRange, mean, std);
  }

  /** What it does to an image, in words. */
  public String sentence() {
    return "%s, 0..%s%s%s"
        .formatted(
            order,
            ProfileText.number(valueRange),
            mean.equals(Rgb.ZERO) ? "" : ", minus (" + ProfileText.numbers(order, mean, ", ") + ")",
            std.equals(Rgb.ONE)
                ? ""
                : ", divided by (" + ProfileText.numbers(order, std, ", ") + ")");
  }

  /**
   * The preprocessing for windows of a size.
   *
   * @param crop side of the input window in pixels
   */
  public Preprocessing preprocessing(int crop) {
    int scale = Math.max(crop, Math.round((float) crop * SCALE / CROP));
    return new Preprocessing(order, valueRange, mean, std, Interpolation.BILINEAR, scale, crop);
  }
}
