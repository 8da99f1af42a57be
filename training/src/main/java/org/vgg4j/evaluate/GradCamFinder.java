package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.vgg4j.evaluate.boxes.ScoredBox;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Parameters;
import org.vgg4j.views.GradCam;
import org.vgg4j.views.HeatMap;
import org.vgg4j.views.HeatMaps;
import org.vgg4j.views.MapBox;
import org.vgg4j.views.Temperature;

/**
 * Finds boxes by what a classification network looks at: around the largest part of a class'
 * Grad-CAM map ({@link MapBox}). Nothing has to be learnt from boxes for it. Not thread-safe.
 */
public final class GradCamFinder implements BoxSearch {
  private final HostThreads threads;
  private final BoxFinder.Member member;
  private final Inference inference;
  private final GradCam gradCam;
  private final List<Double> shares;
  private final int[] columns;

  /**
   * @param threads prepare the images
   * @param member classifies; has one scale, Q of the maps
   * @param parameters the network's
   * @param shares of a map's largest value; each gives a box
   * @param classNames what labels refer to; the network must know them all, by name
   * @throws org.vgg4j.base.InputException if it does not, or its weights are rounded
   */
  public GradCamFinder(
      HostThreads threads,
      BoxFinder.Member member,
      Parameters parameters,
      List<Double> shares,
      List<String> classNames) {
    if (member.scales().size() != 1) {
      throw new IllegalArgumentException("one scale, not " + member.scales());
    }
    this.threads = threads;
    this.member = member;
    this.inference = member.network().inference(1, Set.of());
    this.gradCam = new GradCam(parameters);
    this.shares = List.copyOf(shares);
    this.columns =
        new ClassMatch(member.classNames())
            .of(member.name() + " does not fit the classes that are asked for", classNames);
  }

  /**
   * {@inheritDoc} Of a label there is one for each share, in their order; none if nothing speaks
   * for its class. Each has the posterior of the label as its score.
   */
  @Override
  public List<List<List<ScoredBox>>> find(List<Question> questions) {
    List<List<List<ScoredBox>>> found = new ArrayList<>();
    for (Question question : questions) {
      HeatMaps maps =
          new HeatMaps(
              threads,
              member.network(),
              inference,
              1,
              member.preprocessing(),
              Temperature.NONE, // boxes need no posteriors
              question.image());
      int[] wanted = new int[question.labels().length];
      for (int k = 0; k < wanted.length; k++) {
        wanted[k] = columns[question.labels()[k]];
      }
      List<HeatMap> ofLabels = maps.gradCam(gradCam, member.scales().get(0), wanted);
      List<List<ScoredBox>> ofImage = new ArrayList<>();
      for (int k = 0; k < wanted.length; k++) {
        ofImage.add(boxes(ofLabels.get(k), question, k));
      }
      found.add(ofImage);
    }
    return found;
  }

  private List<ScoredBox> boxes(HeatMap map, Question question, int k) {
    RgbImage image = question.image();
    List<ScoredBox> boxes = new ArrayList<>();
    for (double share : shares) {
      Optional<Box> box =
          MapBox.of(map.values(), map.step(), map.step(), image.width(), image.height(), share);
      box.ifPresent(
          one -> boxes.add(new ScoredBox(question.labels()[k], one, question.posteriors()[k])));
    }
    return boxes;
  }
}
