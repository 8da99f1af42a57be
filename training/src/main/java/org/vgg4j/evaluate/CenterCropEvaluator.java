package org.vgg4j.evaluate;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Subset;
import org.vgg4j.data.loading.CenterCropLoader;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.views.Ranking;

/**
 * The centre-crop protocol: each image is rescaled so that its shorter side is the preprocessing's
 * scale, and the window in its middle is classified. Not thread-safe.
 */
public final class CenterCropEvaluator implements Evaluator {
  private final HostThreads threads;
  private final ForwardPass network;
  private final Preprocessing preprocessing;
  private final List<String> classNames;
  private final float[] images;

  /**
   * @param threads prepare the images
   * @param network the network; its capacity is the batch size
   * @param preprocessing what its weights were made for
   * @param classNames its classes, in the order of its scores
   */
  public CenterCropEvaluator(
      HostThreads threads,
      ForwardPass network,
      Preprocessing preprocessing,
      List<String> classNames) {
    this.threads = threads;
    this.network = network;
    this.preprocessing = preprocessing;
    this.classNames = List.copyOf(classNames);
    int crop = preprocessing.crop();
    this.images = new float[network.capacity() * 3 * crop * crop];
  }

  @Override
  public Evaluation evaluate(Dataset dataset, IntConsumer done) {
    return evaluate(dataset, done, prediction -> {});
  }

  @Override
  public double[] sums(Dataset whole, int begin, int end, IntConsumer done) {
    return evaluate(Subset.range(whole, begin, end), done).sums();
  }

  @Override
  public Evaluation ofSums(double[] sums) {
    return Evaluation.ofSums(classNames, sums);
  }

  /**
   * As {@link #evaluate(Dataset, IntConsumer)}, and also reports each prediction.
   *
   * @param predictions receives the top prediction for each image, in the order of the data set
   */
  public Evaluation evaluate(Dataset dataset, IntConsumer done, Consumer<Prediction> predictions) {
    int classes = classNames.size();
    int[] classOfLabel = new ClassMatch(classNames).of(dataset);
    CenterCropLoader loader = new CenterCropLoader(dataset, preprocessing, threads::parallel);
    int[][] confusion = new int[classes][classes];
    int[] top5Wrong = new int[classes];
    double loss = 0;
    for (int first = 0; first < dataset.size(); first += network.capacity()) {
      int count = Math.min(network.capacity(), dataset.size() - first);
      List<Geometry> unused = loader.load(first, count, images);
      float[] posteriors = network.posteriors(images, count);
      for (int n = 0; n < count; n++) {
        int label = classOfLabel[dataset.label(first + n)];
        int offset = n * classes;
        int predicted = Ranking.top(posteriors, offset, classes, 1)[0];
        confusion[label][predicted]++;
        predictions.accept(
            new Prediction(first + n, label, predicted, posteriors[offset + predicted]));
        if (Ranking.rank(posteriors, offset, classes, label) >= Evaluation.PREDICTIONS) {
          top5Wrong[label]++;
        }
        loss -= StrictMath.log(Math.max(posteriors[offset + label], Float.MIN_NORMAL));
      }
      done.accept(first + count);
    }
    return new Evaluation(classNames, confusion, top5Wrong, loss / dataset.size());
  }
}
