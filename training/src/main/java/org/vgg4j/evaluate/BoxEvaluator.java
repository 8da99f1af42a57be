package org.vgg4j.evaluate;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.vgg4j.base.AbortedException;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Subset;
import org.vgg4j.data.loading.CenterCropLoader;
import org.vgg4j.evaluate.boxes.OfficialError;
import org.vgg4j.evaluate.boxes.Overlap;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;

/**
 * The central-crop protocol of localisation (the paper, appendix A): of each image, the box for its
 * own class, found in the window in the middle of the rescaled image. Not thread-safe.
 */
public final class BoxEvaluator implements Evaluator {
  /**
   * The box that was found for an image's class.
   *
   * @param index of the image in the data set
   * @param label its class, among the network's
   * @param box in pixels of the image
   * @param overlap with the nearest object of the class, in 0..1
   */
  public record Found(int index, int label, Box box, double overlap) {
    /** Whether the box is right. */
    public boolean isRight() {
      return overlap >= OfficialError.OVERLAP;
    }
  }

  private final HostThreads threads;
  private final ForwardPass network;
  private final Task task;
  private final int outputs;
  private final Preprocessing preprocessing;
  private final List<String> classNames;
  private final BoxLoss loss;
  private final float[] images;

  /**
   * @param threads prepare the images
   * @param network the network; its capacity is the batch size
   * @param architecture of the network, whose outputs are boxes
   * @param preprocessing what its weights were made for
   * @param classNames its classes, in the order of its outputs
   * @param loss that training minimises
   */
  public BoxEvaluator(
      HostThreads threads,
      ForwardPass network,
      Architecture architecture,
      Preprocessing preprocessing,
      List<String> classNames,
      BoxLoss loss) {
    this.threads = threads;
    this.network = network;
    this.task = architecture.task();
    this.outputs = architecture.outputs();
    this.preprocessing = preprocessing;
    this.classNames = List.copyOf(classNames);
    this.loss = loss;
    this.images = ForwardPass.images(architecture, network.capacity());
  }

  @Override
  public BoxEvaluation evaluate(Dataset dataset, IntConsumer done) {
    return evaluate(dataset, done, found -> {});
  }

  @Override
  public double[] sums(Dataset whole, int begin, int end, IntConsumer done) {
    return evaluate(Subset.range(whole, begin, end), done).sums();
  }

  @Override
  public BoxEvaluation ofSums(double[] sums) {
    return BoxEvaluation.ofSums(classNames, sums);
  }

  /**
   * As {@link #evaluate(Dataset, IntConsumer)}, and also reports each box.
   *
   * @param boxes receives the box of each image, in the order of the data set
   * @throws AbortedException if a number of a box is not finite
   */
  public BoxEvaluation evaluate(Dataset dataset, IntConsumer done, Consumer<Found> boxes) {
    int classes = classNames.size();
    int[] classOfLabel = new ClassMatch(classNames).of(dataset);
    CenterCropLoader loader = new CenterCropLoader(dataset, preprocessing, threads::parallel);
    int[] ofClass = new int[classes];
    int[] wrong = new int[classes];
    double[] overlaps = new double[classes];
    double[] unused = new double[Task.BOX];
    double losses = 0;
    for (int first = 0; first < dataset.size(); first += network.capacity()) {
      int count = Math.min(network.capacity(), dataset.size() - first);
      List<Geometry> geometries = loader.load(first, count, images);
      float[] found = network.outputs(images, count);
      for (int n = 0; n < count; n++) {
        int index = first + n;
        int label = classOfLabel[dataset.label(index)];
        int at = n * outputs + task.boxOf(label);
        requireFinite(found, at, dataset, index);
        Geometry geometry = geometries.get(n);
        Box box = geometry.toOriginal(Box.inCrop(CropBox.decode(found, at), preprocessing.crop()));
        double overlap = overlap(dataset, index, geometry, box);
        ofClass[label]++;
        wrong[label] += overlap >= OfficialError.OVERLAP ? 0 : 1;
        overlaps[label] += overlap;
        BoxTarget target = (BoxTarget) dataset.target(index, geometry);
        losses += loss.compare(found, at, target.box(), unused);
        boxes.accept(new Found(index, label, box, overlap));
      }
      done.accept(first + count);
    }
    return new BoxEvaluation(classNames, ofClass, wrong, overlaps, losses / dataset.size());
  }

  /** A network that has diverged finds no boxes that could be drawn or measured. */
  private static void requireFinite(float[] outputs, int at, Dataset dataset, int index) {
    for (int i = 0; i < Task.BOX; i++) {
      if (!Float.isFinite(outputs[at + i])) {
        throw new AbortedException(
            "an edge of the box that the network finds in %s is %s: its training diverged. Lower"
                    .formatted(dataset.id(index), outputs[at + i])
                + " option lr; any model saved before is kept");
      }
    }
  }

  private static double overlap(Dataset dataset, int index, Geometry geometry, Box box) {
    List<BoxedObject> objects = dataset.objects(index, geometry.original());
    return Overlap.best(box, BoxedObject.ofClass(objects, dataset.label(index)));
  }
}
