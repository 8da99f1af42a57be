package org.vgg4j.cuda.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Inference;
import org.vgg4j.network.MemoryPlan;

/** A pass over crops on a GPU. */
final class CudaInference implements Inference {
  private final MapPass pass;
  private final CudaNetwork network;
  private final Set<String> taps;
  private Set<String> kept;
  private final int crop;
  private final String last;
  private final Map<String, float[]> tapped = new LinkedHashMap<>();
  private int capacity;

  /**
   * @param pass becomes this one's own
   * @throws org.vgg4j.base.InputException if the memory does not suffice
   */
  CudaInference(MapPass pass, CudaNetwork network, int capacity, Set<String> taps) {
    this.pass = pass;
    this.network = network;
    this.taps = Set.copyOf(taps);
    this.kept = this.taps;
    this.crop = network.architecture().crop();
    this.last = CudaMemory.lastTap(network.architecture());
    reserve(capacity);
  }

  private void reserve(int newCapacity) {
    CudaMemory memory = network.memory();
    MemoryPlan unused =
        memory.require("inference", memory.crops(architecture(), newCapacity, taps));
    pass.release();
    pass.reserveCrops(newCapacity);
    capacity = newCapacity;
  }

  @Override
  public void enlarge(int newCapacity) {
    reserve(newCapacity);
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public Architecture architecture() {
    return network.architecture();
  }

  @Override
  public float[] outputs(float[] images, int count) {
    if (count < 1 || count > capacity) {
      throw new IllegalArgumentException(count + " images, but the capacity is " + capacity);
    }
    Map<String, MapPass.Output> outputs = pass.run(images, count, crop, crop);
    tapped.clear();
    outputs.forEach((name, output) -> tapped.put(name, output.values()));
    return Objects.requireNonNull(tapped.get(last));
  }

  @Override
  public float[] posteriors(float[] images, int count) {
    return Posteriors.of(architecture(), outputs(images, count), count);
  }

  @Override
  public Map<String, Long> stageNanos() {
    return pass.stageNanos();
  }

  @Override
  public Map<String, Work> work(int count) {
    return pass.work(count, crop, crop);
  }

  @Override
  public void close() {
    network.release(pass);
  }

  @Override
  public void keep(Set<String> some) {
    kept = Set.copyOf(some);
    pass.copyOnly(kept);
    tapped.keySet().retainAll(kept);
  }

  @Override
  public float[] tap(String name) {
    float[] values = tapped.get(name);
    if (values == null || !kept.contains(name)) {
      throw new IllegalArgumentException("nothing was kept of " + name);
    }
    return values.clone();
  }
}
