package org.vgg4j.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.safetensors.SafeTensors;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/** Reads parameters from files to where they are kept, one after the other, without a copy. */
final class StoredParameters {
  private StoredParameters() {}

  /**
   * Reads a model's weights.
   *
   * @throws InputException if it cannot be read, or is a model of another network
   */
  static void readModel(Path file, ParameterStore into) {
    if (!ModelFile.readWithoutArrays(file).architecture().equals(into.architecture())) {
      throw new InputException(
          "%s is a model of another network than this run's: start a new run".formatted(file));
    }
    Map<String, StoredTensor> tensors = SafeTensors.header(file).tensors();
    for (ParameterShape shape : into.architecture().parameters()) {
      read(Objects.requireNonNull(tensors.get(shape.name())), into, shape.name());
    }
  }

  /**
   * Reads a tensor, which has the shape of the parameter.
   *
   * @param name of the parameter
   */
  static void read(StoredTensor tensor, ParameterStore into, String name) {
    into.change(
        name,
        values -> {
          Map<String, float[]> unused = TensorReader.read(List.of(tensor), (n, length) -> values);
        });
  }
}
