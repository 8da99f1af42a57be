package org.vgg4j.cuda.engine;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.MemoryPlan;

/** Where the parameters of a network in training lie on the GPU. */
final class DeviceParameters {
  private final Architecture architecture;
  private final Map<String, DeviceParameter> byName = new LinkedHashMap<>();
  private final long sums;
  private final int sumsLength;

  /**
   * @param allocation that the memory is taken from
   * @param collected whether gradients of micro-batches are added up, or those of several GPUs: in
   *     one array, parameter after parameter
   * @param averaged whether an average of the weights is kept
   * @throws InputException if the network has too many parameters
   */
  DeviceParameters(
      Gpu gpu,
      Architecture architecture,
      Allocation allocation,
      boolean collected,
      boolean averaged) {
    this.architecture = architecture;
    Map<String, Layouts.Weights> layouts = layouts(architecture);
    long length = 0;
    for (Layouts.Weights layout : layouts.values()) {
      length += layout.length();
    }
    if (length > Integer.MAX_VALUE) {
      throw new InputException(
          "network %s has %,d parameters, too many to train on a GPU: take a smaller width, or fewer features in option head"
              .formatted(architecture, length));
    }
    this.sumsLength = (int) length;
    this.sums = collected ? allocation.take("sums of gradients", Float.BYTES * length) : 0;
    long sum = sums;
    for (ParameterShape shape : architecture.parameters()) {
      Layouts.Weights layout = Objects.requireNonNull(layouts.get(shape.name()));
      long bytes = DeviceParameter.bytes(layout);
      byName.put(
          shape.name(),
          new DeviceParameter(
              shape,
              layout,
              allocation.take(MemoryPlan.WEIGHTS, bytes),
              allocation.take("momentum", bytes),
              averaged ? allocation.take(MemoryPlan.AVERAGES, bytes) : 0,
              sum,
              shape.isWeight() ? rounded(gpu, layout, allocation) : Planes.NONE));
      sum += collected ? bytes : 0;
    }
  }

  /** How each parameter lies on a GPU, by its name. */
  private static Map<String, Layouts.Weights> layouts(Architecture architecture) {
    Map<String, Layouts.Weights> ofLayers = NetworkWeights.layouts(architecture);
    Map<String, Layouts.Weights> layouts = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      layouts.put(
          shape.name(),
          shape.isWeight()
              ? Objects.requireNonNull(ofLayers.get(shape.layer()))
              : DeviceParameter.ofChannels(shape.length()));
    }
    return layouts;
  }

  private static Planes rounded(Gpu gpu, Layouts.Weights layout, Allocation allocation) {
    long bytes = gpu.precision().bytes(layout.length());
    return gpu.precision().at(allocation.take(MemoryPlan.PREPARED, bytes), layout.length());
  }

  Architecture architecture() {
    return architecture;
  }

  /** All of them, in the order of the architecture. */
  Collection<DeviceParameter> all() {
    return byName.values();
  }

  /** The parameter of that name. */
  DeviceParameter get(String name) {
    DeviceParameter parameter = byName.get(name);
    if (parameter == null) {
      throw new IllegalArgumentException("no parameter " + name + " in " + architecture);
    }
    return parameter;
  }

  /** A layer's parameter of a role. */
  DeviceParameter of(Layer layer, ParameterShape.Role role) {
    for (DeviceParameter parameter : all()) {
      if (parameter.shape().layer().equals(layer.name()) && parameter.shape().role() == role) {
        return parameter;
      }
    }
    throw new IllegalArgumentException("layer " + layer.name() + " has no " + role);
  }

  /** Address of the array of all sums of gradients; 0 if there is none. */
  long sums() {
    return sums;
  }

  /** Floats of it. */
  int sumsLength() {
    return sumsLength;
  }

  /** Where a parameter's sum begins in it, in floats. */
  int offset(DeviceParameter parameter) {
    return Math.toIntExact((parameter.sum() - sums) / Float.BYTES);
  }

  /** Bytes of the largest weights as files have them. */
  long transferBytes() {
    long floats = 0;
    for (DeviceParameter parameter : all()) {
      floats = Math.max(floats, parameter.shape().length());
    }
    return Float.BYTES * floats;
  }
}
