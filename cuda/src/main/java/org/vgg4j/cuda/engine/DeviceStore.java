package org.vgg4j.cuda.engine;

import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.ParameterStore;

/** Weights, or velocities, that are kept on a GPU. Each access copies. */
final class DeviceStore implements ParameterStore {
  private final DeviceParameters parameters;
  private final ToLongFunction<DeviceParameter> address;
  private final boolean rounds;
  private final WeightTransfer transfer;
  private final Layouts layouts;
  private final CudaStream stream;

  /**
   * @param address where a parameter's values lie
   * @param rounds whether products read them
   * @param stream of all that works on them
   */
  DeviceStore(
      Gpu gpu,
      DeviceParameters parameters,
      ToLongFunction<DeviceParameter> address,
      boolean rounds,
      WeightTransfer transfer,
      CudaStream stream) {
    this.parameters = parameters;
    this.address = address;
    this.rounds = rounds;
    this.transfer = transfer;
    this.layouts = new Layouts(gpu.library());
    this.stream = stream;
  }

  @Override
  public Architecture architecture() {
    return parameters.architecture();
  }

  @Override
  public float[] values(String name) {
    DeviceParameter parameter = parameters.get(name);
    return transfer.read(parameter.layout(), address.applyAsLong(parameter));
  }

  @Override
  public void change(String name, Consumer<float[]> change) {
    float[] values = values(name);
    change.accept(values);
    write(name, values);
  }

  /** Replaces the values of a parameter. */
  void write(String name, float[] values) {
    DeviceParameter parameter = parameters.get(name);
    long to = address.applyAsLong(parameter);
    transfer.write(parameter.layout(), values, to);
    if (rounds && !parameter.rounded().equals(Planes.NONE)) {
      layouts.round(stream, to, parameter.length(), parameter.rounded());
    }
  }
}
