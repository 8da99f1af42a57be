package org.vgg4j.network.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.vgg4j.base.Purpose;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.LrnShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.network.BatchNormParameters;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Taps;

/** Turns a list of layers into the list of stages that execute it. */
final class Stages {
  private final Architecture architecture;
  private final Kernels kernels;
  private final Workers workers;
  private final Set<String> taps;
  private final String last;
  private int channels = 3;
  private int height;
  private int width;

  private Stages(
      Architecture architecture,
      Kernels kernels,
      Workers workers,
      Set<String> taps,
      String last,
      int height,
      int width) {
    this.architecture = architecture;
    this.kernels = kernels;
    this.workers = workers;
    this.taps = taps;
    this.last = last;
    this.height = height;
    this.width = width;
  }

  /**
   * The stages for crops.
   *
   * @param taps outputs that must exist; a convolution and its pool stay separate if the map
   *     between them is one of these
   * @param dropoutRate fraction of the hidden features that training drops
   */
  static List<TrainingStage> of(
      Architecture architecture,
      Kernels kernels,
      Workers workers,
      Set<String> taps,
      double dropoutRate) {
    int crop = architecture.crop();
    String last = Taps.scores(architecture).last();
    Stages builder = new Stages(architecture, kernels, workers, taps, last, crop, crop);
    List<TrainingStage> stages = builder.untilLastMap();
    stages.addAll(builder.fullyConnected(dropoutRate));
    return stages;
  }

  /**
   * A builder of stages for whole images of one size.
   *
   * @param taps outputs that must exist; no stage is built after the deepest of them
   */
  static Stages dense(
      Architecture architecture,
      Kernels kernels,
      Workers workers,
      Taps taps,
      int height,
      int width) {
    return new Stages(architecture, kernels, workers, taps.names(), taps.last(), height, width);
  }

  /** The memory that is enough for all stages, one at a time. */
  static StageMemory memory(List<? extends Stage> stages, Pass pass, int batch, int threads) {
    return StageMemory.largest(stages.stream().map(stage -> stage.memory(pass, batch, threads)));
  }

  /** Makes the threads' memory large enough for all stages, so that it need not grow. */
  static void reserve(List<? extends Stage> stages, Pass pass, int batch, Workers workers) {
    StageMemory memory = memory(stages, pass, batch, workers.threads());
    workers.reserve(memory.scratch(), memory.shared());
  }

  /** The stages up to the last map. */
  List<TrainingStage> untilLastMap() {
    List<TrainingStage> stages = new ArrayList<>();
    List<Layer> layers = architecture.layers();
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      if (layer instanceof Layer.GlobalAverage || layer instanceof Layer.FullyConnected) {
        break;
      }
      Layer next = layers.get(i + 1);
      boolean pooled = isPooledAtOnce(layer, next);
      stages.add(stage(layer, pooled ? next.tap() : layer.tap(), pooled));
      if (pooled || layer instanceof Layer.MaxPool) {
        height /= 2;
        width /= 2;
      }
      if (pooled) {
        i++;
      }
      if (layers.get(i).tap().equals(last)) {
        break;
      }
    }
    return stages;
  }

  /** Whether a layer's stage includes the pool that follows. */
  private boolean isPooledAtOnce(Layer layer, Layer next) {
    boolean canPool = layer instanceof Layer.Convolution || layer instanceof Layer.BatchNorm;
    return canPool && next instanceof Layer.MaxPool && !taps.contains(layer.tap());
  }

  private TrainingStage stage(Layer layer, String tap, boolean pooled) {
    if (layer instanceof Layer.Convolution convolution) {
      return convolution(convolution, tap, pooled);
    }
    if (layer instanceof Layer.BatchNorm norm) {
      BatchNormParameters names = BatchNormParameters.of(architecture, layer.name());
      return new BatchNormStage(norm, names, tap, pooled, map(), kernels, workers);
    }
    if (layer instanceof Layer.LocalResponseNorm lrn) {
      LrnShape shape = new LrnShape(map(), lrn.size(), lrn.k(), lrn.alpha(), lrn.beta());
      return new LrnStage(tap, shape, kernels, workers);
    }
    if (layer instanceof Layer.MaxPool) {
      return new MaxPoolStage(tap, map(), kernels, workers);
    }
    throw new IllegalArgumentException("no stage for " + layer);
  }

  private MapLayout map() {
    return new MapLayout(channels, height, width);
  }

  private TrainingStage convolution(Layer.Convolution layer, String tap, boolean pooled) {
    ConvolutionShape shape =
        new ConvolutionShape(
            layer.inChannels(), layer.outChannels(), layer.kernel(), height, width);
    channels = layer.outChannels();
    return new ConvolutionStage(
        LayerParameters.of(architecture, layer.name()),
        tap,
        layer.rectified(),
        pooled,
        kernels,
        kernels.convolution(shape),
        workers);
  }

  private List<TrainingStage> fullyConnected(double dropoutRate) {
    List<TrainingStage> stages = new ArrayList<>();
    stages.add(
        architecture.head().averaged()
            ? new AverageStage(map(), workers)
            : new FlattenStage("flatten", map(), kernels, workers));
    Dropout ofInput = Dropout.NONE;
    int hidden = 0;
    for (Layer.FullyConnected layer : architecture.connectedLayers()) {
      Dropout ofOutput =
          layer.hidden() ? new Dropout(dropoutRate, Purpose.dropout(hidden++)) : Dropout.NONE;
      stages.add(fullyConnected(layer, ofInput, ofOutput));
      ofInput = ofOutput;
    }
    return stages;
  }

  private FullyConnectedStage fullyConnected(
      Layer.FullyConnected layer, Dropout ofInput, Dropout ofOutput) {
    LayerParameters parameters = LayerParameters.of(architecture, layer.name());
    return new FullyConnectedStage(layer, parameters, kernels, ofInput, ofOutput, workers);
  }

  /**
   * The stages from the last map on: the fully connected layers take each of its windows as they
   * take the map of a crop. Several windows are multiplied as columns; a single one gives, to the
   * last bit, what a crop gives. For rounded weights there is a product for rows only.
   *
   * @param form form of the weights of the fully connected layers
   */
  List<Stage> overWindows(FcWeights form) {
    int side = architecture.lastMapSide();
    boolean asRows = form == FcWeights.BF16 || (height == side && width == side);
    List<Stage> stages = new ArrayList<>();
    if (architecture.head().averaged()) {
      stages.add(new WindowStages.Average(map(), side, asRows, workers));
    } else {
      stages.add(new WindowStages.Gather("windows", map(), side, asRows, workers));
    }
    if (last.equals(AverageStage.TAP)) {
      return stages;
    }
    for (Layer.FullyConnected layer : architecture.connectedLayers()) {
      if (asRows) {
        stages.add(fullyConnected(layer, Dropout.NONE, Dropout.NONE));
      } else {
        FullyConnected kernel = kernels.fullyConnected(layer.inFeatures(), layer.outFeatures());
        stages.add(new WindowStages.Connected(layer, kernel, workers));
      }
      if (layer.tap().equals(last)) {
        break;
      }
    }
    boolean reachesScores = stages.size() > architecture.connectedLayers().size();
    if (!asRows && reachesScores) {
      stages.add(new WindowStages.Scores("scores", architecture.outputs(), workers));
    }
    return stages;
  }
}
