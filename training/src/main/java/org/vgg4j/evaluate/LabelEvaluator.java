package org.vgg4j.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.Subset;
import org.vgg4j.data.loading.CenterCropLoader;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.LabelLoss;

/**
 * Scores of images that may show several classes each, by the centre-crop protocol. Images that
 * show one class each serve as well: they do not show the others. Not thread-safe.
 */
public final class LabelEvaluator implements Evaluator {
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
  public LabelEvaluator(
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
  public LabelEvaluation evaluate(Dataset dataset, IntConsumer done) {
    return scores(dataset, done).evaluation();
  }

  /** All scores take part in a mean average precision, so all of them are the sums. */
  @Override
  public double[] sums(Dataset whole, int begin, int end, IntConsumer done) {
    return scores(Subset.range(whole, begin, end), done).sums(begin, whole.size());
  }

  @Override
  public LabelEvaluation ofSums(double[] sums) {
    return LabelScores.ofSums(classNames, sums).evaluation();
  }

  /**
   * Computes the scores. Whether an image shows a class that the data set does not have is not
   * known, unless the data set's labels list all that images show.
   *
   * @param dataset its classes must be among the network's, by name
   * @param done receives, after each batch, the number of images done
   * @throws org.vgg4j.base.InputException if the data set has a class that the network does not
   *     know, or an image cannot be read
   */
  public LabelScores scores(Dataset dataset, IntConsumer done) {
    int classes = classNames.size();
    int[] classOfLabel = new ClassMatch(classNames).of(dataset);
    CenterCropLoader loader = new CenterCropLoader(dataset, preprocessing, threads::parallel);
    float[] scores = new float[Math.multiplyExact(dataset.size(), classes)];
    byte[] states = new byte[scores.length];
    Arrays.fill(states, dataset.stateOfOthers());
    double loss = 0;
    for (int first = 0; first < dataset.size(); first += network.capacity()) {
      int count = Math.min(network.capacity(), dataset.size() - first);
      List<Geometry> unused = loader.load(first, count, images);
      float[] outputs = network.outputs(images, count);
      System.arraycopy(outputs, 0, scores, first * classes, count * classes);
      for (int n = first; n < first + count; n++) {
        for (int label = 0; label < classOfLabel.length; label++) {
          states[n * classes + classOfLabel[label]] = dataset.state(n, label);
        }
        loss += loss(scores, states, n * classes);
      }
      done.accept(first + count);
    }
    return new LabelScores(new MultiLabels(classNames, states), scores, loss);
  }

  private double loss(float[] scores, byte[] states, int first) {
    double sum = 0;
    int known = 0;
    for (int i = first; i < first + classNames.size(); i++) {
      if (states[i] != MultiLabels.IGNORED) {
        sum += LabelLoss.of(scores[i], states[i] == MultiLabels.POSITIVE ? 1 : 0, 1);
        known++;
      }
    }
    return sum / Math.max(1, known);
  }
}
