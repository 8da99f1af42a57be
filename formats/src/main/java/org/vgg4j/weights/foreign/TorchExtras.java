package org.vgg4j.weights.foreign;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Rgb;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/**
 * What a state dict holds besides the layers of its network. Counters, losses and metrics do not
 * affect the scores and are passed over; the mean and deviation of images say how these are
 * prepared; anything else may affect the scores, and ends the import.
 */
final class TorchExtras {
  /**
   * Parts of layers: the batch counter of batch norms, and what tools that count operations leave
   * behind.
   */
  private static final Set<String> COUNTERS =
      Set.of("num_batches_tracked", "total_ops", "total_params");

  private static final Set<String> NUMBERS =
      Set.of(
          "n_averaged",
          "num_classes",
          "num_updates",
          "epoch",
          "epochs",
          "step",
          "global_step",
          "iter",
          "iteration",
          "version",
          "seed",
          "best_acc",
          "best_acc1",
          "lr",
          "decay",
          "total_ops",
          "total_params");

  private static final Pattern BESIDE =
      Pattern.compile(
          "(?i)(.*_)?((criterion|criteria|loss|losses|lossfn|lpips|perceptual)\\d?(_.*)?"
              + "|metrics?|acc[15]?|accuracy|auroc|confmat|cross_entropy|bce|nll)");

  private static final Set<String> WEIGHTS_OF_LOSSES =
      Set.of("class_weight", "class_weights", "pos_weight", "loss_weight", "loss_weights");

  private static final Pattern COLOUR =
      Pattern.compile("(?i)_*((pixel|image|img|input|norm|data|rgb|imagenet)_)?(mean|std)");

  /** Modules that prepare images, whose mean and deviation may be single numbers. */
  private static final Pattern OF_IMAGES =
      Pattern.compile("(?i).*(norm|image|img|pixel|preproc|transform|input|rgb|colou?r).*");

  /** Modules whose mean and deviation are those of something else; a sandbox is no box. */
  private static final Pattern OF_OTHERS =
      Pattern.compile("(?i)(.*[^a-z])?(target|label|output|b?box|score|logit).*");

  private static final Pattern PLACE = Pattern.compile("\\d{1,4}");

  private static final int MOST_NAMED = 5;

  /** How far, on a scale to 1, a mean may be from ImageNet's and still be meant for it. */
  private static final double NEAR = 0.01;

  private static final int LARGEST_FRACTION = 2; // larger means and deviations are in grey levels

  private final TorchNetworks.Candidate network;
  private final boolean isNamed;
  private final Set<String> passedOver = new LinkedHashSet<>();
  private final Map<String, StoredTensor> colours = new TreeMap<>();

  /**
   * Looks through the state dicts of a network.
   *
   * @param isNamed whether the user named the network, so that nothing outside it is part of it
   * @throws InputException if there is something that may be part of the network
   */
  TorchExtras(TorchNetworks.Candidate network, boolean isNamed) {
    this.network = network;
    this.isNamed = isNamed;
    for (TensorFile.State state : network.states()) {
      state.tensors().keySet().forEach(name -> sort(TorchName.of(state, name)));
    }
  }

  /** Whether it is a counter in a layer, which does not affect the scores. */
  static boolean isCounter(String name) {
    return COUNTERS.contains(last(name));
  }

  private static String last(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private void sort(TorchName found) {
    String name = found.name();
    StoredTensor tensor = Objects.requireNonNull(found.tensor());
    if (name.endsWith("num_batches_tracked") || (network.owns(found) && !isCounter(name))) {
      return;
    }
    if (network.holds(tensor)) {
      return; // the same layer under another name
    }
    String address = found.state().address(name);
    boolean within = network.address().isEmpty() || address.startsWith(network.address() + ".");
    if (isCounter(name) || isBeside(name, tensor) || (isNamed && !within)) {
      passedOver.add(name);
    } else if (isOfImages(address) && (tensor.length() == 3 || isOfAllColours(address, tensor))) {
      boolean isStd = last(name).toLowerCase(Locale.ROOT).endsWith("std");
      if (colours.put(isStd ? "std" : "mean", tensor) != null) {
        throw unknown(name, within);
      }
    } else {
      throw unknown(name, within);
    }
  }

  /** Whether the name is that of a mean or deviation, and of nothing that is said to be another. */
  private boolean isOfImages(String address) {
    return COLOUR.matcher(last(address)).matches()
        && !OF_OTHERS.matcher(beyond(address, network.address())).matches();
  }

  /** What of an address is not part of the way to another, whose names say nothing of it. */
  private static String beyond(String address, String other) {
    String[] names = address.split("\\.");
    String[] others = other.split("\\.");
    int common = 0;
    while (common < Math.min(names.length, others.length) && names[common].equals(others[common])) {
      common++;
    }
    return String.join(".", List.of(names).subList(common, names.length));
  }

  /**
   * Whether it is one number that counts for all colours. Many things have a mean: it must be the
   * network's own, called one of images, or come before the network in a Sequential.
   */
  private boolean isOfAllColours(String address, StoredTensor tensor) {
    String path = beyond(address, network.address());
    String module = path.substring(0, Math.max(0, path.lastIndexOf('.')));
    boolean named = !last(address).matches("(?i)_*(mean|std)");
    boolean counts =
        module.isEmpty()
            || named
            || OF_IMAGES.matcher(last(module)).matches()
            || isBefore(first(module), first(beyond(network.address(), address)));
    return tensor.length() == 1 && counts;
  }

  private static boolean isBefore(String place, String other) {
    return PLACE.matcher(place).matches()
        && PLACE.matcher(other).matches()
        && Integer.parseInt(place) < Integer.parseInt(other);
  }

  private static String first(String path) {
    return path.split("\\.", 2)[0];
  }

  private static boolean isBeside(String name, StoredTensor tensor) {
    if (WEIGHTS_OF_LOSSES.contains(last(name))
        || (tensor.length() == 1 && NUMBERS.contains(last(name)))) {
      return true;
    }
    for (String segment : name.split("\\.")) {
      if (BESIDE.matcher(segment).matches()) {
        return true;
      }
    }
    return false;
  }

  private InputException unknown(String name, boolean within) {
    return new InputException(
        "it has tensors that no VGG network has, such as %s: if they affect its scores, it is"
                .formatted(name)
            + " another network; if not, "
            + (within
                ? "delete them from the state dict in Python before saving"
                : "choose the network in it (vgg import --state " + network.address() + ")"));
  }

  /** A sentence about what was passed over; null if nothing was. */
  @Nullable String passedOver() {
    if (passedOver.isEmpty()) {
      return null;
    }
    List<String> names = List.copyOf(passedOver);
    return "passed over, since the scores do not depend on it: %s%s"
        .formatted(
            String.join(", ", names.subList(0, Math.min(MOST_NAMED, names.size()))),
            names.size() > MOST_NAMED ? " and %d more".formatted(names.size() - MOST_NAMED) : "");
  }

  /**
   * How images must be prepared, if a mean and deviation among the tensors say so; otherwise null.
   */
  @Nullable Profile profile() {
    StoredTensor mean = colours.get("mean");
    if (mean == null) {
      if (colours.isEmpty()) {
        return null;
      }
      throw new InputException(
          "it has a tensor std, but no mean: delete it from the state dict in Python, and name the"
              + " preprocessing (vgg import --profile)");
    }
    Rgb means = rgb(mean);
    Rgb deviations = colours.containsKey("std") ? rgb(colours.get("std")) : Rgb.ONE;
    for (Profile known : List.of(Profile.TORCHVISION, Profile.PAPER)) {
      if (isClose(known.mean(), means) && isClose(known.std(), deviations)) {
        return known;
      }
    }
    Rgb turned = new Rgb(means.blue(), means.green(), means.red());
    for (Profile known : List.of(Profile.CAFFE, Profile.VGG_FACE)) {
      if (isClose(known.mean(), turned) && isClose(Rgb.ONE, deviations)) {
        return known;
      }
    }
    if (means.equals(Rgb.ZERO) && deviations.equals(Rgb.ONE)) {
      throw unclear(
          "its tensors mean and std, 0 and 1, do not say whether pixels are 0..1 or 0..255");
    }
    float range = Math.max(largest(means), largest(deviations)) > LARGEST_FRACTION ? 255 : 1;
    String misfit = ProfileText.misfit(means, deviations, range);
    if (misfit != null) {
      throw unclear(
          "its tensors mean and std do not say how images are prepared: %s".formatted(misfit));
    }
    for (Profile known : List.of(Profile.PAPER, Profile.VGG_FACE)) {
      if (isNear(known.mean(), 255, turned, range)) {
        throw unclear(
            "its tensor mean, (%s), is %s in the order blue, green, red, and does not say whether the network takes its colours in that order"
                .formatted(
                    ProfileText.numbers(ChannelOrder.RGB, means, ", "),
                    known.equals(Profile.PAPER) ? "ImageNet's" : "VGG-Face's"));
      }
    }
    return Profile.of(ChannelOrder.RGB, range, means, deviations);
  }

  private static InputException unclear(String what) {
    return new InputException(
        what
            + ": delete them from the state dict in Python, and name the preprocessing (vgg import"
            + " --profile)");
  }

  private static boolean isNear(Rgb a, float rangeOfA, Rgb b, float rangeOfB) {
    for (int channel = 0; channel < 3; channel++) {
      if (!(Math.abs(a.channel(channel) / rangeOfA - b.channel(channel) / rangeOfB) < NEAR)) {
        return false;
      }
    }
    return true;
  }

  private static float largest(Rgb values) {
    return Math.max(values.red(), Math.max(values.green(), values.blue()));
  }

  private static Rgb rgb(@Nullable StoredTensor tensor) {
    StoredTensor stored = Objects.requireNonNull(tensor).named("colours");
    float[] values = Objects.requireNonNull(TensorReader.read(List.of(stored)).get("colours"));
    return values.length == 1
        ? new Rgb(values[0], values[0], values[0])
        : new Rgb(values[0], values[1], values[2]);
  }

  private static boolean isClose(Rgb a, Rgb b) {
    double tolerance = 1e-3 * Math.max(1, Math.abs(a.red()));
    return Math.abs(a.red() - b.red()) < tolerance
        && Math.abs(a.green() - b.green()) < tolerance
        && Math.abs(a.blue() - b.blue()) < tolerance;
  }
}
