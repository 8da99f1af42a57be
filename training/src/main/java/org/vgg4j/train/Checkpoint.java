package org.vgg4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.safetensors.SafeTensors;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * One safetensors file from which a run resumes as if it had never stopped: the weights by their
 * names, the optimiser's velocities under {@code velocity.} and the same names, and a {@link
 * Snapshot} in the metadata. One file, since two could not be replaced atomically.
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
  static void write(
      Path file, ParameterStore weights, ParameterStore velocities, Snapshot snapshot) {
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    for (ParameterShape shape : weights.architecture().parameters()) {
      String name = shape.name();
      tensors.put(name, new SafeTensors.Tensor(shape.dimensions(), weights.values(name)));
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
   * Reads the file over weights and velocities.
   *
   * @throws InputException if it cannot be read, or is no checkpoint of this network
   */
  static Snapshot read(Path file, ParameterStore weights, ParameterStore velocities) {
    SafeTensors.Header header = SafeTensors.header(file);
    String text = header.metadata().get(METADATA);
    List<ParameterShape> shapes = weights.architecture().parameters();
    if (text == null || header.tensors().size() != 2 * shapes.size()) {
      throw broken(file, "something is missing");
    }
    for (ParameterShape shape : shapes) {
      StoredParameters.read(tensor(file, header, shape, ""), weights, shape.name());
      StoredParameters.read(tensor(file, header, shape, VELOCITY), velocities, shape.name());
    }
    try {
      return JSON.readValue(text, Snapshot.class);
    } catch (JsonProcessingException e) {
      throw broken(file, e.getOriginalMessage());
    }
  }

  private static StoredTensor tensor(
      Path file, SafeTensors.Header header, ParameterShape shape, String prefix) {
    StoredTensor tensor = header.tensors().get(prefix + shape.name());
    if (tensor == null || !tensor.shape().equals(shape.dimensions())) {
      throw broken(file, "tensor " + prefix + shape.name() + " does not fit the network");
    }
    return tensor;
  }

  private static InputException broken(Path file, String detail) {
    return new InputException(
        file
            + " is not a checkpoint of this run ("
            + detail
            + "): start a new run in another folder (option out)");
  }
}
