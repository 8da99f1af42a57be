package org.vgg4j.weights.foreign;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;

/** What images must look like for the weights of one origin. */
public enum Profile {
  /**
   * RGB in 0..1 minus ImageNet's mean, divided by its deviation: also timm's and the ONNX zoo's.
   */
  TORCHVISION(
      ChannelOrder.RGB,
      1,
      new Rgb(0.485f, 0.456f, 0.406f),
      new Rgb(0.229f, 0.224f, 0.225f),
      "RGB, 0..1, minus (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225)"),
  /** BGR in 0..255 minus ImageNet's mean: the authors' files. */
  CAFFE(
      ChannelOrder.BGR,
      255,
      new Rgb(123.68f, 116.779f, 103.939f),
      Rgb.ONE,
      "BGR, 0..255, minus (103.939, 116.779, 123.68)"),
  /** As {@link #CAFFE}, from whose files Keras's were converted. */
  KERAS(CAFFE),
  /** RGB in 0..255 minus ImageNet's mean, as the paper says: TF-slim's and MatConvNet's. */
  PAPER(
      ChannelOrder.RGB,
      255,
      new Rgb(123.68f, 116.779f, 103.939f),
      Rgb.ONE,
      "RGB, 0..255, minus (123.68, 116.779, 103.939)");

  /** The shorter side is to the crop as 256 to 224, as all releases test their weights. */
  private static final int SCALE = 256;

  private static final int CROP = 224;

  private final ChannelOrder order;
  private final float valueRange;
  private final Rgb mean;
  private final Rgb std;
  private final String sentence;

  Profile(ChannelOrder order, float valueRange, Rgb mean, Rgb std, String sentence) {
    this.order = order;
    this.valueRange = valueRange;
    this.mean = mean;
    this.std = std;
    this.sentence = sentence;
  }

  Profile(Profile same) {
    this(same.order, same.valueRange, same.mean, same.std, same.sentence);
  }

  /**
   * Returns the profile of that name, in any case.
   *
   * @throws InputException if there is none, with the list of names
   */
  public static Profile of(String name) {
    for (Profile profile : values()) {
      if (profile.label().equals(name.strip().toLowerCase(Locale.ROOT))) {
        return profile;
      }
    }
    throw new InputException("there is no profile '" + name + "': choose one of " + labels());
  }

  /** All names, separated by commas. */
  public static String labels() {
    return Arrays.stream(values()).map(Profile::label).collect(Collectors.joining(", "));
  }

  /** The name in options. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What it does to a picture, for people. */
  public String sentence() {
    return sentence;
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
