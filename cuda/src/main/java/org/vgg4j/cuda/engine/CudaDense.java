package org.vgg4j.cuda.engine;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.ScoreMaps;
import org.vgg4j.network.Taps;

/** A pass over whole images on a GPU. */
final class CudaDense implements DenseInference, DenseFeatures {
  private final MapPass pass;
  private final CudaNetwork network;
  private final Architecture architecture;
  private final Taps taps;
  private final CudaMemory memory;

  /**
   * @param pass becomes this one's own
   * @param taps what is wanted of it
   */
  CudaDense(MapPass pass, CudaNetwork network, Taps taps) {
    this.pass = pass;
    this.network = network;
    this.architecture = network.architecture();
    this.taps = taps;
    this.memory = network.memory();
  }

  @Override
  public Architecture architecture() {
    return architecture;
  }

  @Override
  public Set<String> taps() {
    return taps.names();
  }

  @Override
  public int smallestSide() {
    return taps.smallestSide();
  }

  @Override
  public int capacity(int imageHeight, int imageWidth, int wanted) {
    int count = wanted;
    MemoryPlan plan = plan(count, imageHeight, imageWidth);
    while (count > 1 && !memory.fits(plan)) {
      count = (count + 1) / 2;
      plan = plan(count, imageHeight, imageWidth);
    }
    if (!memory.fits(plan)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "the network over an image of %d x %d pixels needs %s on %s, which has room for %s:"
                  + " take smaller test scales, or %s",
              imageWidth,
              imageHeight,
              Bytes.needed(plan.total()),
              memory.gpu().context().device(),
              Bytes.available(MemoryOracle.USABLE * memory.limit()),
              memory.remedy()));
    }
    return count;
  }

  private MemoryPlan plan(int count, int imageHeight, int imageWidth) {
    return memory.pass(architecture, count, imageHeight, imageWidth, taps.names(), taps.last());
  }

  private Map<String, MapPass.Output> run(
      float[] images, int count, int imageHeight, int imageWidth) {
    taps.requireSize(count, imageHeight, imageWidth);
    return pass.run(images, count, imageHeight, imageWidth);
  }

  @Override
  public ScoreMaps scores(float[] images, int count, int imageHeight, int imageWidth) {
    MapPass.Output scores =
        Objects.requireNonNull(run(images, count, imageHeight, imageWidth).get(taps.last()));
    return new ScoreMaps(
        count, scores.height(), scores.width(), scores.channels(), scores.values());
  }

  @Override
  public Map<String, FeatureMaps> features(
      float[] images, int count, int imageHeight, int imageWidth) {
    Map<String, FeatureMaps> maps = new LinkedHashMap<>();
    run(images, count, imageHeight, imageWidth)
        .forEach(
            (name, output) -> {
              if (taps.names().contains(name)) {
                maps.put(name, output.channelsFirst());
              }
            });
    return maps;
  }

  @Override
  public float[] posteriors(float[] scores) {
    return Posteriors.of(architecture, scores, 1);
  }

  @Override
  public void close() {
    network.release(pass);
  }

  @Override
  public Map<String, Long> stageNanos() {
    return pass.stageNanos();
  }
}
