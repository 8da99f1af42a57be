package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageClassifier;
import org.vgg4j.Prediction;
import org.vgg4j.evaluate.RescaledImages;
import org.vgg4j.image.RgbImage;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.views.MeanPosteriors;
import org.vgg4j.views.Ranking;
import org.vgg4j.views.Temperature;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.views.Views;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/** Predicts the classes of images: from their centre crops, or from many views of each. */
interface Labeller extends AutoCloseable {
  /** How many images are best given at a time. */
  int imagesAtATime();

  /**
   * Classifies images.
   *
   * @param top predictions for each, at least 1
   * @return for each image its predictions, best first
   * @throws org.vgg4j.base.InputException if one is too elongated to be rescaled, or needs more
   *     memory than is available
   */
  List<List<Prediction>> label(List<RgbImage> images, int top);

  /** Whether an image may show several classes, so that probabilities do not sum to 1. */
  boolean severalLabels();

  /** What rounding changed, see {@link FcWeightsOption}; empty without rounding. */
  Map<String, Double> roundingErrors();

  @Override
  void close();

  /** Sees an image's centre crop at the model's own scale, as programs do. */
  final class OfCenterCrops implements Labeller {
    private static final int IMAGES = 64;

    private final ImageClassifier classifier;

    OfCenterCrops(Path model, ClassifierOptions options) {
      this.classifier = ImageClassifier.load(model, options);
    }

    @Override
    public int imagesAtATime() {
      return IMAGES;
    }

    @Override
    public List<List<Prediction>> label(List<RgbImage> images, int top) {
      return classifier.classify(images, top);
    }

    @Override
    public boolean severalLabels() {
      return classifier.architecture().task().isLabels();
    }

    @Override
    public Map<String, Double> roundingErrors() {
      return classifier.roundingErrors();
    }

    @Override
    public void close() {
      classifier.close();
    }
  }

  /** Averages the posteriors of an image's views. */
  final class OfViews implements Labeller {
    private static final int BATCH = ClassifierOptions.defaults().batch();

    private final Engine engine;
    private final Network network;
    private final List<String> classNames;
    private final Temperature temperature;
    private final Views views;

    OfViews(Path model, ViewOptions options, Device device, int threads, FcWeights form) {
      this.engine = Engines.open(device, threads);
      try {
        ModelFile file = Models.readClassifier(model);
        List<Integer> scales = options.scales(file);
        ViewPlan plan = options.plan(file);
        this.network = engine.load(new Parameters(file.architecture(), file.arrays()), form);
        file = file.withoutArrays(); // releases what was rounded before more memory is allocated
        this.classNames = file.classNames();
        this.temperature = new Temperature(file.temperature());
        this.views =
            new Views(engine.hostThreads(), network, file.preprocessing(), plan, scales, BATCH);
      } catch (RuntimeException | Error e) {
        engine.close();
        throw e;
      }
    }

    @Override
    public int imagesAtATime() {
      return RescaledImages.atATime(views.scales());
    }

    @Override
    public List<List<Prediction>> label(List<RgbImage> images, int top) {
      List<List<RgbImage>> rescaled =
          new ArrayList<>(Collections.nCopies(images.size(), List.<RgbImage>of()));
      engine
          .hostThreads()
          .parallel(images.size(), n -> rescaled.set(n, views.rescale(images.get(n))));
      float[][] posteriors =
          MeanPosteriors.of(views, rescaled, classNames.size(), (view, outputs) -> {});
      return Arrays.stream(posteriors).map(own -> predictions(own, top)).toList();
    }

    private List<Prediction> predictions(float[] means, int top) {
      float[] posteriors = temperature.apply(means, 0, means.length);
      return Arrays.stream(Ranking.top(posteriors, 0, posteriors.length, top))
          .mapToObj(index -> new Prediction(classNames.get(index), index, posteriors[index]))
          .toList();
    }

    @Override
    public boolean severalLabels() {
      return network.architecture().task().isLabels();
    }

    @Override
    public Map<String, Double> roundingErrors() {
      return network.roundingErrors();
    }

    @Override
    public void close() {
      network.close();
      engine.close();
    }
  }
}
