package org.vgg4j.weights.format;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * Finds the state dicts in an object that torch.save wrote: the object itself, or dicts in it, at
 * any key. A state dict is a dict (of any class) that has names such as conv.weight.
 */
final class StateDicts {
  private static final Pattern WEIGHT = Pattern.compile(".+\\.weight\\b.*|\\d+\\.weight.*");
  private static final int DEEPEST = 5;
  private static final int MOST_VALUES = 200_000; // limit for dicts and lists that are searched
  private static final int LONGEST_KEY = 200;
  private static final int LONGEST_LIST =
      16; // limit for state dicts; with more, they are records of something else

  /** A value to search, and where it was found. */
  private record Place(String path, int depth, Object value) {}

  private final Path file;
  private final PytorchPickle.Storages storages;
  private final List<TensorFile.State> states = new ArrayList<>();
  private final Deque<Place> waiting = new ArrayDeque<>();
  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private @Nullable Place module;

  private StateDicts(Path file, PytorchPickle.Storages storages) {
    this.file = file;
    this.storages = storages;
  }

  /**
   * Returns all state dicts, the outer ones first.
   *
   * @param root the object in the pickle
   * @throws InputException if there is none
   */
  static List<TensorFile.State> of(Path file, Object root, PytorchPickle.Storages storages) {
    StateDicts search = new StateDicts(file, storages);
    search.waiting.add(new Place("", 0, root));
    while (!search.waiting.isEmpty()) {
      search.look(search.waiting.remove());
    }
    if (search.states.isEmpty()) {
      throw search.none();
    }
    return search.states;
  }

  private InputException none() {
    if (module != null) {
      String name = PytorchPickle.printable(((Pickle.Opaque) module.value()).name());
      return new InputException(
          "it holds a whole model%s (an object of class %s), which is a program, not its weights: in"
                  .formatted(module.path().isEmpty() ? "" : " under " + module.path(), name)
              + " Python, where that class is, torch.save(torch.load(FILE)%s.state_dict(), OTHER)"
                  .formatted(module.path().isEmpty() ? "" : "['" + module.path() + "']")
              + " writes the weights alone");
    }
    return new InputException(
        "it holds no state dict, at no key: in Python, torch.save(model.state_dict(), FILE) writes"
            + " one");
  }

  private void look(Place place) {
    Object value = place.value();
    if (place.depth() > DEEPEST || seen.size() > MOST_VALUES || !seen.add(value)) {
      return;
    }
    if (value instanceof Pickle.Dictionary dictionary) {
      lookInto(place, dictionary);
    } else if (value instanceof Pickle.Sequence list && list.items().size() <= LONGEST_LIST) {
      for (int i = 0; i < list.items().size(); i++) {
        add(place, String.valueOf(i), list.items().get(i));
      }
    } else if (value instanceof Pickle.Opaque object) {
      lookInto(place, object);
    }
  }

  private void lookInto(Place place, Pickle.Opaque object) {
    Object state = object.state();
    // objects with slots have a pair: the attributes in a dict, and those in slots
    if (state instanceof Pickle.Sequence pair && pair.items().size() == 2) {
      state = pair.items().get(1) == Pickle.NONE ? pair.items().get(0) : pair.items().get(1);
    }
    if (state instanceof Pickle.Dictionary attributes) {
      if (attributes.entries().containsKey("_parameters")
          && attributes.entries().containsKey("_modules")) {
        module = module == null ? place : module;
        return;
      }
      lookInto(place, attributes);
    }
    if (object.entries() != null) {
      lookInto(place, object.entries());
    }
  }

  private void lookInto(Place place, Pickle.Dictionary dictionary) {
    if (dictionary.entries().entrySet().stream().anyMatch(StateDicts::isWeight)) {
      states.add(state(place.path(), dictionary));
    }
    dictionary.entries().forEach((key, value) -> add(place, String.valueOf(key), value));
  }

  private void add(Place place, String key, Object value) {
    boolean container =
        value instanceof Pickle.Dictionary
            || value instanceof Pickle.Sequence
            || value instanceof Pickle.Opaque;
    if (container && key.length() <= LONGEST_KEY) {
      String path = place.path().isEmpty() ? key : place.path() + "." + key;
      waiting.add(new Place(path, place.depth() + 1, value));
    }
  }

  private static boolean isWeight(Map.Entry<Object, Object> entry) {
    return entry.getKey() instanceof String name
        && (entry.getValue() instanceof PytorchPickle.PickledTensor
            || entry.getValue() instanceof Pickle.Opaque)
        && WEIGHT.matcher(name).matches();
  }

  private TensorFile.State state(String path, Pickle.Dictionary dictionary) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    Map<String, String> others = new LinkedHashMap<>();
    dictionary
        .entries()
        .forEach(
            (key, value) -> {
              if (!(key instanceof String name)) {
                return;
              }
              if (value instanceof PytorchPickle.PickledTensor tensor) {
                tensors.put(name, tensor.in(file, name, storages));
              } else if (value instanceof Pickle.Opaque object) {
                others.put(name, PytorchPickle.printable(object.name()));
              } else if (value instanceof Pickle.Sequence) {
                others.put(name, "a tuple or list");
              }
            });
    return new TensorFile.State(path, tensors, others);
  }
}
