package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;

/** The files that other toolkits wrote, see goldens/foreign/make_goldens.py. */
public final class Goldens {
  private Goldens() {}

  /** A file of the folder. */
  public static Path file(String name) {
    return resource("/goldens/foreign/" + name);
  }

  static Path resource(String name) {
    try {
      return Path.of(Objects.requireNonNull(Goldens.class.getResource(name), name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What must be found in the files, by their names. */
  static JsonNode expected() {
    return expected("foreign");
  }

  /** What must be found in the files of another folder of goldens. */
  static JsonNode expected(String folder) {
    try {
      Path file = resource("/goldens/" + folder + "/expected.json");
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The prepared middle of the image of which the goldens have the scores: [3][crop][crop]. */
  public static float[] picture(ModelFile model) {
    RgbImage image = ImageDecoder.decode(resource("/goldens/protocols/wide.jpg"));
    Preprocessor preprocessor = new Preprocessor(model.preprocessing());
    int crop = model.preprocessing().crop();
    float[] prepared = new float[3 * crop * crop];
    preprocessor.write(preprocessor.centerCrop(image), prepared, 0);
    return prepared;
  }

  /** The scores of the image. */
  public static float[] scores(ModelFile model) {
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      float[] images = ForwardPass.images(model.architecture(), 1);
      float[] picture = picture(model);
      System.arraycopy(picture, 0, images, 0, picture.length);
      Parameters parameters = new Parameters(model.architecture(), model.arrays());
      return engine.load(parameters).inference(1, Set.of()).outputs(images, 1).clone();
    }
  }

  /** Asserts that a model gives the image these scores. */
  static void assertScores(ModelFile model, JsonNode logits) {
    float[] scores = scores(model);
    assertThat(scores.length).isEqualTo(logits.size());
    for (int i = 0; i < scores.length; i++) {
      assertThat((double) scores[i])
          .as("score %d", i)
          .isCloseTo(logits.get(i).asDouble(), offset(1e-4));
    }
  }
}
