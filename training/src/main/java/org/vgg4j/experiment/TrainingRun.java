package org.vgg4j.experiment;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
import org.vgg4j.model.ParameterShape;

/**
 * What a training run has to do, whatever does it. Immutable.
 *
 * @param architecture the network
 * @param images training images
 * @param epochs how often each is seen
 * @param batch images of a step, over all that share it
 * @param microBatch most images that one of these has at a time
 */
public record TrainingRun(
    Architecture architecture, long images, int epochs, int batch, int microBatch) {
  private static final double SECONDS_PER_DAY = 86_400;

  /**
   * @throws InputException if a number is not positive
   */
  public TrainingRun {
    require(images > 0, "images", images);
    require(epochs > 0, "epochs", epochs);
    require(batch > 0, "batch", batch);
    require(microBatch > 0, "micro-batch", microBatch);
  }

  static void require(boolean condition, String option, Object value) {
    if (!condition) {
      throw new InputException("option " + option + " is " + value + " but must be more than 0");
    }
  }

  /**
   * The gradient of a layer that has parameters.
   *
   * @param layer the layer
   * @param values that are learnt, and the running statistics of a batch norm
   * @param multiplyAdds of the layer's forward pass, for one image
   */
  record Gradient(Layer layer, long values, long multiplyAdds) {}

  /** Those of all layers, the last layer's first, as a backward pass computes them. */
  List<Gradient> gradients() {
    List<Gradient> gradients = new ArrayList<>();
    List<LayerShape> layers = new ArrayList<>(architecture.shapes());
    Collections.reverse(layers);
    for (LayerShape shape : layers) {
      long values =
          architecture.parameters().stream()
              .filter(parameter -> parameter.layer().equals(shape.layer().name()))
              .mapToLong(ParameterShape::length)
              .sum();
      if (values > 0) {
        gradients.add(new Gradient(shape.layer(), values, shape.multiplyAdds()));
      }
    }
    return gradients;
  }

  /** Steps of all epochs; the last one of an epoch may be smaller. */
  public long steps() {
    return (images + batch - 1) / batch * epochs;
  }

  /** Images that are seen in all epochs. */
  public long imagesSeen() {
    return images * epochs;
  }

  /** Images in the largest share of a batch that is divided into so many. */
  public int share(int parts) {
    return (batch + parts - 1) / parts;
  }

  /** Images that one of so many parts has at a time. */
  public int atATime(int parts) {
    return Math.min(microBatch, share(parts));
  }

  /** Images per second of a system that takes so many days for the whole run. */
  public double rate(double days) {
    return imagesSeen() / (days * SECONDS_PER_DAY);
  }

  /** Days that all steps take. */
  double days(double stepSeconds) {
    return steps() * stepSeconds / SECONDS_PER_DAY;
  }
}
