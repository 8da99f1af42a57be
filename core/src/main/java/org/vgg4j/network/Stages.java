package org.vgg4j.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.LrnShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;

/** Turns a list of layers into the list of stages that execute it. */
final class Stages {
  private final Architecture architecture;
  private final Kernels kernels;
  private final Workers workers;
  private final Set<String> taps;
  private final float dropoutScale;
  private final List<Stage> stages = new ArrayList<>();
  private int channels = 3;
  private int height;
  private int width;
  private boolean flat;

  private Stages(
      Architecture architecture,
      Kernels kernels,
      Workers workers,
      Set<String> taps,
      float dropoutScale,
      int height,
      int width) {
    this.architecture = architecture;
    this.kernels = kernels;
    this.workers = workers;
    this.taps = taps;
    this.dropoutScale = dropoutScale;
    this.height = height;
    this.width = width;
  }

  /**
   * @param taps outputs that must exist; a convolution and its pool stay apart if what lies between
   *     them is among these
   * @param dropoutScale factor that dropout gives the hidden features; 1 outside training
   */
  static List<Stage> of(
      Architecture architecture,
      Kernels kernels,
      Workers workers,
      Set<String> taps,
      float dropoutScale) {
    int crop = architecture.crop();
    return new Stages(architecture, kernels, workers, taps, dropoutScale, crop, crop).build(null);
  }

  /**
   * The stages for whole images: the fully connected layers take each window of the last map, as
   * they take the map of a crop.
   *
   * @param height of the images, at least the crop
   * @param width of the images, at least the crop
   * @param form of the weights of the fully connected layers
   */
  static List<Stage> dense(
      Architecture architecture,
      Kernels kernels,
      Workers workers,
      int height,
      int width,
      FcWeights form) {
    return new Stages(architecture, kernels, workers, Set.of(), 1f, height, width).build(form);
  }

  /** Floats of scratch memory that each thread needs for all stages. */
  static int scratchLength(List<Stage> stages, Pass pass, int batch) {
    return stages.stream().mapToInt(stage -> stage.scratchLength(pass, batch)).max().orElse(0);
  }

  /** Floats of memory that the threads share for all stages. */
  static int sharedLength(List<Stage> stages, Pass pass, int batch, int threads) {
    return stages.stream()
        .mapToInt(stage -> stage.sharedLength(pass, batch, threads))
        .max()
        .orElse(0);
  }

  /** Makes the threads' memory as large as all stages want it, so that it need not grow. */
  static void reserve(List<Stage> stages, Pass pass, int batch, Workers workers) {
    workers.reserve(
        scratchLength(stages, pass, batch), sharedLength(stages, pass, batch, workers.threads()));
  }

  /**
   * @param dense how whole images find the weights of the fully connected layers; null for crops
   */
  private List<Stage> build(@Nullable FcWeights dense) {
    List<Layer> layers = architecture.layers();
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      if (layer instanceof Layer.Convolution convolution) {
        Layer next = layers.get(i + 1);
        boolean pooled = next instanceof Layer.MaxPool && !taps.contains(layer.tap());
        addConvolution(convolution, pooled ? next.tap() : layer.tap(), pooled);
        if (pooled) {
          i++;
        }
      } else if (layer instanceof Layer.BatchNorm norm) {
        Layer next = layers.get(i + 1);
        boolean pooled = next instanceof Layer.MaxPool && !taps.contains(layer.tap());
        addBatchNorm(norm, pooled ? next.tap() : layer.tap(), pooled);
        if (pooled) {
          i++;
        }
      } else if (layer instanceof Layer.LocalResponseNorm norm) {
        LrnShape shape = new LrnShape(map(), norm.size(), norm.k(), norm.alpha(), norm.beta());
        stages.add(new MapStages.Norm(norm.tap(), shape, kernels, workers));
      } else if (layer instanceof Layer.MaxPool pool) {
        stages.add(new MapStages.Pool(pool.tap(), map(), kernels, workers));
        halve();
      } else if (layer instanceof Layer.FullyConnected fullyConnected) {
        if (dense != null) {
          addToWindows(fullyConnected, dense);
        } else {
          addFullyConnected(fullyConnected);
        }
      }
    }
    return stages;
  }

  private MapLayout map() {
    return new MapLayout(channels, height, width);
  }

  private void halve() {
    height /= 2;
    width /= 2;
  }

  private void addConvolution(Layer.Convolution layer, String tap, boolean pooled) {
    ConvolutionShape shape =
        new ConvolutionShape(
            layer.inChannels(), layer.outChannels(), layer.kernel(), height, width);
    stages.add(
        new ConvolutionStage(
            LayerParameters.of(architecture, layer.name()),
            tap,
            layer.rectified(),
            pooled,
            kernels,
            kernels.convolution(shape),
            workers));
    channels = layer.outChannels();
    if (pooled) {
      halve();
    }
  }

  private void addBatchNorm(Layer.BatchNorm layer, String tap, boolean pooled) {
    NormParameters names = NormParameters.of(architecture, layer.name());
    stages.add(new BatchNormStage(layer, names, tap, pooled, map(), kernels, workers));
    if (pooled) {
      halve();
    }
  }

  private void addFullyConnected(Layer.FullyConnected layer) {
    if (flat) {
      stages.add(fullyConnected(layer, dropoutScale));
    } else {
      stages.add(new MapStages.Flatten("flatten", map(), kernels, workers));
      stages.add(fullyConnected(layer, 1f));
      flat = true;
    }
  }

  private FullyConnectedStage fullyConnected(Layer.FullyConnected layer, float inputScale) {
    LayerParameters parameters = LayerParameters.of(architecture, layer.name());
    return new FullyConnectedStage(layer, parameters, kernels, inputScale, workers);
  }

  /**
   * Many windows are multiplied as columns; one is, to the last bit, what a crop is. Rounded
   * weights have a product for rows only.
   */
  private void addToWindows(Layer.FullyConnected layer, FcWeights form) {
    int side = architecture.lastMapSide();
    boolean asRows = form == FcWeights.BF16 || (height == side && width == side);
    if (!flat) {
      stages.add(new WindowStages.Gather("windows", map(), side, asRows, workers));
      flat = true;
    }
    if (asRows) {
      stages.add(fullyConnected(layer, 1f));
      return;
    }
    FullyConnected kernel = kernels.fullyConnected(layer.inFeatures(), layer.outFeatures());
    stages.add(new WindowStages.Connected(layer, kernel, workers));
    if (!layer.hidden()) {
      stages.add(new WindowStages.Scores("scores", layer.outFeatures(), workers));
    }
  }
}
