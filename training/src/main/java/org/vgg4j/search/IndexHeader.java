package org.vgg4j.search;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;

/**
 * What an index is about.
 *
 * @param folder whose images it has, an absolute path
 * @param model the model's file, an absolute path
 * @param modelSha256 digest of that file
 * @param recipe how descriptors are made: {@link DescriptorRecipe#asMap}
 * @param described length of a descriptor as the network makes it
 * @param kept length of a row: less if it was whitened
 * @param whitened whether rows were whitened
 */
public record IndexHeader(
    String folder,
    String model,
    String modelSha256,
    Map<String, Object> recipe,
    int described,
    int kept,
    boolean whitened) {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  /** Copies the recipe. */
  public IndexHeader {
    recipe = Collections.unmodifiableMap(new LinkedHashMap<>(recipe));
  }

  /** The recipe. */
  public DescriptorRecipe descriptors() {
    return DescriptorRecipe.of(recipe);
  }

  /** A description of the rows for people. */
  public String label() {
    return descriptors().label() + (whitened ? ", whitened to " + kept : "");
  }

  /**
   * Requires that descriptors of this index and of another header can be compared.
   *
   * @param index the file of this header, for the message
   * @throws InputException if the folder, model, recipe or whitening is another
   */
  void requireSame(IndexHeader other, Object index) {
    require("folder", folder, other.folder, index);
    if (!modelSha256.equals(other.modelSha256)) {
      throw new InputException(
          "the index %s was made with another model (%s, as it then was), so descriptors cannot be compared: give that model, or another --out"
              .formatted(index, model));
    }
    require("recipe", descriptors().label(), other.descriptors().label(), index);
    require(
        "whitening",
        whitened ? Integer.toString(kept) : "none",
        other.whitened ? Integer.toString(other.kept) : "none",
        index);
  }

  private static void require(String what, String ours, String theirs, Object index) {
    if (!ours.equals(theirs)) {
      throw new InputException(
          "the index %s was made with another %s (%s, not %s): give the same, or another --out"
              .formatted(index, what, ours, theirs));
    }
  }

  String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a header cannot be written as JSON", e);
    }
  }

  /**
   * @throws JsonProcessingException if it is none
   */
  static IndexHeader of(String json) throws JsonProcessingException {
    return JSON.readValue(json, IndexHeader.class);
  }
}
