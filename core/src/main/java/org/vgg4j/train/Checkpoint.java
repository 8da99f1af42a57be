package org.vgg4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.format.SafeTensors;

/**
 * One safetensors file from which a run goes on as if it had never stopped: the parameters by their
 * names, the optimiser's velocities under {@code velocity.} and the same names, and a {@link
 * Snapshot} in the metadata. One file, since two could not be replaced in one step.
 */
final class Checkpoint {
  private static final String METADATA = ModelFile.CHECKPOINT;
  private static final String VELOCITY = "velocity.";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private Checkpoint() {}

  /**
   * Writes the file, whole or not at all.
   *
   * @throws InputException if it cannot be written; an older one is kept
   */
  static void write(Path file, Parameters parameters, Parameters velocities, Snapshot snapshot) {
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    for (ParameterShape shape : parameters.architecture().parameters()) {
      String name = shape.name();
      tensors.put(name, new SafeTensors.Tensor(shape.dimensions(), parameters.values(name)));
      tensors.put(
          VELOCITY + name, new SafeTensors.Tensor(shape.dimensions(), velocities.values(name)));
    }
    try {
      Map<String, String> metadata = Map.of(METADATA, JSON.writeValueAsString(snapshot));
      SafeTensors.write(file, new SafeTensors.Content(metadata, tensors));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a snapshot cannot be written as JSON", e);
    }
  }

  /**
   * Reads the file over parameters and velocities.
   *
   * @throws InputException if it cannot be read, or is no checkpoint of this network
   */
  static Snapshot read(Path file, Parameters parameters, Parameters velocities) {
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : parameters.architecture().parameters()) {
      arrays.put(shape.name(), parameters.values(shape.name()));
      arrays.put(VELOCITY + shape.name(), velocities.values(shape.name()));
    }
    SafeTensors.Content content =
        SafeTensors.read(
            file,
            (name, length) -> {
              float[] array = arrays.get(name);
              if (array == null || array.length != length) {
                throw broken(file, "tensor " + name + " does not fit the network");
              }
              return array;
            });
    String text = content.metadata().get(METADATA);
    if (text == null || content.tensors().size() != arrays.size()) {
      throw broken(file, "something is missing");
    }
    try {
      return JSON.readValue(text, Snapshot.class);
    } catch (JsonProcessingException e) {
      throw broken(file, e.getOriginalMessage());
    }
  }

  private static InputException broken(Path file, String detail) {
    return new InputException(
        file
            + " is not a checkpoint of this run ("
            + detail
            + "): start the run anew with another --out");
  }
}
