package org.vgg4j.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.ForwardingDataset;
import org.vgg4j.data.Source;
import org.vgg4j.data.Split;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.weights.Provenance;

/**
 * Chooses the images that a model is measured on. Unless a part of the data set is asked for, these
 * are never images that the model was trained on: of its own training data, they are the test
 * images, or those held out. Where that is unknown, since the data seem to have changed, a note
 * says so.
 *
 * @param split the requested part; null for none
 * @param heldOut fraction held out for validation; null for that of the model's training
 * @param seed decides what is held out; null for that of the model's training
 */
public record UnseenImages(@Nullable Split split, @Nullable Double heldOut, @Nullable Long seed) {
  private static final double HELD_OUT = 0.1;
  private static final long SEED = 1;

  /**
   * Opens the images.
   *
   * @param data a word or a path, see {@link DataSources}
   * @param provenance of the model; null if unknown, in which case it is taken to have been trained
   *     on other data
   * @throws InputException if there is no such data set or part, something is wrong with it, or
   *     what was held out is asked for of data that seem to have changed since the model's training
   */
  public Dataset open(String data, @Nullable Provenance provenance) {
    return open(new Plain(data), provenance);
  }

  /**
   * Opens the images, with boxes.
   *
   * @param data a word or a path, see {@link DataSources}
   * @param boxes where the boxes are; null: beside the images
   * @param provenance as above
   * @throws InputException if there is no such data set or part, something is wrong with it, or it
   *     has no boxes
   */
  public Dataset openBoxed(String data, @Nullable Path boxes, @Nullable Provenance provenance) {
    return open(new Boxed(data, boxes), provenance);
  }

  /**
   * Opens the images, with several labels each.
   *
   * @param data the path of a folder
   * @param labels what the images show, see {@link DataSources#openLabelSets}
   * @param provenance as above
   * @throws InputException if there is no such data set or part, something is wrong with it, or the
   *     model was trained on the images with other labels, by which some were held out
   */
  public Dataset openLabelSets(String data, String labels, @Nullable Provenance provenance) {
    if (provenance != null) {
      requireKnownHeldOut(data, labels, provenance);
    }
    return open(new Labels(data, labels), provenance);
  }

  /** Labels decide which images are held out, so when they have changed nobody knows which were. */
  private void requireKnownHeldOut(String data, String labels, Provenance provenance) {
    Source source = DataSources.labelSets(data, labels);
    String then = provenance.datasetFingerprint();
    boolean relabelled =
        !source.fingerprint().equals(then)
            && Fingerprint.areOfSameImages(source.fingerprint(), then);
    boolean holdsOut =
        source.validation() == null
            && (split == Split.VAL || (split == null && source.test() == null));
    if (relabelled && holdsOut) {
      throw new InputException(
          "the model was trained on the images of %s with other labels than those of %s, which decide what is held out, so that it is unknown which images it has not seen: restore the labels, or say in a column part which images to measure it on"
              .formatted(data, labels));
    }
  }

  /**
   * Opens the images on which what belongs to a model is chosen, so that the test images stay
   * unseen for measuring it: unless a part is asked for, the validation images, or those held out;
   * of a data set without parts that the model was not trained on, all.
   *
   * @param data as above
   * @param provenance as above
   * @throws InputException as above, or if the part is one that the model was trained on
   */
  public Dataset openForChoices(String data, @Nullable Provenance provenance) {
    boolean learnt =
        provenance != null && DataSources.fingerprint(data).equals(provenance.datasetFingerprint());
    if (learnt && split == Split.TRAIN) {
      throw new InputException(
          "the model was trained on split train of %s, and is surer of these images than of others: take split val, or other images"
              .formatted(data));
    }
    boolean all = split == null && !learnt && DataSources.recognise(data).parts().size() == 1;
    Split part = split != null || all ? split : Split.VAL;
    return new UnseenImages(part, heldOut, seed)
        .open(new Plain(data), provenance, split == Split.VAL);
  }

  /**
   * Returns the ids of the images that a model learnt from; none if it was trained on others.
   *
   * @param data as above
   * @throws InputException if there is no such data set, or something is wrong with it
   */
  public static Set<String> learnt(String data, @Nullable Provenance provenance) {
    return learnt(new Plain(data), provenance);
  }

  /**
   * Returns the ids of the images with boxes that a model learnt from; none if it was trained on
   * others.
   *
   * @param data as above
   * @param boxes where they are; null: beside the images
   * @throws InputException if there is no such data set, or something is wrong with it
   */
  public static Set<String> learntBoxes(
      String data, @Nullable Path boxes, @Nullable Provenance provenance) {
    return learnt(new Boxed(data, boxes), provenance);
  }

  /**
   * Returns the ids of the images with several labels each that a model learnt from; none if it was
   * trained on others.
   *
   * @param data as above
   * @param labels what the images show
   * @throws InputException if there is no such data set, or something is wrong with it
   */
  public static Set<String> learntLabels(
      String data, String labels, @Nullable Provenance provenance) {
    return learnt(new Labels(data, labels), provenance);
  }

  private static Set<String> learnt(Opener data, @Nullable Provenance provenance) {
    if (provenance == null
        || !data.source().fingerprint().equals(provenance.datasetFingerprint())) {
      return Set.of();
    }
    Map<String, Object> options = provenance.configuration();
    Dataset train =
        data.splits(
                number(options, "limit", 0).intValue(),
                number(options, "held-out", HELD_OUT).doubleValue(),
                number(options, "seed", SEED).longValue())
            .train();
    return IntStream.range(0, train.size()).mapToObj(train::id).collect(Collectors.toSet());
  }

  /**
   * Returns how many of some images a model learnt from.
   *
   * @param learnt their ids, as {@link #learnt} and its like return them
   */
  public static int count(Dataset images, Set<String> learnt) {
    return (int)
        IntStream.range(0, images.size()).mapToObj(images::id).filter(learnt::contains).count();
  }

  /** How a data set is opened. */
  private interface Opener {
    String data();

    Source source();

    Dataset part(@Nullable Split split, int limit, double heldOut, long seed);

    DataSplits splits(int limit, double heldOut, long seed);
  }

  private record Plain(String data) implements Opener {
    @Override
    public Source source() {
      return DataSources.source(data);
    }

    @Override
    public Dataset part(@Nullable Split split, int limit, double heldOut, long seed) {
      return DataSources.openLabelled(data, split, limit, heldOut, seed);
    }

    @Override
    public DataSplits splits(int limit, double heldOut, long seed) {
      return DataSources.open(data, limit, heldOut, seed);
    }
  }

  private record Boxed(String data, @Nullable Path boxes) implements Opener {
    @Override
    public Source source() {
      return DataSources.boxed(data, boxes);
    }

    @Override
    public Dataset part(@Nullable Split split, int limit, double heldOut, long seed) {
      return DataSources.openLabelledBoxed(data, boxes, split, limit, heldOut, seed);
    }

    @Override
    public DataSplits splits(int limit, double heldOut, long seed) {
      return DataSources.openBoxed(data, boxes, limit, heldOut, seed);
    }
  }

  private record Labels(String data, String labels) implements Opener {
    @Override
    public Source source() {
      return DataSources.labelSets(data, labels);
    }

    @Override
    public Dataset part(@Nullable Split split, int limit, double heldOut, long seed) {
      return DataSources.openLabelSetsPart(data, labels, split, limit, heldOut, seed);
    }

    @Override
    public DataSplits splits(int limit, double heldOut, long seed) {
      return DataSources.openLabelSets(data, labels, limit, heldOut, seed);
    }
  }

  private Dataset open(Opener data, @Nullable Provenance provenance) {
    return open(data, provenance, split == Split.VAL);
  }

  /**
   * @param heldOutAsked whether the user wants what was held out
   */
  private Dataset open(Opener data, @Nullable Provenance provenance, boolean heldOutAsked) {
    Map<String, Object> options = Map.of();
    boolean learnt = false;
    String perhapsLearnt = null; // the name
    if (provenance != null) {
      Source source = data.source();
      learnt = source.fingerprint().equals(provenance.datasetFingerprint());
      if (learnt) {
        options = provenance.configuration();
      } else if (isOfTraining(source) && provenance.dataset().equals(source.name())) {
        perhapsLearnt = source.name();
      }
    }
    if (perhapsLearnt != null && heldOutAsked) {
      throw new InputException(
          "%s is not the %s that the model was trained on, or has changed since, so that it is unknown which images were held out then: restore it, or leave out option split if these are other images"
              .formatted(data.data(), perhapsLearnt));
    }
    double fraction =
        heldOut != null ? heldOut : number(options, "held-out", HELD_OUT).doubleValue();
    int limit = number(options, "limit", 0).intValue();
    long draw = seed != null ? seed : number(options, "seed", SEED).longValue();
    if (split != null || !learnt) {
      Dataset part = data.part(split, limit, fraction, draw);
      return perhapsLearnt != null ? new PerhapsLearnt(part, perhapsLearnt) : part;
    }
    DataSplits splits = data.splits(limit, fraction, draw);
    Dataset test = splits.test();
    return test != null ? test : splits.validation();
  }

  /** Whether what is measured would be taken from what is there to be learnt from. */
  private boolean isOfTraining(Source source) {
    return source.validation() == null
        && (split == Split.VAL || (split == null && source.test() == null));
  }

  /** Images of a data set that is called like that of the model's training, but is not the same. */
  private static final class PerhapsLearnt extends ForwardingDataset {
    private final String called;

    PerhapsLearnt(Dataset whole, String called) {
      super(whole);
      this.called = called;
    }

    @Override
    public List<String> notes() {
      List<String> notes = new ArrayList<>(whole().notes());
      notes.add(
          "%s is called like what the model was trained on, but is not the same: if it has changed since, the model has seen most of these images, and is right about them more often than about others"
              .formatted(called));
      return notes;
    }
  }

  private static Number number(Map<String, Object> options, String name, Number otherwise) {
    return options.get(name) instanceof Number value ? value : otherwise;
  }
}
