package org.vgg4j.weights.format;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * Reads a pickle, Python's serialised objects, without executing anything: a pickle is a program
 * that may call any function; this class interprets its opcodes, but calls none. Calls that {@link
 * Calls} does not know become a record of the request ({@link Opaque}). Memory and time grow with
 * the length of the pickle, which the caller must bound; nothing here recurses into nested objects.
 *
 * <p>Protocols 0 to 5. Values come as String, Long, Double, Boolean, {@link #NONE}, byte[] (also
 * for integers of more than 64 bits), {@link Sequence}, {@link Dictionary}, {@link Global}, {@link
 * Opaque}, and the results of {@link Calls}.
 */
final class Pickle {
  /** Handles what a pickle asks for beyond plain values. */
  interface Calls {
    /** Returns the result of a function or class for arguments; an Opaque if it is unknown. */
    Object call(Global function, Sequence arguments);

    /** Returns the object that is kept outside the pickle under that identifier. */
    Object persistent(Object identifier);
  }

  /** A name in Python: module, space, name. */
  record Global(String name) {}

  /**
   * An object that is known only as the pickle describes it: the function or class that would have
   * made it, and what would then have been put into it. Compared by identity.
   */
  static final class Opaque {
    private final String name;
    private final Object arguments;
    private @Nullable Dictionary entries;
    private @Nullable Object state;

    Opaque(String name, Object arguments) {
      this.name = name;
      this.arguments = arguments;
    }

    /** Module, space, name. */
    String name() {
      return name;
    }

    /** The arguments: a Sequence, or NONE where the pickle has something else. */
    Object arguments() {
      return arguments;
    }

    /** Its entries if its class is a kind of dict; otherwise null. */
    @Nullable Dictionary entries() {
      return entries;
    }

    /** Its attributes, usually a Dictionary; null if the pickle gives it none. */
    @Nullable Object state() {
      return state;
    }

    private Dictionary filled() {
      if (entries == null) {
        entries = new Dictionary();
      }
      return entries;
    }
  }

  /** A list, a tuple or a set. Compared by identity, so that comparing never recurses. */
  static final class Sequence {
    private final List<Object> items;

    Sequence(List<Object> items) {
      this.items = items;
    }

    List<Object> items() {
      return items;
    }
  }

  /** A dict. Compared by identity. */
  static final class Dictionary {
    private final Map<Object, Object> entries = new LinkedHashMap<>();

    Map<Object, Object> entries() {
      return entries;
    }

    void put(Object key, Object value) {
      entries.put(key, value);
    }
  }

  /** Python's None. */
  static final Object NONE =
      new Object() {
        @Override
        public String toString() {
          return "None";
        }
      };

  private static final Object MARK = new Object();
  private static final Object NOTHING = new Object();
  private static final int MOST_STEPS = 8_000_000; // a few hundred megabytes of objects at most

  private final PickleInput input;
  private final Calls calls;
  private final Deque<Object> stack = new ArrayDeque<>();
  private final Map<Long, Object> memo = new HashMap<>();

  private Pickle(PickleInput input, Calls calls) {
    this.input = input;
    this.calls = calls;
  }

  /**
   * Reads one pickle.
   *
   * @param bytes read from its position, which is then after the pickle
   * @throws InputException if it is broken, or asks for something that is not allowed; the message
   *     does not name the file
   */
  static Object read(ByteBuffer bytes, Calls calls) {
    try {
      return new Pickle(new PickleInput(bytes), calls).run();
    } catch (BufferUnderflowException e) {
      throw new InputException("its pickle ends too early: it was cut short, get it again", e);
    }
  }

  private Object run() {
    for (int step = 0; step < MOST_STEPS; step++) {
      int opcode = input.unsignedByte();
      if (opcode == '.') {
        Object result = pop();
        if (!stack.isEmpty()) {
          throw new InputException("its pickle leaves more than one object");
        }
        return result;
      }
      Object value = literal(opcode);
      if (value != NOTHING) {
        stack.push(value);
      } else if (!text(opcode)
          && !structure(opcode)
          && !mutation(opcode)
          && !reference(opcode)
          && !object(opcode)) {
        throw new InputException(
            "its pickle has opcode 0x%02x, which torch.save does not write: get it again"
                .formatted(opcode));
      }
    }
    throw new InputException(
        "its pickle has more than %d steps: save the weights alone".formatted(MOST_STEPS));
  }

  /** Opcodes that push a value. */
  private Object literal(int opcode) {
    return switch (opcode) {
      case '(' -> MARK;
      case 'N' -> NONE;
      case 0x88 -> Boolean.TRUE;
      case 0x89 -> Boolean.FALSE;
      case 'K' -> (long) input.unsignedByte();
      case 'M' -> (long) input.unsignedShort();
      case 'J' -> (long) input.signedInt();
      case 0x8a -> input.integer(input.unsignedByte());
      case 0x8b -> input.integer(input.unsignedInt());
      case 'G' -> Double.longBitsToDouble(Long.reverseBytes(input.signedLong()));
      case 'X' -> input.text(input.unsignedInt(), StandardCharsets.UTF_8);
      case 0x8c -> input.text(input.unsignedByte(), StandardCharsets.UTF_8);
      case 0x8d -> input.text(input.signedLong(), StandardCharsets.UTF_8);
      // Python 2's strings
      case 'T' -> input.text(input.unsignedInt(), StandardCharsets.ISO_8859_1);
      case 'U' -> input.text(input.unsignedByte(), StandardCharsets.ISO_8859_1);
      case 'B' -> input.raw(input.unsignedInt());
      case 'C' -> input.raw(input.unsignedByte());
      case 0x8e, 0x96 -> input.raw(input.signedLong());
      case '}' -> new Dictionary();
      case ']', ')', 0x8f -> new Sequence(new ArrayList<>());
      default -> NOTHING;
    };
  }

  /** Opcodes of protocol 0, which have their values as lines of text. */
  private boolean text(int opcode) {
    switch (opcode) {
      case 'I' -> {
        String line = input.line();
        stack.push(
            line.equals("01") ? Boolean.TRUE : line.equals("00") ? false : PickleInput.whole(line));
      }
      case 'L' -> {
        String line = input.line();
        stack.push(
            PickleInput.whole(line.endsWith("L") ? line.substring(0, line.length() - 1) : line));
      }
      case 'F' -> stack.push(PickleInput.real(input.line()));
      case 'S' -> {
        String line = input.line();
        stack.push(line.length() < 2 ? line : line.substring(1, line.length() - 1));
      }
      case 'V' -> stack.push(input.line());
      case 'p' -> memo.put(index(input.line()), peek());
      case 'g' -> stack.push(remembered(index(input.line())));
      default -> {
        return false;
      }
    }
    return true;
  }

  private static long index(String digits) {
    if (PickleInput.whole(digits) instanceof Long index) {
      return index;
    }
    throw new InputException("its pickle refers to an object that is not there");
  }

  /** Opcodes that build a value from others. */
  private boolean structure(int opcode) {
    switch (opcode) {
      case 't', 'l', 0x91 -> stack.push(new Sequence(sinceMark()));
      case 0x85 -> stack.push(new Sequence(last(1)));
      case 0x86 -> stack.push(new Sequence(last(2)));
      case 0x87 -> stack.push(new Sequence(last(3)));
      case 'd' -> {
        List<Object> items = sinceMark();
        Dictionary dictionary = new Dictionary();
        stack.push(dictionary);
        put(dictionary, items);
      }
      case '0' -> {
        if (stack.poll() == null) {
          throw new InputException("its pickle lacks an object");
        }
      }
      case '1' -> sinceMark();
      case '2' -> stack.push(peek());
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Opcodes that add values to another. */
  private boolean mutation(int opcode) {
    switch (opcode) {
      case 'a' -> {
        Object item = pop();
        add(List.of(item));
      }
      case 'e', 0x90 -> add(sinceMark());
      case 's' -> {
        List<Object> pair = last(2);
        put(dictionary(), pair);
      }
      case 'u' -> {
        List<Object> items = sinceMark();
        put(dictionary(), items);
      }
      case 'b' -> {
        Object state = pop();
        // attributes of other objects, such as the _metadata of a state dict, are not needed here
        if (peek() instanceof Opaque object) {
          object.state = state;
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Adds to the list on top of the stack; what an unknown object collects is dropped. */
  private void add(List<Object> items) {
    Object target = peek();
    if (target instanceof Sequence list) {
      list.items().addAll(items);
    } else if (!(target instanceof Opaque)) {
      throw new InputException("its pickle adds to something that is not a list or dict");
    }
  }

  private Dictionary dictionary() {
    Object target = peek();
    if (target instanceof Opaque object) {
      return object.filled();
    }
    if (!(target instanceof Dictionary dictionary)) {
      throw new InputException("its pickle adds to something that is not a list or dict");
    }
    return dictionary;
  }

  private static void put(Dictionary dictionary, List<Object> items) {
    if (items.size() % 2 != 0) {
      throw new InputException("its pickle has a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      dictionary.put(items.get(i), items.get(i + 1));
    }
  }

  /** Opcodes that refer to something else. */
  private boolean reference(int opcode) {
    switch (opcode) {
      case 0x80 -> {
        int protocol = input.unsignedByte();
        if (protocol > 5) {
          throw new InputException("its pickle has protocol " + protocol);
        }
      }
      case 0x95 -> {
        long unused = input.signedLong();
      } // a frame, which only helps reading ahead
      case 'q' -> memo.put((long) input.unsignedByte(), peek());
      case 'r' -> memo.put(input.unsignedInt(), peek());
      case 0x94 -> memo.put((long) memo.size(), peek());
      case 'h' -> stack.push(remembered(input.unsignedByte()));
      case 'j' -> stack.push(remembered(input.unsignedInt()));
      case 'Q' -> stack.push(calls.persistent(pop()));
      case 'P' ->
          throw new InputException(
              "its pickle has protocol 0, which cannot hold tensors: save it without"
                  + " pickle_protocol");
      case 0x97, 0x98 ->
          throw new InputException(
              "its pickle keeps parts elsewhere: save it with torch.save, without out-of-band"
                  + " buffers");
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Opcodes that name a function or class, or would call it. */
  private boolean object(int opcode) {
    switch (opcode) {
      case 'c' -> stack.push(new Global(input.line() + " " + input.line()));
      case 0x93 -> {
        List<Object> names = last(2);
        if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
          throw new InputException("its pickle names a function by something other than a string");
        }
        stack.push(new Global(module + " " + name));
      }
      case 0x82 -> stack.push(new Global("copyreg extension" + input.unsignedByte()));
      case 0x83 -> stack.push(new Global("copyreg extension" + input.unsignedShort()));
      case 0x84 -> stack.push(new Global("copyreg extension" + input.unsignedInt()));
      case 'R', 0x81 -> {
        List<Object> call = last(2);
        stack.push(call(call.get(0), call.get(1)));
      }
      case 0x92 -> { // with keyword arguments, which no known function has
        List<Object> call = last(3);
        stack.push(call(call.get(0), call.get(1)));
      }
      case 'i' -> {
        Global type = new Global(input.line() + " " + input.line());
        stack.push(call(type, new Sequence(sinceMark())));
      }
      case 'o' -> {
        List<Object> items = sinceMark();
        Object type = items.isEmpty() ? NONE : items.remove(0);
        stack.push(call(type, new Sequence(items)));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private Object call(Object function, Object arguments) {
    if (function instanceof Global global && arguments instanceof Sequence sequence) {
      return calls.call(global, sequence);
    }
    if (function instanceof Global global) {
      return new Opaque(global.name(), NONE);
    }
    if (function instanceof Opaque object) {
      return new Opaque(object.name(), arguments);
    }
    throw new InputException("its pickle calls something that is not a function");
  }

  private Object remembered(long index) {
    Object value = memo.get(index);
    if (value == null) {
      throw new InputException("its pickle refers to an object that is not there");
    }
    return value;
  }

  private Object peek() {
    Object value = stack.peek();
    if (value == null || value == MARK) {
      throw new InputException("its pickle lacks an object");
    }
    return value;
  }

  private Object pop() {
    Object value = peek();
    stack.pop();
    return value;
  }

  private List<Object> last(int count) {
    List<Object> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(0, pop());
    }
    return items;
  }

  private List<Object> sinceMark() {
    List<Object> items = new ArrayList<>();
    while (true) {
      @Nullable Object value = stack.poll();
      if (value == null) {
        throw new InputException("its pickle lacks a mark");
      }
      if (value == MARK) {
        Collections.reverse(items);
        return items;
      }
      items.add(value);
    }
  }
}
