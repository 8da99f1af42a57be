package org.vgg4j.descriptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageEmbedder;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.safetensors.SafeTensors;

/** Descriptors equal PyTorch's from the JPEG file on, see make_goldens.py. */
class DescriptorGoldenTest {
  private static final List<String> CLASSES = List.of("a", "b", "c", "d", "e", "f", "g");
  private static final List<Integer> SCALES = List.of(64, 110, 146);

  @TempDir static Path root;
  private static JsonNode goldens;
  private static Path model;

  @BeforeAll
  static void model() throws IOException, URISyntaxException {
    goldens = new ObjectMapper().readTree(Files.readString(resource("embed/descriptors.json")));
    Map<String, SafeTensors.Tensor> tensors =
        SafeTensors.read(resource("protocols/d.safetensors")).tensors();
    Architecture architecture = new Architecture(Configuration.D, 0.02, 64, CLASSES.size());
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      arrays.put(shape.name(), tensors.get(shape.name()).values());
    }
    Preprocessing preprocessing = Preprocessing.paper(new Rgb(110, 100, 90), 64, 64);
    model = root.resolve("model.safetensors");
    new ModelFile(architecture, arrays, preprocessing, CLASSES, null).write(model);
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(DescriptorGoldenTest.class.getResource("/goldens/" + name)).toURI());
  }

  @ParameterizedTest
  @ValueSource(strings = {"wide", "tall", "square"})
  void equalPyTorchs(String picture) throws URISyntaxException {
    Path jpeg = resource("protocols/" + picture + ".jpg");
    goldens
        .get(picture)
        .fields()
        .forEachRemaining(
            entry -> {
              String[] words = entry.getKey().split(" ");
              DescriptorRecipe recipe =
                  DescriptorRecipe.paper().withTap(words[0]).withPooling(Pooling.of(words[1]));
              for (int scale : SCALES) {
                assertEqual(
                    recipe.withScales(List.of(scale)).withNormalisation(false),
                    jpeg,
                    entry.getValue().get("" + scale));
              }
              DescriptorRecipe all = recipe.withScales(SCALES);
              assertEqual(all, jpeg, entry.getValue().get("average"));
              assertEqual(all.withStacking(true), jpeg, entry.getValue().get("stack"));
            });
  }

  private static void assertEqual(DescriptorRecipe recipe, Path jpeg, JsonNode expected) {
    double largest = 0;
    for (JsonNode value : expected) {
      largest = Math.max(largest, Math.abs(value.doubleValue()));
    }
    assertThat(largest).isPositive();
    try (ImageEmbedder embedder =
        ImageEmbedder.load(model, recipe, ClassifierOptions.defaults().withThreads(2))) {
      float[] descriptor = embedder.embed(jpeg);
      assertThat(descriptor).hasSize(expected.size());
      for (int i = 0; i < descriptor.length; i++) {
        assertThat((double) descriptor[i])
            .as("%s, value %d", recipe.label(), i)
            .isCloseTo(expected.get(i).doubleValue(), within(1e-5 * Math.max(1, largest)));
      }
    }
  }

  /** Layers, poolings and scales make a difference, so that no golden passes for another. */
  @Test
  void goldensDiffer() {
    JsonNode wide = goldens.get("wide");
    assertThat(wide).hasSize(8);
    assertThat(wide.get("relu5_3 rmac:3").get("average"))
        .isNotEqualTo(wide.get("relu5_3 max").get("average"));
    assertThat(wide.get("fc7 average").get("64")).isNotEqualTo(wide.get("fc7 average").get("110"));
  }
}
