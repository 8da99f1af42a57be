package org.vgg4j.weights.format;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * Reads a pickle, Python's notation of objects, without executing anything: a pickle is a program
 * that may call any function, and this machine knows but a few opcodes and hands every call to
 * {@link Calls}, which refuses what is not on its short list. Memory and time grow with the length
 * of the pickle, which whoever calls must bound; nothing here goes deeper than the objects' own
 * nesting is looked at.
 *
 * <p>Protocols 2 to 5 as far as PyTorch uses them. Values come as String, Long, Double, Boolean,
 * {@link #NONE}, byte[], {@link Sequence}, {@link Dictionary}, {@link Global} and what {@link
 * Calls} makes.
 */
final class Pickle {
  /** What a pickle asks for beyond plain values. */
  interface Calls {
    /**
     * Calls a function.
     *
     * @throws InputException if it is not on the list
     */
    Object call(Global function, Sequence arguments);

    /** Returns the object that is kept outside the pickle under that identifier. */
    Object persistent(Object identifier);

    /**
     * A function or class is named, not yet called.
     *
     * @throws InputException if it is not on the list
     */
    void allow(Global global);
  }

  /** A name of Python's: module, space, name. */
  record Global(String name) {}

  /** A list or a tuple. Compared by identity, so that no deep nesting is followed. */
  static final class Sequence {
    private final List<Object> items;

    Sequence(List<Object> items) {
      this.items = items;
    }

    List<Object> items() {
      return items;
    }
  }

  /** A dict. Compared by identity; its keys are plain values. */
  static final class Dictionary {
    private final Map<Object, Object> entries = new LinkedHashMap<>();

    Map<Object, Object> entries() {
      return entries;
    }

    void put(Object key, Object value) {
      if (!(key instanceof String || key instanceof Long || key instanceof Boolean)) {
        throw new InputException("a key of a dict is neither a string nor a whole number");
      }
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

  private final ByteBuffer bytes;
  private final Calls calls;
  private final Deque<Object> stack = new ArrayDeque<>();
  private final Map<Long, Object> memo = new HashMap<>();

  private Pickle(ByteBuffer bytes, Calls calls) {
    this.bytes = bytes;
    this.calls = calls;
  }

  /**
   * Reads one pickle.
   *
   * @param bytes read from its position, which is then behind the pickle
   * @throws InputException if it is broken, or asks for what is not allowed; the message does not
   *     name the file
   */
  static Object read(ByteBuffer bytes, Calls calls) {
    try {
      return new Pickle(bytes.order(ByteOrder.LITTLE_ENDIAN), calls).run();
    } catch (BufferUnderflowException e) {
      throw new InputException("its pickle ends too early", e);
    }
  }

  private Object run() {
    while (true) {
      int opcode = bytes.get() & 0xFF;
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
      } else if (!structure(opcode) && !reference(opcode)) {
        throw new InputException(
            "its pickle has opcode 0x%02x, which a state dict does not need".formatted(opcode));
      }
    }
  }

  /** Opcodes that push a value of their own. */
  private Object literal(int opcode) {
    return switch (opcode) {
      case '(' -> MARK;
      case 'N' -> NONE;
      case 0x88 -> Boolean.TRUE;
      case 0x89 -> Boolean.FALSE;
      case 'K' -> (long) (bytes.get() & 0xFF);
      case 'M' -> (long) (bytes.getShort() & 0xFFFF);
      case 'J' -> (long) bytes.getInt();
      case 0x8a -> integer(bytes.get() & 0xFF);
      case 'G' -> Double.longBitsToDouble(Long.reverseBytes(bytes.getLong()));
      case 'X' -> text(bytes.getInt() & 0xFFFFFFFFL, StandardCharsets.UTF_8);
      case 0x8c -> text(bytes.get() & 0xFF, StandardCharsets.UTF_8);
      // strings of Python 2
      case 'T' -> text(bytes.getInt() & 0xFFFFFFFFL, StandardCharsets.ISO_8859_1);
      case 'U' -> text(bytes.get() & 0xFF, StandardCharsets.ISO_8859_1);
      case 'B' -> raw(bytes.getInt() & 0xFFFFFFFFL);
      case 'C' -> raw(bytes.get() & 0xFF);
      case '}' -> new Dictionary();
      case ']', ')' -> new Sequence(new ArrayList<>());
      default -> NOTHING;
    };
  }

  /** Opcodes that put values together. */
  private boolean structure(int opcode) {
    switch (opcode) {
      case 't' -> stack.push(new Sequence(sinceMark()));
      case 0x85 -> stack.push(new Sequence(last(1)));
      case 0x86 -> stack.push(new Sequence(last(2)));
      case 0x87 -> stack.push(new Sequence(last(3)));
      case 'a' -> {
        Object item = pop();
        top(Sequence.class).items().add(item);
      }
      case 'e' -> {
        List<Object> items = sinceMark();
        top(Sequence.class).items().addAll(items);
      }
      case 's' -> {
        List<Object> pair = last(2);
        top(Dictionary.class).put(pair.get(0), pair.get(1));
      }
      case 'u' -> {
        List<Object> items = sinceMark();
        if (items.size() % 2 != 0) {
          throw new InputException("its pickle has a key without a value");
        }
        Dictionary dictionary = top(Dictionary.class);
        for (int i = 0; i < items.size(); i += 2) {
          dictionary.put(items.get(i), items.get(i + 1));
        }
      }
      case 'b' -> {
        pop(); // attributes, such as the _metadata of a state dict: of no use here
        Object target = pop();
        if (target instanceof Global) {
          throw new InputException("its pickle changes a function or class");
        }
        stack.push(target);
      }
      case '0' -> pop();
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Opcodes that refer to something else. */
  private boolean reference(int opcode) {
    switch (opcode) {
      case 0x80 -> {
        int protocol = bytes.get() & 0xFF;
        if (protocol < 2 || protocol > 5) {
          throw new InputException("its pickle has protocol " + protocol);
        }
      }
      case 0x95 -> bytes.getLong(); // a frame: only for reading ahead
      case 'q' -> memo.put((long) (bytes.get() & 0xFF), peek());
      case 'r' -> memo.put(bytes.getInt() & 0xFFFFFFFFL, peek());
      case 0x94 -> memo.put((long) memo.size(), peek());
      case 'h' -> stack.push(remembered(bytes.get() & 0xFF));
      case 'j' -> stack.push(remembered(bytes.getInt() & 0xFFFFFFFFL));
      case 'c' -> stack.push(global(line(), line()));
      case 0x93 -> {
        List<Object> names = last(2);
        if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
          throw new InputException("its pickle names a function by something else than a string");
        }
        stack.push(global(module, name));
      }
      case 'Q' -> stack.push(calls.persistent(pop()));
      case 'R' -> {
        List<Object> call = last(2);
        if (!(call.get(0) instanceof Global function)
            || !(call.get(1) instanceof Sequence arguments)) {
          throw new InputException("its pickle calls what is no function");
        }
        stack.push(calls.call(function, arguments));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private Global global(String module, String name) {
    Global global = new Global(module + " " + name);
    calls.allow(global);
    return global;
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
      throw new InputException("its pickle misses an object");
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
        throw new InputException("its pickle misses a mark");
      }
      if (value == MARK) {
        Collections.reverse(items);
        return items;
      }
      items.add(value);
    }
  }

  private <T> T top(Class<T> type) {
    Object value = peek();
    if (!type.isInstance(value)) {
      throw new InputException("its pickle adds to what is no list or dict");
    }
    return Objects.requireNonNull(type.cast(value));
  }

  private byte[] raw(long length) {
    if (length > bytes.remaining()) {
      throw new InputException("its pickle ends within a string");
    }
    byte[] raw = new byte[(int) length];
    bytes.get(raw);
    return raw;
  }

  private String text(long length, Charset charset) {
    return new String(raw(length), charset);
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (byte b = bytes.get(); b != '\n'; b = bytes.get()) {
      line.append((char) (b & 0xFF));
    }
    return line.toString();
  }

  /** A little-endian integer of any length; larger ones than a long come as their bytes. */
  private Object integer(int length) {
    byte[] raw = raw(length);
    if (length > Long.BYTES) {
      return raw;
    }
    long value = length == 0 || raw[length - 1] >= 0 ? 0 : -1;
    for (int i = length - 1; i >= 0; i--) {
      value = value << 8 | raw[i] & 0xFF;
    }
    return value;
  }
}
