package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * The networks in a checkpoint, under any keys and prefixes, and which of them is meant. Where that
 * is unclear, the user is asked; nothing is guessed.
 */
final class TorchNetworks {
  /** One of them: layers by position, each with its parts by name. */
  static final class Candidate {
    private final String prefix;
    private final SortedMap<Integer, Map<String, TorchName>> features = new TreeMap<>();
    private final SortedMap<String, Map<String, TorchName>> classifier =
        new TreeMap<>(TorchName.BY_PLACE);
    private final Map<String, Map<String, TorchName>> timm = new LinkedHashMap<>();
    private final Set<TensorFile.State> states = new LinkedHashSet<>();
    private String headPrefix;
    private @Nullable Set<StoredTensor> tensors;

    private Candidate(String prefix) {
      this.prefix = prefix;
      this.headPrefix = prefix;
    }

    SortedMap<Integer, Map<String, TorchName>> features() {
      return features;
    }

    SortedMap<String, Map<String, TorchName>> classifier() {
      return classifier;
    }

    Map<String, Map<String, TorchName>> timm() {
      return timm;
    }

    /** The state dicts that its tensors are in, usually one. */
    Set<TensorFile.State> states() {
      return states;
    }

    /** The keys and names that lead to it, with dots between; empty if there are none. */
    String address() {
      return prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
    }

    private String shown() {
      return prefix.isEmpty() ? "(no key)" : address();
    }

    boolean owns(TorchName name) {
      boolean ofHead = name.kind() != TorchName.Kind.FEATURES;
      return name.kind() != TorchName.Kind.OTHER
          && name.prefix().equals(ofHead ? headPrefix : prefix);
    }

    private boolean hasHead() {
      return !classifier.isEmpty() || !timm.isEmpty();
    }

    private void add(TorchName name) {
      states.add(name.state());
      Map<String, TorchName> parts =
          switch (name.kind()) {
            case FEATURES ->
                features.computeIfAbsent(
                    Integer.valueOf(name.layer()), key -> new LinkedHashMap<>());
            case CLASSIFIER ->
                classifier.computeIfAbsent(name.layer(), key -> new LinkedHashMap<>());
            default -> timm.computeIfAbsent(name.layer(), key -> new LinkedHashMap<>());
          };
      TorchName before = parts.putIfAbsent(name.part(), name);
      if (before != null && !isSame(before.tensor(), name.tensor())) {
        throw new InputException(
            "it has two tensors where there should be one, %s and %s: save the state dict of the network alone"
                .formatted(
                    before.state().address(before.name()), name.state().address(name.name())));
      }
    }

    private static boolean isSame(@Nullable StoredTensor a, @Nullable StoredTensor b) {
      return a != null && b != null && a.isAt(b);
    }

    private void takeHead(Candidate other) {
      classifier.putAll(other.classifier);
      timm.putAll(other.timm);
      states.addAll(other.states);
      headPrefix = other.prefix;
    }

    private boolean hasConvolution() {
      return features.values().stream()
          .flatMap(parts -> parts.values().stream())
          .map(TorchName::tensor)
          .anyMatch(tensor -> tensor != null && tensor.shape().size() == 4);
    }

    /** Whether it contains that tensor under any name. */
    boolean holds(StoredTensor tensor) {
      return tensors().contains(tensor.named(""));
    }

    private boolean isSameAs(Candidate other) {
      return tensors().equals(other.tensors());
    }

    /** Its tensors, without their names. */
    private Set<StoredTensor> tensors() {
      if (tensors == null) {
        tensors = allTensors();
      }
      return tensors;
    }

    private Set<StoredTensor> allTensors() {
      Set<StoredTensor> all = new LinkedHashSet<>();
      for (Map<?, Map<String, TorchName>> layers : List.of(features, classifier, timm)) {
        layers
            .values()
            .forEach(
                parts ->
                    parts
                        .values()
                        .forEach(
                            name -> {
                              StoredTensor tensor = name.tensor();
                              if (tensor != null) {
                                all.add(tensor.named(""));
                              }
                            }));
      }
      return all;
    }
  }

  /** Keys of the weights themselves, rather than an average of them, in order of preference. */
  static final List<String> PLACES =
      List.of("", "state_dict", "model_state_dict", "model", "net", "weights");

  /** Names of networks that only judge another one. */
  private static final Pattern JUDGES =
      Pattern.compile(
          "(?i)(.*[._])?(loss(es)?|criterion|lpips|perceptual|metrics?)([._]?(fn|fun|func|net))?([._].*)?");

  private static final Pattern LPIPS = Pattern.compile("(.*\\.)?lins?\\.?\\d\\.model\\.1\\.weight");
  private static final int MOST_NAMED = 6;
  private static final int MOST_NETWORKS = 1000;

  private final TensorFile file;
  private final List<Candidate> candidates;

  TorchNetworks(TensorFile file) {
    this.file = file;
    this.candidates = candidates(file);
  }

  private static List<Candidate> candidates(TensorFile file) {
    Map<String, Candidate> byPrefix = new LinkedHashMap<>();
    for (TensorFile.State state : file.states()) {
      for (Set<String> names : List.of(state.tensors().keySet(), state.others().keySet())) {
        for (String text : names) {
          TorchName name = TorchName.of(state, text);
          if (name.kind() != TorchName.Kind.OTHER && !TorchExtras.isCounter(text)) {
            byPrefix.computeIfAbsent(name.prefix(), Candidate::new).add(name);
          }
        }
      }
    }
    List<Candidate> networks =
        new ArrayList<>(byPrefix.values().stream().filter(Candidate::hasConvolution).toList());
    List<Candidate> heads =
        byPrefix.values().stream().filter(found -> found.features.isEmpty()).toList();
    if (networks.size() == 1
        && heads.size() == 1
        && !networks.get(0).hasHead()
        && networks.get(0).states.equals(heads.get(0).states)) {
      networks.get(0).takeHead(heads.get(0)); // a wrapper around the features alone
    }
    return networks;
  }

  /**
   * The network that is meant.
   *
   * @param wanted the keys and names that lead to it, or their beginning; null: the only one, or
   *     the one at the first of {@link #PLACES}
   * @throws InputException if there is none, or more than one
   */
  Candidate chosen(@Nullable String wanted) {
    if (candidates.isEmpty()) {
      throw none();
    }
    if (candidates.size() > MOST_NETWORKS) {
      throw new InputException(
          "it holds %d networks: save the one that you need on its own"
              .formatted(candidates.size()));
    }
    if (wanted != null) {
      return named(wanted);
    }
    List<Candidate> pool = candidates.stream().filter(Candidate::hasHead).toList();
    pool = pool.isEmpty() ? candidates : pool;
    List<Candidate> used =
        pool.stream().filter(found -> !JUDGES.matcher(found.address()).matches()).toList();
    pool = distinct(used.isEmpty() ? pool : used);
    int best = pool.stream().mapToInt(TorchNetworks::rank).min().orElseThrow();
    List<Candidate> first = pool.stream().filter(found -> rank(found) == best).toList();
    if (first.size() > 1) {
      throw new InputException(
          "it holds %d networks, %s: choose one (vgg import --state %s, for example)"
              .formatted(first.size(), list(first), first.get(0).shown()));
    }
    return first.get(0);
  }

  private InputException none() {
    List<String> names = new ArrayList<>(file.tensors().keySet());
    if (names.stream().anyMatch(name -> LPIPS.matcher(name).matches())) {
      return new InputException(
          "it is a part of LPIPS (%s), which weighs differences between features: it is not a network"
              .formatted(names.get(0)));
    }
    return new InputException(
        "its tensors are called %s%s, not features.0.weight as torchvision and timm name those of a VGG"
                .formatted(
                    String.join(", ", names.subList(0, Math.min(3, names.size()))),
                    names.size() > 3 ? " and so on" : "")
            + " network: if it is one, rename them in Python before saving");
  }

  private Candidate named(String wanted) {
    List<Candidate> found =
        candidates.stream()
            .filter(
                candidate ->
                    candidate.prefix.equals(wanted + ".")
                        || (wanted.isEmpty() && candidate.prefix.isEmpty()))
            .toList();
    if (found.isEmpty()) {
      found = candidates.stream().filter(c -> c.prefix.startsWith(wanted + ".")).toList();
    }
    if (found.isEmpty()) {
      found =
          candidates.stream().filter(c -> ("." + c.prefix).contains("." + wanted + ".")).toList();
    }
    found = distinct(found);
    if (found.size() != 1) {
      throw new InputException(
          "%s network in it is called '%s' (option state): it holds %s"
              .formatted(found.isEmpty() ? "no" : "more than one", wanted, list(candidates)));
    }
    return found.get(0);
  }

  private static List<Candidate> distinct(List<Candidate> candidates) {
    List<Candidate> distinct = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (distinct.stream().noneMatch(candidate::isSameAs)) {
        distinct.add(candidate);
      }
    }
    return distinct;
  }

  private static int rank(Candidate candidate) {
    int place = PLACES.indexOf(candidate.states.iterator().next().path());
    return place < 0 ? PLACES.size() : place;
  }

  private static String list(List<Candidate> candidates) {
    List<String> names = candidates.stream().map(Candidate::shown).toList();
    return names.size() <= MOST_NAMED
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, MOST_NAMED)) + " and others";
  }

  /** A sentence about what else the file holds; null if nothing. */
  @Nullable String others(Candidate chosen) {
    Set<String> others = new LinkedHashSet<>();
    for (Candidate candidate : candidates) {
      if (candidate != chosen && !candidate.isSameAs(chosen)) {
        others.add(candidate.shown());
      }
    }
    for (TensorFile.State state : file.states()) {
      boolean known =
          chosen.states.contains(state)
              || candidates.stream().anyMatch(candidate -> candidate.states.contains(state));
      if (!known) {
        others.add(state.path() + " (not a VGG network)");
      }
    }
    if (others.isEmpty()) {
      return null;
    }
    List<String> named = new ArrayList<>(others);
    return "the weights are those at %s; the file also holds %s (to be chosen by vgg import --state)"
        .formatted(
            chosen.shown(),
            String.join(", ", named.subList(0, Math.min(MOST_NAMED, named.size()))));
  }
}
