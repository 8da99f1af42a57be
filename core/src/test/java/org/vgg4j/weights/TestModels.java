package org.vgg4j.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.model.Task;

/** Small models for tests: crop 32, scale 36, 16 channels everywhere. */
public final class TestModels {
  private static final double WIDTH = 0.02;

  private TestModels() {}

  /** A model with seeded random weights that keep signals alive. */
  public static ModelFile random(Configuration configuration, String... classes) {
    return random(architecture(configuration, classes.length), classes);
  }

  /** The same of any architecture of that crop. */
  public static ModelFile random(Architecture architecture, String... classes) {
    Random random = new Random(7);
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      double std = shape.isWeight() ? Math.sqrt(2.0 / shape.fanIn()) : 0.1;
      float mean =
          shape.role() == ParameterShape.Role.SCALE || shape.role() == ParameterShape.Role.VARIANCE
              ? 1
              : 0;
      float[] values = new float[shape.length()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (std * random.nextGaussian()) + mean;
      }
      arrays.put(shape.name(), values);
    }
    return model(architecture, arrays, classes);
  }

  /** A model that gives every image the same class scores: its last biases. */
  public static ModelFile constant(float[] scores, String... classes) {
    return constant(Task.CLASSIFICATION, scores, classes);
  }

  /** A model that gives every image the same outputs: its last biases. */
  public static ModelFile constant(Task task, float[] outputs, String... classes) {
    Architecture architecture = new Architecture(Configuration.A, WIDTH, 32, classes.length, task);
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      arrays.put(shape.name(), new float[shape.length()]);
    }
    arrays.put("classifier.6.bias", outputs);
    return model(architecture, arrays, classes);
  }

  private static Architecture architecture(Configuration configuration, int classes) {
    return new Architecture(configuration, WIDTH, 32, classes);
  }

  private static ModelFile model(
      Architecture architecture, Map<String, float[]> arrays, String... classes) {
    Preprocessing preprocessing = Preprocessing.paper(new Rgb(120.5f, 100, 90.25f), 36, 32);
    Provenance provenance =
        new Provenance(
            Map.of("seed", 7, "arch", "A"), "pets", "0123", "1.0", Map.of("valTop1Error", 12.5));
    return new ModelFile(architecture, arrays, preprocessing, List.of(classes), provenance);
  }
}
