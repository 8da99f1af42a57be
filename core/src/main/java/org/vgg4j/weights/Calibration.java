package org.vgg4j.weights;

import com.fasterxml.jackson.core.type.TypeReference;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.vgg4j.base.InputException;

/**
 * What makes a network's posteriors agree with how often it is right: a temperature, found on
 * images that it was not trained on (Guo et al. 2017, section 4.2). Class scores are divided by it
 * before the soft-max.
 *
 * @param temperature from {@link #LOWEST} to {@link #HIGHEST}; above 1 posteriors become less
 *     certain
 * @param data name of the data set on which it was found
 * @param images how many images that were
 * @param protocol which of their views were evaluated
 * @param testScales their shorter sides, in pixels
 */
public record Calibration(
    double temperature, String data, int images, String protocol, List<Integer> testScales) {
  /** Its key in the metadata of files; older versions pass over it. */
  public static final String KEY = "vgg4j.calibration";

  /** The lowest temperature. */
  public static final double LOWEST = 0.05;

  /** The highest temperature. */
  public static final double HIGHEST = 20;

  /**
   * Copies the list.
   *
   * @throws InputException if the temperature is out of its range
   */
  public Calibration {
    testScales = List.copyOf(testScales);
    if (!(temperature >= LOWEST && temperature <= HIGHEST)) {
      throw new InputException(
          "temperature is %s but must be from %s to %s".formatted(temperature, LOWEST, HIGHEST));
    }
  }

  /** The form in which metadata hold it. */
  public String json() {
    return ModelFile.json(this);
  }

  /**
   * Reads it from metadata that have its key.
   *
   * @param file what error messages name
   * @throws InputException if it cannot be understood
   */
  public static Calibration read(Path file, Map<String, String> metadata) {
    return ModelFile.parse(file, metadata, KEY, new TypeReference<Calibration>() {});
  }
}
