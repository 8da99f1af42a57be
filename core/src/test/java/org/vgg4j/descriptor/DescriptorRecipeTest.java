package org.vgg4j.descriptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

class DescriptorRecipeTest {
  private static final DescriptorRecipe RECIPE =
      DescriptorRecipe.paper()
          .withTap("relu5_3")
          .withPooling(Pooling.gem(2.5))
          .withScales(List.of(256, 384))
          .withStacking(true)
          .withMirrorImages(false)
          .withNormalisation(false);

  @Test
  void survivesAsAMap() {
    assertThat(DescriptorRecipe.of(RECIPE.asMap())).isEqualTo(RECIPE);
    Map<String, Object> more = new HashMap<>(DescriptorRecipe.paper().asMap());
    more.put("model", "abc");
    assertThat(DescriptorRecipe.of(more)).isEqualTo(DescriptorRecipe.paper());
    assertThat(RECIPE.label())
        .isEqualTo("relu5_3, gem:2.5, Q = 256, 384 stacked, no mirror images, not normalised");
    assertThat(DescriptorRecipe.paper().label()).isEqualTo("fc7, average");
  }

  @Test
  void whatIsMissingOrOddIsNamed() {
    for (String key : RECIPE.asMap().keySet()) {
      Map<String, Object> damaged = new HashMap<>(RECIPE.asMap());
      damaged.remove(key);
      assertThatThrownBy(() -> DescriptorRecipe.of(damaged))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("has no '" + key + "'");
      damaged.put(key, 7.5);
      assertThatThrownBy(() -> DescriptorRecipe.of(damaged))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("has an odd '" + key + "'");
    }
    Map<String, Object> scales = new HashMap<>(RECIPE.asMap());
    scales.put("scales", List.of("256"));
    assertThatThrownBy(() -> DescriptorRecipe.of(scales)).hasMessageContaining("the scale 256");
    assertThatThrownBy(() -> RECIPE.withScales(List.of(256, 256)))
        .hasMessageContaining("twice: name each once");
    assertThatThrownBy(() -> RECIPE.withScales(List.of(0))).hasMessageContaining("Q = 0");
  }

  @ParameterizedTest
  @CsvSource({
    "average, average",
    "SPoC, average",
    "mac, max",
    "max, max",
    "gem, gem:3",
    "gem:2.50, gem:2.5",
    "' gem:100 ', gem:100",
    "rmac, rmac:3",
    "rmac:5, rmac:5"
  })
  void poolingsByName(String text, String canonical) {
    assertThat(Pooling.of(text).text()).isEqualTo(canonical);
    assertThat(Pooling.of(canonical)).isEqualTo(Pooling.of(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "mean",
        "max:2",
        "average:1",
        "gem:",
        "gem:0",
        "gem:0.5",
        "gem:101",
        "gem:-3",
        "rmac:0",
        "rmac:2.5",
        "rmac:21",
        "rmac:999999999",
        "gem:3:4"
      })
  void otherPoolingsAreRefused(String text) {
    assertThatThrownBy(() -> Pooling.of(text))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option pool is " + text + " but must be average, max, gem:P");
  }
}
