package org.vgg4j.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.loading.Distortions;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.network.Device;

/** A training configuration for tests, to be changed field by field. */
final class Options {
  String data = "pets";
  double heldOut = 0.1;
  boolean flip = true;
  Configuration configuration = Configuration.A;
  double width = 0.03;
  int crop = 32;
  ScaleRange scale = ScaleRange.fixed(36);
  double colorShift = 0;
  Distortions distortions = Distortions.NONE;
  int batch = 16;
  int microBatch = 0;
  double learningRate = 0.01;
  double momentum = 0.9;
  double weightDecay = 5e-4;
  boolean biasDecay = true;
  double dropout = 0.5;
  LayerRates layerRates = LayerRates.SAME;
  double clipGradients = 0;
  AverageConfig average = AverageConfig.NONE;
  int limit = 0;
  @Nullable Path from = null;
  List<String> freeze = List.of();
  ScheduleConfig.Kind schedule = ScheduleConfig.Kind.PAPER;
  List<Integer> stepEpochs = List.of();
  int warmUp = 0;
  int checkpointEvery = 0;
  UnreadableLimit maxUnreadable = UnreadableLimit.AUTO;
  Initialisation initialisation = Initialisation.GLOROT;
  int patience = 5;
  int epochs = 2;
  int maxSteps = 1000;
  TargetConfig targets = TargetConfig.PLAIN;
  @Nullable BoxConfig boxes = null;
  @Nullable String multiLabel = null;
  @Nullable Duration time = null;
  Sampling sampling = Sampling.SHUFFLED;
  Selection select = Selection.TOP1;
  int stopAfter = 0;
  HeadLayers head = HeadLayers.PAPER;
  long seed = 7;
  int threads = 2;

  TrainingConfig build() {
    return new TrainingConfig(
        data,
        heldOut,
        limit,
        configuration,
        width,
        crop,
        head,
        new AugmentationConfig(scale, flip, colorShift, distortions),
        targets,
        new StartConfig(from, initialisation, freeze),
        new SgdConfig(
            batch,
            false,
            microBatch,
            learningRate,
            momentum,
            weightDecay,
            biasDecay,
            dropout,
            layerRates,
            clipGradients,
            average),
        new ScheduleConfig(schedule, patience, stepEpochs, warmUp, epochs, maxSteps),
        seed,
        threads,
        Device.CPU,
        checkpointEvery,
        maxUnreadable,
        boxes,
        multiLabel,
        time,
        sampling,
        new SelectionConfig(select, stopAfter),
        true);
  }
}
