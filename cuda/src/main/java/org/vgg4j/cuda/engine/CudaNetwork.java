package org.vgg4j.cuda.engine;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Taps;

/** A network on a GPU. */
final class CudaNetwork implements Network {
  private final Gpu gpu;
  private final HostThreads threads;
  private final Architecture architecture;
  private final FcWeights form;
  private final Map<String, Double> roundingErrors;
  private final NetworkWeights weights;
  private final CudaMemory memory;
  private final Set<MapPass> passes = ConcurrentHashMap.newKeySet();

  /**
   * @param threads of the passes that have none of their own
   * @param parameters with the fully connected layers as they are to be held
   */
  CudaNetwork(Gpu gpu, HostThreads threads, Parameters parameters, CudaMemory memory) {
    this.gpu = gpu;
    this.threads = threads;
    this.memory = memory;
    this.form = parameters.fcWeights();
    this.roundingErrors = parameters.roundingErrors();
    Parameters folded = parameters.withoutBatchNorm();
    this.architecture = folded.architecture();
    MemoryPlan unused = memory.require("the network", memory.inference(architecture, 1, form));
    this.weights = NetworkWeights.load(gpu, folded);
  }

  @Override
  public Architecture architecture() {
    return architecture;
  }

  @Override
  public FcWeights fcWeights() {
    return form;
  }

  @Override
  public Map<String, Double> roundingErrors() {
    return roundingErrors;
  }

  @Override
  public Inference inference(int capacity, Set<String> taps) {
    return inference(threads, capacity, taps);
  }

  /** The threads only copy: each pass has a stream of its own. */
  @Override
  public Inference inference(HostThreads own, int capacity, Set<String> taps) {
    Taps.requireKnown(architecture, taps);
    MapPass pass = pass(own, taps, CudaMemory.lastTap(architecture));
    try {
      return new CudaInference(pass, this, capacity, taps);
    } catch (RuntimeException | Error e) {
      release(pass);
      throw e;
    }
  }

  private MapPass pass(HostThreads own, Set<String> taps, String last) {
    MapPass pass = new MapPass(gpu, own, architecture, weights.layers(), taps, last);
    passes.add(pass);
    return pass;
  }

  @Override
  public int capacity(int wanted) {
    int count = wanted;
    while (count > 1
        && memory.inference(architecture, count, form).total()
            > MemoryOracle.USABLE * memory.limit()) {
      count /= 2;
    }
    return count;
  }

  @Override
  public DenseInference dense() {
    Taps scores = Taps.scores(architecture);
    return new CudaDense(pass(threads, Set.of(), scores.last()), this, scores);
  }

  @Override
  public DenseFeatures features(Set<String> taps) {
    return features(threads, taps);
  }

  @Override
  public DenseFeatures features(HostThreads own, Set<String> taps) {
    Taps checked = Taps.of(architecture, taps);
    return new CudaDense(pass(own, taps, checked.last()), this, checked);
  }

  /** Lets go of a pass. */
  void release(MapPass pass) {
    if (passes.remove(pass)) {
      pass.close();
    }
  }

  /** The memory that passes are made in. */
  CudaMemory memory() {
    return memory;
  }

  @Override
  public void close() {
    for (MapPass pass : passes) {
      pass.close();
    }
    passes.clear();
    weights.close();
  }
}
