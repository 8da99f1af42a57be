package org.vgg4j.network.cpu;

import java.util.Arrays;
import java.util.List;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Target;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.Learner;

/**
 * Compares the box for each image's class with the true one (the paper, appendix A). Where there is
 * a box for each class, those of the others have no gradient.
 */
final class BoxRegression implements Loss {
  private final Architecture architecture;
  private final BoxLoss loss;

  BoxRegression(Architecture architecture, BoxLoss loss) {
    this.architecture = architecture;
    this.loss = loss;
  }

  @Override
  public Learner.Result compute(
      float[] outputs, List<Target> targets, float gradientScale, float[] gradient) {
    List<BoxTarget> boxes = BoxTarget.listOf(targets, architecture.classes());
    int length = architecture.outputs();
    Arrays.fill(gradient, 0, boxes.size() * length, 0);
    double[] ofBox = new double[Task.BOX];
    double sum = 0;
    int right = 0;
    for (int n = 0; n < boxes.size(); n++) {
      BoxTarget target = boxes.get(n);
      int at = n * length + architecture.task().boxOf(target.label());
      sum += loss.compare(outputs, at, target.box(), ofBox);
      for (int i = 0; i < Task.BOX; i++) {
        gradient[at + i] = (float) (ofBox[i] * gradientScale);
      }
      right += CropBox.decode(outputs, at).overlap(target.box()) >= Learner.OVERLAP ? 1 : 0;
    }
    return new Learner.Result(sum, right);
  }
}
