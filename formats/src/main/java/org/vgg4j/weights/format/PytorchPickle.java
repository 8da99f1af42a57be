package org.vgg4j.weights.format;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.NumberType;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * Interprets tensors, their storages, and dicts in a PyTorch pickle. Everything else that it names
 * remains a record of name and arguments.
 */
final class PytorchPickle implements Pickle.Calls {
  /** Storages are kept outside the pickle, in one of two ways. */
  interface Storages {
    /** The position of a storage's first number in the file. */
    long position(Storage storage);
  }

  /**
   * A run of numbers that holds tensors.
   *
   * @param key its name
   * @param type of its numbers
   * @param length how many there are
   * @param offset start of the view, if it is one
   */
  record Storage(String key, NumberType type, long length, long offset) {}

  /**
   * A tensor whose storage has no known position yet.
   *
   * @param offset offset of its first element in the storage, in elements
   */
  record PickledTensor(Storage storage, long offset, List<Integer> shape, List<Long> strides) {
    StoredTensor in(Path file, String name, Storages storages) {
      long first = storages.position(storage) + offset * storage.type().bytes();
      StoredTensor tensor =
          shape.isEmpty()
              ? StoredTensor.contiguous(name, file, first, storage.type(), shape)
              : new StoredTensor(name, file, first, storage.type(), shape, strides);
      long elements = tensor.extent() / storage.type().bytes();
      if (offset < 0 || elements > storage.length() - offset) {
        throw new InputException(
            "%s: tensor '%s' goes beyond its storage of %d numbers: the file is broken, get it again"
                .formatted(file, name, storage.length()));
      }
      return tensor;
    }
  }

  private static final Map<String, NumberType> STORAGES =
      Map.ofEntries(
          Map.entry("torch DoubleStorage", NumberType.F64),
          Map.entry("torch FloatStorage", NumberType.F32),
          Map.entry("torch HalfStorage", NumberType.F16),
          Map.entry("torch BFloat16Storage", NumberType.BF16),
          Map.entry("torch LongStorage", NumberType.I64),
          Map.entry("torch IntStorage", NumberType.I32),
          Map.entry("torch ShortStorage", NumberType.I16),
          Map.entry("torch CharStorage", NumberType.I8),
          Map.entry("torch ByteStorage", NumberType.I8),
          Map.entry("torch BoolStorage", NumberType.I8),
          Map.entry("torch ComplexFloatStorage", NumberType.C64),
          Map.entry("torch ComplexDoubleStorage", NumberType.C128),
          // quantised numbers, and bytes whose type the tensor states
          Map.entry("torch QInt8Storage", NumberType.I8),
          Map.entry("torch QUInt8Storage", NumberType.I8),
          Map.entry("torch QInt32Storage", NumberType.I32),
          Map.entry("torch.storage UntypedStorage", NumberType.I8));

  private static final int MOST_PAIRS = 1_000_000;
  private static final int MOST_AXES = 8;

  private long pairsSeen;

  /** The storages seen so far, by key. */
  private final Map<String, Storage> storages = new LinkedHashMap<>();

  /** The storages that the pickle refers to, by key. */
  Map<String, Storage> storages() {
    return storages;
  }

  /** Returns a Python name in its usual notation, without unprintable characters. */
  static String printable(String name) {
    String shown = name.length() > 80 ? name.substring(0, 80) : name;
    return shown.replaceAll("[^ -~]", "?").replace(' ', '.');
  }

  @Override
  public Object call(Pickle.Global function, Pickle.Sequence arguments) {
    List<Object> items = arguments.items();
    return switch (function.name()) {
      case "collections OrderedDict" -> orderedDict(items);
      // the arguments of a defaultdict or Counter come before the entries
      case "collections defaultdict" -> new Pickle.Dictionary();
      case "torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2" ->
          items.isEmpty() || !(items.get(0) instanceof Storage) || isLazy(items)
              ? new Pickle.Opaque(function.name(), arguments)
              : tensor(items);
      case "torch._utils _rebuild_parameter", "torch._utils _rebuild_parameter_with_state" ->
          items.isEmpty() ? new Pickle.Opaque(function.name(), arguments) : items.get(0);
      case "torch._tensor _rebuild_from_type", "torch._tensor _rebuild_from_type_v2" ->
          labelled(function, arguments);
      case "copyreg _reconstructor", "copy_reg _reconstructor", "copyreg __newobj__" ->
          items.isEmpty() || !(items.get(0) instanceof Pickle.Global type)
              ? new Pickle.Opaque(function.name(), arguments)
              : new Pickle.Opaque(type.name(), arguments);
      case "torch Size" -> argument(items, 0, Pickle.Sequence.class);
      default -> new Pickle.Opaque(function.name(), arguments);
    };
  }

  /** Whether the last argument says that the numbers must still be negated or conjugated. */
  private static boolean isLazy(List<Object> items) {
    int last = 6;
    return items.size() > last
        && items.get(last) instanceof Pickle.Dictionary bits
        && !bits.entries().isEmpty();
  }

  /** Rebuilds a tensor of a subclass: (function, class, its arguments, attributes). */
  private Object labelled(Pickle.Global function, Pickle.Sequence arguments) {
    List<Object> items = arguments.items();
    return items.size() > 2
            && items.get(0) instanceof Pickle.Global rebuild
            && (rebuild.name().startsWith("torch._utils _rebuild_tensor")
                || rebuild.name().startsWith("torch._utils _rebuild_parameter"))
            && items.get(2) instanceof Pickle.Sequence inner
        ? call(rebuild, inner)
        : new Pickle.Opaque(function.name(), arguments);
  }

  /** Python 2 wrote an ordered dict as a call with a list of pairs. */
  private Pickle.Dictionary orderedDict(List<Object> items) {
    Pickle.Dictionary dictionary = new Pickle.Dictionary();
    if (!items.isEmpty()) {
      List<Object> pairs = argument(items, 0, Pickle.Sequence.class).items();
      pairsSeen += pairs.size(); // the same list may be referenced again and again
      if (pairsSeen > MOST_PAIRS) {
        throw new InputException("its pickle has more entries than any checkpoint");
      }
      for (Object item : pairs) {
        if (!(item instanceof Pickle.Sequence pair) || pair.items().size() != 2) {
          throw new InputException("its pickle has an ordered dict of things other than pairs");
        }
        dictionary.put(pair.items().get(0), pair.items().get(1));
      }
    }
    return dictionary;
  }

  private static PickledTensor tensor(List<Object> items) {
    List<Integer> shape = new ArrayList<>();
    for (Object size : axes(items, 2)) {
      if (!(size instanceof Long number) || number < 0 || number > Integer.MAX_VALUE) {
        throw new InputException("its pickle has a tensor of an impossible shape");
      }
      shape.add(number.intValue());
    }
    List<Long> strides = new ArrayList<>();
    for (Object stride : axes(items, 3)) {
      if (!(stride instanceof Long number) || number < 0) {
        throw new InputException("its pickle has a tensor of an impossible stride");
      }
      strides.add(number);
    }
    Storage storage = argument(items, 0, Storage.class);
    long offset = argument(items, 1, Long.class);
    if (offset < 0 || offset > storage.length()) {
      throw new InputException("its pickle has a tensor that begins outside its storage");
    }
    return new PickledTensor(storage, offset, List.copyOf(shape), List.copyOf(strides));
  }

  private static List<Object> axes(List<Object> items, int index) {
    List<Object> axes = argument(items, index, Pickle.Sequence.class).items();
    if (axes.size() > MOST_AXES) {
      throw new InputException("its pickle has a tensor of more than " + MOST_AXES + " axes");
    }
    return axes;
  }

  /** Returns a storage: ('storage', type, key, device, length[, view]). */
  @Override
  public Object persistent(Object identifier) {
    if (!(identifier instanceof Pickle.Sequence sequence)) {
      throw new InputException("its pickle refers to something outside it, but not by a tuple");
    }
    List<Object> items = sequence.items();
    if (items.size() > 1 && "module".equals(items.get(0))) {
      return items.get(1); // a class, with its source, which torch.save kept up to 1.5
    }
    if (items.isEmpty() || !"storage".equals(items.get(0))) {
      throw new InputException("its pickle refers to something other than a storage");
    }
    String typeName = argument(items, 1, Pickle.Global.class).name();
    NumberType type = STORAGES.get(typeName);
    if (type == null) {
      return new Pickle.Opaque(typeName, sequence);
    }
    String key = argument(items, 2, String.class);
    long length = argument(items, 4, Long.class);
    if (length < 0 || length > Long.MAX_VALUE / 16) {
      throw new InputException("its pickle has a storage of an impossible length");
    }
    Storage whole = new Storage(key, type, length, 0);
    Storage known = storages.putIfAbsent(key, whole);
    if (known != null && !known.equals(whole)) {
      throw new InputException("its pickle describes storage " + printable(key) + " in two ways");
    }
    return items.size() > 5 && items.get(5) != Pickle.NONE
        ? view(whole, argument(items, 5, Pickle.Sequence.class).items())
        : whole;
  }

  /** A part of a storage, which PyTorch had up to 0.3: (key, offset, length). */
  private static Storage view(Storage whole, List<Object> items) {
    long offset = argument(items, 1, Long.class);
    long length = argument(items, 2, Long.class);
    if (offset < 0 || length < 0 || offset > whole.length() || length > whole.length() - offset) {
      throw new InputException("its pickle has a view that goes beyond its storage");
    }
    return new Storage(whole.key(), whole.type(), length, offset);
  }

  private static <T> T argument(List<Object> items, int index, Class<T> type) {
    if (index >= items.size() || !type.isInstance(items.get(index))) {
      throw new InputException(
          "its pickle calls a function with arguments that PyTorch never uses");
    }
    return type.cast(items.get(index));
  }
}
