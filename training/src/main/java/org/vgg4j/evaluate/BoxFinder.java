package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.boxes.ScoredBox;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Network;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.View;
import org.vgg4j.views.ViewOutputs;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.views.Views;

/**
 * Finds the boxes of objects in whole images (the paper, appendix A): each localisation network
 * gives a box for each class in each window, at each of its scales, and boxes of all are taken
 * together. A box is rated by the posterior of its class in its window, from classification
 * networks; without any, by that of the image. Not thread-safe.
 */
public final class BoxFinder implements BoxSearch {
  /**
   * A network that takes part.
   *
   * @param name what to call it
   * @param network finds boxes or classifies
   * @param preprocessing what its weights were made for
   * @param classNames in the order of its outputs
   * @param scales Q in pixels, at which it looks at images; of a classification network that rates
   *     boxes, they are those of the networks that find them
   */
  public record Member(
      String name,
      Network network,
      Preprocessing preprocessing,
      List<String> classNames,
      List<Integer> scales) {
    /** Copies the lists. */
    public Member {
      classNames = List.copyOf(classNames);
      scales = List.copyOf(scales);
    }
  }

  /** An image at a scale. */
  private record Place(int image, Rescale.Size size) {}

  /**
   * A network and how to reach what it says.
   *
   * @param columns for each of the finder's classes the network's
   */
  private record Looking(Member member, Views views, int[] columns) {}

  private final List<Looking> finders = new ArrayList<>();
  private final List<Looking> raters = new ArrayList<>();

  /**
   * @param threads prepare the images
   * @param finders networks that find boxes, at least one
   * @param raters classification networks that rate them; may be empty
   * @param classNames what labels refer to; each network must know them all, by name
   * @param batch whole images at a time
   * @throws InputException if a network does not know a class, or rates windows of another size
   */
  public BoxFinder(
      HostThreads threads,
      List<Member> finders,
      List<Member> raters,
      List<String> classNames,
      int batch) {
    TreeSet<Integer> scales = new TreeSet<>();
    for (Member finder : finders) {
      this.finders.add(looking(threads, finder, finder.scales(), classNames, batch));
      scales.addAll(finder.scales());
    }
    for (Member rater : raters) {
      for (Member finder : finders) {
        requireSameWindows(rater, finder);
      }
      this.raters.add(looking(threads, rater, List.copyOf(scales), classNames, batch));
    }
  }

  private static Looking looking(
      HostThreads threads,
      Member member,
      List<Integer> scales,
      List<String> classNames,
      int batch) {
    ViewPlan plan = ViewPlan.of(Protocol.DENSE).withMirrorImages(false);
    return new Looking(
        member,
        new Views(threads, member.network(), member.preprocessing(), plan, scales, batch),
        new ClassMatch(member.classNames())
            .of(member.name() + " does not fit the classes that are asked for", classNames));
  }

  private static void requireSameWindows(Member rater, Member finder) {
    if (rater.preprocessing().crop() != finder.preprocessing().crop()) {
      throw new InputException(
          "%s looks at windows of %d pixels, and %s at windows of %d, so that it cannot rate the boxes there: give its stored posteriors instead"
              .formatted(
                  rater.name(),
                  rater.preprocessing().crop(),
                  finder.name(),
                  finder.preprocessing().crop()));
    }
  }

  /**
   * Finds boxes.
   *
   * @return for each image, for each of its labels, the boxes in its pixels, in the order of the
   *     networks, scales and windows; they may reach beyond the image
   * @throws InputException if an image needs more memory than is available
   * @throws org.vgg4j.image.UnreadableImageException if one is too elongated to be rescaled
   */
  @Override
  public List<List<List<ScoredBox>>> find(List<Question> questions) {
    Map<Place, double[][][]> ratings = ratings(questions);
    List<List<List<ScoredBox>>> found = new ArrayList<>();
    for (Question question : questions) {
      List<List<ScoredBox>> ofImage = new ArrayList<>();
      for (int unused : question.labels()) {
        ofImage.add(new ArrayList<>());
      }
      found.add(ofImage);
    }
    for (Looking finder : finders) {
      finder
          .views()
          .look(
              rescaled(finder, questions),
              (view, outputs) -> {
                Question question = questions.get(view.image());
                double[][][] ofView = ratings.get(place(view));
                add(finder, question, view, outputs, ofView, found.get(view.image()));
              });
    }
    return found;
  }

  private static List<List<RgbImage>> rescaled(Looking looking, List<Question> questions) {
    return questions.stream().map(question -> looking.views().rescale(question.image())).toList();
  }

  private static Place place(View view) {
    return new Place(view.image(), Rescale.Size.of(view.rescaled()));
  }

  /** The mean posterior of the raters for each label in each window: {@code [rows][columns][]}. */
  private Map<Place, double[][][]> ratings(List<Question> questions) {
    Map<Place, double[][][]> ratings = new HashMap<>();
    for (Looking rater : raters) {
      rater
          .views()
          .look(
              rescaled(rater, questions),
              (view, outputs) -> {
                int[] labels = questions.get(view.image()).labels();
                double[][][] sums =
                    ratings.computeIfAbsent(
                        place(view),
                        key -> new double[outputs.rows()][outputs.columns()][labels.length]);
                for (int row = 0; row < outputs.rows(); row++) {
                  for (int column = 0; column < outputs.columns(); column++) {
                    float[] posteriors = outputs.posteriors(row, column);
                    for (int k = 0; k < labels.length; k++) {
                      double posterior = posteriors[rater.columns()[labels[k]]];
                      sums[row][column][k] += posterior / raters.size();
                    }
                  }
                }
              });
    }
    return ratings;
  }

  private static void add(
      Looking finder,
      Question question,
      View view,
      ViewOutputs outputs,
      double @Nullable [][][] ratings,
      List<List<ScoredBox>> found) {
    int crop = finder.member().preprocessing().crop();
    double acrossScale = (double) question.image().width() / view.width();
    double downScale = (double) question.image().height() / view.height();
    for (int row = 0; row < outputs.rows(); row++) {
      for (int column = 0; column < outputs.columns(); column++) {
        double left = ViewOutputs.STRIDE * column;
        double top = ViewOutputs.STRIDE * row;
        for (int k = 0; k < question.labels().length; k++) {
          int label = question.labels()[k];
          CropBox box = outputs.box(row, column, finder.columns()[label]);
          Box there = Box.inCrop(box, crop);
          Box original =
              new Box(
                  (left + there.left()) * acrossScale,
                  (top + there.top()) * downScale,
                  (left + there.right()) * acrossScale,
                  (top + there.bottom()) * downScale);
          double score = ratings == null ? question.posteriors()[k] : ratings[row][column][k];
          found.get(k).add(new ScoredBox(label, original, score));
        }
      }
    }
  }
}
