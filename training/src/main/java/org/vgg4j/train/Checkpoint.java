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
import org.vgg4j.network.Learner;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.safetensors.SafeTensors;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * One safetensors file from which a run resumes as if it had never stopped: the weights by their
 * names, the optimiser's velocities under {@code velocity.} and the same names, their average, if
 * one is kept, under {@code average.}, and a {@link Snapshot} in the metadata. One file, since
 * several could not be replaced atomically.
 */
final class Checkpoint {
  private static final String METADATA = ModelFile.CHECKPOINT;

  /** What is stored of each parameter, by the prefix of its name. */
  private static Map<String, ParameterStore> stores(Learner learner, boolean averaged) {
    Map<String, ParameterStore> stores = new LinkedHashMap<>();
    stores.put("", learner.weights());
    stores.put("velocity.", learner.velocities());
    if (averaged) {
      stores.put("average.", learner.averages());
    }
    return stores;
  }

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private Checkpoint() {}

  /**
   * Writes the file, whole or not at all.
   *
   * @param averaged whether the learner keeps an average
   * @throws InputException if it cannot be written; an older one is kept
   */
  static void write(Path file, Learner learner, boolean averaged, Snapshot snapshot) {
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    Map<String, ParameterStore> stores = stores(learner, averaged);
    for (ParameterShape shape : learner.weights().architecture().parameters()) {
      String name = shape.name();
      stores.forEach(
          (prefix, store) ->
              tensors.put(
                  prefix + name, new SafeTensors.Tensor(shape.dimensions(), store.values(name))));
    }
    try {
      Map<String, String> metadata = Map.of(METADATA, JSON.writeValueAsString(snapshot));
      SafeTensors.write(file, new SafeTensors.Content(metadata, tensors));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a snapshot cannot be written as JSON", e);
    }
  }

  /**
   * Reads all but what a learner holds.
   *
   * @throws InputException if it cannot be read, or is no checkpoint
   */
  static Snapshot snapshot(Path file) {
    String text = SafeTensors.header(file).metadata().get(METADATA);
    if (text == null) {
      throw broken(file, "something is missing");
    }
    try {
      return JSON.readValue(text, Snapshot.class);
    } catch (JsonProcessingException e) {
      throw broken(file, e.getOriginalMessage());
    }
  }

  /**
   * Reads the file over what a learner holds.
   *
   * @param averaged whether it keeps an average
   * @throws InputException if it cannot be read, or is no checkpoint of this network
   */
  static void read(Path file, Learner learner, boolean averaged) {
    SafeTensors.Header header = SafeTensors.header(file);
    List<ParameterShape> shapes = learner.weights().architecture().parameters();
    Map<String, ParameterStore> stores = stores(learner, averaged);
    if (header.tensors().size() != stores.size() * shapes.size()) {
      throw broken(file, "something is missing");
    }
    for (ParameterShape shape : shapes) {
      stores.forEach(
          (prefix, store) ->
              StoredParameters.read(tensor(file, header, shape, prefix), store, shape.name()));
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
