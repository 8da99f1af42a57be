package org.vgg4j.network.cpu;

import java.util.List;
import org.vgg4j.model.Target;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.LabelLoss;
import org.vgg4j.network.Learner;

/** Compares the score of each class with whether the image shows it, see {@link LabelLoss}. */
record LabelComparison(int classes, ClassLoss loss) implements Loss {
  @Override
  public Learner.Result compute(
      float[] scores, List<Target> targets, float gradientScale, float[] gradient) {
    float[] wanted = loss.labelTargets(targets, classes);
    double sum = 0;
    int right = 0;
    for (int n = 0; n < targets.size(); n++) {
      int first = n * classes;
      double share = 1.0 / Math.max(1, known(wanted, first));
      double ofImage = 0;
      boolean allRight = true;
      for (int i = first; i < first + classes; i++) {
        if (Float.isNaN(wanted[i])) {
          gradient[i] = 0;
          continue;
        }
        double weight = loss.weight(i - first);
        ofImage += LabelLoss.of(scores[i], wanted[i], weight);
        double own = LabelLoss.gradient(scores[i], wanted[i], weight);
        gradient[i] = (float) (own * share * gradientScale);
        allRight &= LabelLoss.isRight(scores[i], wanted[i]);
      }
      sum += ofImage * share;
      right += allRight ? 1 : 0;
    }
    return new Learner.Result(sum, right);
  }

  private int known(float[] wanted, int first) {
    int known = 0;
    for (int i = first; i < first + classes; i++) {
      known += Float.isNaN(wanted[i]) ? 0 : 1;
    }
    return known;
  }
}
