package org.vgg4j.weights.foreign;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Rgb;

/**
 * Weights that somebody has published, trained on ILSVRC-2012.
 *
 * @param name our name for it
 * @param by who released it
 * @param configuration which network it is
 * @param source where it can be downloaded
 * @param mebibytes its size
 * @param checksum a digest of its content
 * @param profile how its images must be prepared
 * @param licence the licence of the weights
 * @param top1Error on the validation images, in percent; 0: not published
 * @param top5Error on the validation images, in percent
 * @param protocol how the errors were measured
 */
public record Release(
    String name,
    String by,
    Configuration configuration,
    URI source,
    double mebibytes,
    Checksum checksum,
    Profile profile,
    String licence,
    double top1Error,
    double top5Error,
    String protocol) {
  /** The data set that all of these were trained on. */
  public static final String DATASET = "ILSVRC-2012";

  /**
   * A digest, or its first digits.
   *
   * @param algorithm SHA-256 or MD5; empty if none was published
   * @param hexadecimal its digits, or the first of them
   */
  public record Checksum(String algorithm, String hexadecimal) {
    static final Checksum NONE = new Checksum("", "");

    /** Whether one was published. */
    public boolean isPublished() {
      return !algorithm.isEmpty();
    }

    /** Whether a file matches it; false if none was published. */
    public boolean matches(Path file) {
      return isPublished() && FileDigest.of(file, algorithm).startsWith(hexadecimal);
    }

    @Override
    public String toString() {
      if (!isPublished()) {
        return "none published";
      }
      boolean whole = hexadecimal.length() >= 32;
      return algorithm + " " + hexadecimal + (whole ? "" : "...");
    }
  }

  private static final String CENTER_CROP = "centre crop of 224 at 256";
  private static final String DENSE = "dense, Q = 384";
  private static final String AUTHORS = "the authors";
  private static final String TORCHVISION = "torchvision";
  private static final String ZOO = "ONNX zoo";
  private static final String FEATURES = "-features";

  private static final List<Release> ALL =
      List.of(
          torchvision("vgg11", Configuration.A, "8a719046", 506.840, 69.020, 88.628),
          torchvision("vgg11_bn", Configuration.A_BN, "6002323d", 506.881, 70.370, 89.810),
          torchvision("vgg13", Configuration.B, "19584684", 507.545, 69.928, 89.246),
          torchvision("vgg13_bn", Configuration.B_BN, "abd245e5", 507.590, 71.586, 90.374),
          torchvision("vgg16", Configuration.D, "397923af", 527.796, 71.592, 90.382),
          torchvision("vgg16_bn", Configuration.D_BN, "6c64b313", 527.866, 73.360, 91.516),
          torchvision("vgg19", Configuration.E, "dcbb9e9d", 548.051, 72.376, 90.876),
          torchvision("vgg19_bn", Configuration.E_BN, "c79401a0", 548.143, 74.218, 91.842),
          torchvisionFeatures(),
          authors(16, Configuration.D, 25.6, 8.1),
          authors(19, Configuration.E, 25.5, 8.0),
          keras(16, Configuration.D, "64373286793e3c8b2b4e3219cbf3544b", 527.8, 28.732, 9.950),
          keras(19, Configuration.E, "cbe5617147190e668d6c5d5026f83318", 548.1, 28.744, 10.012),
          johnson(16, Configuration.D, "00b39a1b", 527.8),
          johnson(19, Configuration.E, "d01eb7cb", 548.1),
          zoo("vgg16-7", Configuration.D, 527.8, 72.62, 91.14),
          zoo("vgg16-bn-7", Configuration.D_BN, 527.9, 72.71, 91.21),
          zoo("vgg19-7", Configuration.E, 548.1, 73.72, 91.58),
          zoo("vgg19-bn-7", Configuration.E_BN, 548.1, 73.83, 91.79));

  /** All known releases. */
  public static List<Release> all() {
    return ALL;
  }

  private static Release torchvision(
      String name,
      Configuration configuration,
      String sha256,
      double size,
      double top1,
      double top5) {
    return new Release(
        "torchvision-" + name,
        TORCHVISION,
        configuration,
        URI.create("https://download.pytorch.org/models/" + name + "-" + sha256 + ".pth"),
        size,
        new Checksum("SHA-256", sha256),
        Profile.TORCHVISION,
        "BSD-3-Clause",
        100 - top1,
        100 - top5,
        CENTER_CROP);
  }

  /**
   * The convolutions alone, for detectors of objects: they have torchvision's names, but RGB in
   * 0..255 minus a mean of whole numbers, as torchvision's transforms for them say.
   */
  private static Release torchvisionFeatures() {
    return new Release(
        "torchvision-vgg16" + FEATURES,
        "torchvision (from the authors')",
        Configuration.D,
        URI.create("https://download.pytorch.org/models/vgg16_features-amdegroot-88682ab5.pth"),
        527.802,
        new Checksum("SHA-256", "88682ab5"),
        Profile.of(ChannelOrder.RGB, 255, new Rgb(123, 117, 104), Rgb.ONE),
        "CC BY 4.0",
        0,
        0,
        "");
  }

  private static Release authors(
      int layers, Configuration configuration, double top1Error, double top5Error) {
    return new Release(
        "authors-" + layers,
        AUTHORS,
        configuration,
        URI.create(
            "https://www.robots.ox.ac.uk/~vgg/software/very_deep/caffe/VGG_ILSVRC_%d_layers.caffemodel"
                .formatted(layers)),
        layers == 16 ? 527.8 : 548.1,
        Checksum.NONE,
        Profile.CAFFE,
        "CC BY 4.0",
        top1Error,
        top5Error,
        DENSE);
  }

  private static Release keras(
      int layers,
      Configuration configuration,
      String md5,
      double size,
      double top1Error,
      double top5Error) {
    return new Release(
        "keras-" + layers,
        "Keras (from the authors')",
        configuration,
        URI.create(
            ("https://storage.googleapis.com/tensorflow/keras-applications/vgg%d/"
                    + "vgg%d_weights_tf_dim_ordering_tf_kernels.h5")
                .formatted(layers, layers)),
        size,
        new Checksum("MD5", md5),
        Profile.KERAS,
        "CC BY 4.0",
        top1Error,
        top5Error,
        CENTER_CROP);
  }

  /** They have torchvision's names, but the authors' numbers and hence their preprocessing. */
  private static Release johnson(
      int layers, Configuration configuration, String sha256, double size) {
    return new Release(
        "pytorch-authors-" + layers,
        "J. Johnson (from the authors')",
        configuration,
        URI.create(
            "https://web.eecs.umich.edu/~justincj/models/vgg%d-%s.pth".formatted(layers, sha256)),
        size,
        new Checksum("SHA-256", sha256),
        Profile.CAFFE,
        "CC BY 4.0",
        0,
        0,
        "");
  }

  private static Release zoo(
      String file, Configuration configuration, double size, double top1, double top5) {
    return new Release(
        "onnx-" + file.replace("-7", ""),
        ZOO,
        configuration,
        URI.create(
            "https://github.com/onnx/models/raw/main/validated/vision/classification/vgg/model/"
                + file
                + ".onnx"),
        size,
        Checksum.NONE,
        Profile.TORCHVISION,
        "Apache-2.0",
        100 - top1,
        100 - top5,
        CENTER_CROP);
  }

  /**
   * Returns the release of that name.
   *
   * @throws InputException if there is none
   */
  public static Release named(String name) {
    return ALL.stream()
        .filter(release -> release.name.equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "there is no release '%s': vgg models lists those that are known"
                        .formatted(name)));
  }

  /**
   * Returns the release that a file is: recognised by its checksum, or, where none was published,
   * by its name and size. Null if it is not a release.
   *
   * @param sha256 digest of the file
   */
  static @Nullable Release of(Path file, String sha256) {
    for (Release release : ALL) {
      if (!release.hasSizeOf(file)) {
        continue;
      }
      boolean same =
          switch (release.checksum.algorithm()) {
            case "SHA-256" -> sha256.startsWith(release.checksum.hexadecimal());
            case "" -> release.fileName().equals(String.valueOf(file.getFileName()));
            default -> release.checksum.matches(file);
          };
      if (same) {
        return release;
      }
    }
    return null;
  }

  boolean hasSizeOf(Path file) {
    try {
      return Math.abs(Files.size(file) / 0x1p20 - mebibytes) < 0.5;
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /** The name of the published file. */
  public String fileName() {
    return Objects.requireNonNull(Path.of(source.getPath()).getFileName()).toString();
  }

  /** Whether it has fully connected layers; without them it is a start for training only. */
  public boolean hasHead() {
    return !name.endsWith(FEATURES);
  }

  /** The published errors. */
  public String errors() {
    return top1Error == 0
        ? "not published"
        : String.format(
            Locale.ROOT, "top-1 %.2f %%, top-5 %.2f %% (%s)", top1Error, top5Error, protocol);
  }
}
