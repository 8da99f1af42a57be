package org.vgg4j.weights.foreign;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Interpolation;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.format.TensorFile;

/** The metadata of ONNX files that vgg4j wrote; those of earlier versions have only some. */
final class OnnxMetadata {
  private static final String CLASSES = "classes"; // one a line
  private static final String SCALE = "vgg4j.scale";
  private static final String INTERPOLATION = "vgg4j.interpolation";

  private OnnxMetadata() {}

  /**
   * Reads them.
   *
   * @throws InputException if one has a value that vgg4j does not write
   */
  static ForeignNetwork.Exported read(TensorFile file) {
    String classes = property(file, CLASSES);
    String scale = property(file, SCALE);
    String interpolation = property(file, INTERPOLATION);
    String calibration = property(file, Calibration.KEY);
    return new ForeignNetwork.Exported(
        classes == null ? List.of() : List.of(classes.split("\n", -1)),
        scale == null ? 0 : scale(scale),
        interpolation == null ? null : interpolation(interpolation),
        calibration == null
            ? null
            : Calibration.read(file.file(), Map.of(Calibration.KEY, calibration)));
  }

  private static @Nullable String property(TensorFile file, String key) {
    return file.metadata().get("property." + key);
  }

  private static int scale(String text) {
    if (!text.matches("[1-9][0-9]{0,5}")) {
      throw wrong(SCALE, text, "a number of pixels");
    }
    return Integer.parseInt(text);
  }

  private static Interpolation interpolation(String text) {
    return Arrays.stream(Interpolation.values())
        .filter(one -> label(one).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                wrong(
                    INTERPOLATION,
                    text,
                    Arrays.stream(Interpolation.values())
                        .map(OnnxMetadata::label)
                        .collect(Collectors.joining(" or "))));
  }

  private static String label(Interpolation interpolation) {
    return interpolation.name().toLowerCase(Locale.ROOT);
  }

  private static InputException wrong(String key, String text, String right) {
    return new InputException(
        "its metadata '%s' are '%s' and not %s: export the model again"
            .formatted(key, text, right));
  }
}
