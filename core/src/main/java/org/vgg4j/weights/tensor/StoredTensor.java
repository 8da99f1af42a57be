package org.vgg4j.weights.tensor;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * A tensor in a file, not yet read. Its elements lie at strides, so that the same numbers can be
 * viewed with another order of axes ({@link #permuted}) without a copy; reading ({@link
 * TensorReader}) puts them into that order.
 *
 * @param name its name in the file
 * @param file the file with its numbers
 * @param position position of the element whose indices are all zero, in bytes from the start of
 *     the file
 * @param type of its numbers
 * @param shape sizes, outermost first
 * @param strides steps from one index to the next, in elements, as many as there are sizes
 * @param held the little-endian numbers, where the file has them in another form (compressed, or
 *     one by one); position then counts from their start; null: the numbers are in the file
 */
public record StoredTensor(
    String name,
    Path file,
    long position,
    NumberType type,
    List<Integer> shape,
    List<Long> strides,
    @Nullable ByteBuffer held) {
  private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;
  private static final int MOST_AXES = 8;

  /** A bound in bytes: far beyond any file, but small enough that sums of a few do not overflow. */
  private static final long FARTHEST = Long.MAX_VALUE / 1024;

  /**
   * @throws InputException if it is larger than a Java array, has a negative size or stride or more
   *     than eight axes, or two of its elements may share a place
   */
  public StoredTensor {
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
    if (strides.size() != shape.size()) {
      throw broken(file, name, "has %d sizes and %d strides", shape.size(), strides.size());
    }
    if (position < 0 || position > FARTHEST || shape.size() > MOST_AXES) {
      throw broken(file, name, "has an impossible place, or more than %d axes", MOST_AXES);
    }
    requireFits(file, name, shape);
    requireOwnPlaces(file, name, shape, strides);
  }

  /** A tensor whose numbers are in the file. */
  public StoredTensor(
      String name,
      Path file,
      long position,
      NumberType type,
      List<Integer> shape,
      List<Long> strides) {
    this(name, file, position, type, shape, strides, null);
  }

  /**
   * A tensor without gaps whose numbers have been read into memory.
   *
   * @param held the numbers, little-endian, as many as the shape has
   */
  public static StoredTensor held(
      String name, Path file, ByteBuffer held, NumberType type, List<Integer> shape) {
    requireFits(file, name, shape);
    StoredTensor tensor = new StoredTensor(name, file, 0, type, shape, rowMajor(shape), held);
    if (tensor.extent() != held.limit()) {
      throw broken(file, name, "of shape %s has %d bytes", text(shape), held.limit());
    }
    return tensor;
  }

  /** A tensor without gaps, the last index running fastest. */
  public static StoredTensor contiguous(
      String name, Path file, long position, NumberType type, List<Integer> shape) {
    requireFits(file, name, shape);
    return new StoredTensor(name, file, position, type, shape, rowMajor(shape));
  }

  private static void requireFits(Path file, String name, List<Integer> shape) {
    long length = 1;
    for (int size : shape) {
      if (size < 0) {
        throw broken(file, name, "has an impossible size");
      }
      length *= size;
      if (length > LARGEST_ARRAY) {
        throw broken(file, name, "of shape %s is larger than a Java array", text(shape));
      }
    }
  }

  private static void requireOwnPlaces(
      Path file, String name, List<Integer> shape, List<Long> strides) {
    List<Integer> axes = new ArrayList<>();
    for (int axis = 0; axis < shape.size(); axis++) {
      if (shape.get(axis) > 1) {
        axes.add(axis);
      }
    }
    axes.sort(Comparator.comparingLong(strides::get));
    long extent = 1;
    for (int axis : axes) {
      long stride = strides.get(axis);
      if (stride < extent) {
        throw broken(file, name, "has several elements in one place: save a copy of it (clone)");
      }
      if (stride > FARTHEST / shape.get(axis)) {
        throw broken(file, name, "has an impossible stride");
      }
      extent += stride * (shape.get(axis) - 1);
    }
  }

  private static List<Long> rowMajor(List<Integer> shape) {
    Long[] strides = new Long[shape.size()];
    long stride = 1;
    for (int axis = shape.size() - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape.get(axis);
    }
    return List.of(strides);
  }

  /** Number of elements. */
  public int length() {
    int length = 1;
    for (int size : shape) {
      length *= size;
    }
    return length;
  }

  /** Bytes from the first element to the end of the last. */
  public long extent() {
    if (length() == 0) {
      return 0;
    }
    long last = 0;
    for (int axis = 0; axis < shape.size(); axis++) {
      last += strides.get(axis) * (shape.get(axis) - 1);
    }
    return (last + 1) * type.bytes();
  }

  /** Where the last element ends, in bytes from the start of the file. */
  public long end() {
    return position + extent();
  }

  /** Whether the elements lie in the order of the indices, without gaps. */
  public boolean isContiguous() {
    long stride = 1;
    for (int axis = shape.size() - 1; axis >= 0; axis--) {
      if (shape.get(axis) > 1 && strides.get(axis) != stride) {
        return false;
      }
      stride *= shape.get(axis);
    }
    return true;
  }

  /** Returns the same under another name. */
  public StoredTensor named(String other) {
    return new StoredTensor(other, file, position, type, shape, strides, held);
  }

  /**
   * Returns the same numbers with the axes in another order.
   *
   * @param axes for each axis of the result, the axis of this tensor that it is
   * @throws InputException if it has another number of axes
   */
  public StoredTensor permuted(int... axes) {
    if (axes.length != shape.size()) {
      throw broken(file, name, "of shape %s has not %d axes", text(shape), axes.length);
    }
    int[] sorted = axes.clone();
    Arrays.sort(sorted);
    if (!Arrays.equals(sorted, IntStream.range(0, shape.size()).toArray())) {
      throw new IllegalArgumentException(Arrays.toString(axes) + " are not the axes of " + this);
    }
    return new StoredTensor(
        name,
        file,
        position,
        type,
        Arrays.stream(axes).mapToObj(shape::get).toList(),
        Arrays.stream(axes).mapToObj(strides::get).toList(),
        held);
  }

  /**
   * Returns the same numbers in another shape with as many elements.
   *
   * @throws InputException if there are gaps between them
   */
  public StoredTensor reshaped(Integer... sizes) {
    if (!isContiguous()) {
      throw broken(file, name, "is not contiguous: save it contiguously");
    }
    List<Integer> other = List.of(sizes);
    requireFits(file, name, other);
    StoredTensor reshaped =
        new StoredTensor(name, file, position, type, other, rowMajor(other), held);
    if (reshaped.length() != length()) {
      throw new IllegalArgumentException(this + " has not the elements of " + other);
    }
    return reshaped;
  }

  /** Whether a tensor has the same numbers in the same order, whatever its name. */
  public boolean isAt(StoredTensor other) {
    return equals(other.named(name));
  }

  /**
   * Returns the same numbers with one axis split into several, the last of them running fastest.
   *
   * @param axis the axis to split
   * @param sizes the sizes of the new axes, whose product is that of the old one
   */
  public StoredTensor split(int axis, int... sizes) {
    List<Integer> newShape = new ArrayList<>(shape);
    List<Long> newStrides = new ArrayList<>(strides);
    newShape.remove(axis);
    long stride = newStrides.remove(axis);
    int product = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      newShape.add(axis, sizes[i]);
      newStrides.add(axis, stride * product);
      product *= sizes[i];
    }
    if (product != shape.get(axis)) {
      throw new IllegalArgumentException(
          "axis %d of %s is not %s".formatted(axis, this, Arrays.toString(sizes)));
    }
    return new StoredTensor(name, file, position, type, newShape, newStrides, held);
  }

  /** The sizes, joined by x. */
  public String shapeText() {
    return text(shape);
  }

  private static String text(List<Integer> shape) {
    return shape.stream().map(String::valueOf).collect(Collectors.joining("x"));
  }

  private static InputException broken(Path file, String name, String what, Object... arguments) {
    return new InputException(file + ": tensor '" + name + "' " + what.formatted(arguments));
  }
}
