package org.vgg4j.cuda.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Parameters;

/** The weights of a trained network on the GPU, in the form in which products read them. */
final class NetworkWeights implements AutoCloseable {
  private final Allocation allocation;
  private final Map<String, LayerWeights> layers;

  private NetworkWeights(Allocation allocation, Map<String, LayerWeights> layers) {
    this.allocation = allocation;
    this.layers = layers;
  }

  /**
   * Brings them there.
   *
   * @param parameters without batch normalisation
   * @throws org.vgg4j.cuda.driver.OutOfDeviceMemoryException if there is not so much memory
   */
  static NetworkWeights load(Gpu gpu, Parameters parameters) {
    Architecture architecture = parameters.architecture();
    Allocation allocation = Allocation.on(gpu.context());
    try {
      NetworkWeights weights = new NetworkWeights(allocation, lay(gpu, architecture, allocation));
      weights.fill(gpu, parameters);
      return weights;
    } catch (RuntimeException | Error e) {
      allocation.close();
      throw e;
    }
  }

  /** Takes the memory for the weights of each layer that has some. */
  static Map<String, LayerWeights> lay(Gpu gpu, Architecture architecture, Allocation allocation) {
    Map<String, LayerWeights> layers = new LinkedHashMap<>();
    layouts(architecture)
        .forEach(
            (layer, layout) -> {
              long bytes = gpu.precision().bytes(layout.length());
              long weight = allocation.take(MemoryPlan.WEIGHTS, bytes);
              long bias = allocation.take(MemoryPlan.WEIGHTS, biasBytes(layout));
              layers.put(
                  layer, new LayerWeights(gpu.precision().at(weight, layout.length()), bias));
            });
    return layers;
  }

  private static long biasBytes(Layouts.Weights layout) {
    return (long) Float.BYTES * MapShape.padded(layout.outputs());
  }

  /** How the weights of each layer lie that has some. */
  static Map<String, Layouts.Weights> layouts(Architecture architecture) {
    Map<String, Layouts.Weights> layouts = new LinkedHashMap<>();
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.Convolution convolution) {
        layouts.put(layer.name(), WeightLayouts.of(architecture, convolution));
      } else if (layer instanceof Layer.FullyConnected connected) {
        layouts.put(layer.name(), WeightLayouts.of(architecture, connected));
      }
    }
    return layouts;
  }

  /** Weights as they come and as rows, which loading takes for a moment. */
  static long loadingBytes(Architecture architecture) {
    long floats = 0;
    for (Layouts.Weights layout : layouts(architecture).values()) {
      floats = Math.max(floats, WeightTransfer.length(layout) + layout.length());
    }
    return Float.BYTES * floats;
  }

  private void fill(Gpu gpu, Parameters parameters) {
    Map<String, Layouts.Weights> layouts = layouts(parameters.architecture());
    long longest = 0;
    long rowsLength = 0;
    for (Layouts.Weights layout : layouts.values()) {
      longest = Math.max(longest, WeightTransfer.length(layout));
      rowsLength = Math.max(rowsLength, layout.length());
    }
    try (CudaStream stream = CudaStream.create(gpu.context());
        DeviceMemory room = DeviceMemory.allocate(gpu.context(), Float.BYTES * longest);
        DeviceMemory rows = DeviceMemory.allocate(gpu.context(), Float.BYTES * rowsLength)) {
      WeightTransfer transfer = new WeightTransfer(gpu, stream, room);
      Layouts kernels = new Layouts(gpu.library());
      layers.forEach(
          (name, layer) -> {
            Layouts.Weights layout = Objects.requireNonNull(layouts.get(name));
            Parameters.OfLayer values = values(parameters, name);
            transfer.write(layout, values.weight(), rows.address());
            kernels.round(stream, rows.address(), layout.length(), layer.weight());
            WeightTransfer.writeChannels(values.bias(), allocation.memory(layer.bias()));
          });
      stream.synchronize();
    }
  }

  /** A layer's values, as floats also where they were rounded. */
  private static Parameters.OfLayer values(Parameters parameters, String layer) {
    Parameters.Rounded rounded = parameters.rounded(layer);
    return rounded == null
        ? parameters.ofLayer(layer)
        : new Parameters.OfLayer(rounded.weight().values(), rounded.bias());
  }

  /** By the name of the layer. */
  Map<String, LayerWeights> layers() {
    return layers;
  }

  @Override
  public void close() {
    allocation.close();
  }
}
