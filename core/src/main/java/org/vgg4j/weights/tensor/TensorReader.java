package org.vgg4j.weights.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinTask;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * Reads tensors into arrays, as many at a time as there are processors: most of the time goes into
 * page faults for the arrays. Besides the arrays, it takes a few buffers of a quarter of a
 * megabyte.
 */
public final class TensorReader {
  /** Provides the arrays for the values of tensors. */
  @FunctionalInterface
  public interface Destination {
    /** Returns an array of that many values. */
    float[] of(String name, int length);
  }

  /** Size of a buffer, which stays in the second-level cache between read and copy. */
  public static final int CHUNK = 1 << 18;

  private final Map<Path, FileChannel> channels;
  private final Destination destination;
  private final Queue<ByteBuffer> chunks = new ConcurrentLinkedQueue<>();

  private TensorReader(Map<Path, FileChannel> channels, Destination destination) {
    this.channels = channels;
    this.destination = destination;
  }

  /**
   * Reads tensors into new arrays.
   *
   * @return the values by name, in the order of the tensors; each in the order of its tensor's
   *     indices, the last one fastest
   * @throws InputException as {@link #read(Collection, Destination)} does
   */
  public static Map<String, float[]> read(Collection<StoredTensor> tensors) {
    return read(tensors, (name, length) -> new float[length]);
  }

  /**
   * Reads tensors.
   *
   * @param tensors of different names, with real numbers
   * @param destination is asked for each tensor, by several threads at once
   * @return the values by name, in the order of the tensors; each in the order of its tensor's
   *     indices, the last one fastest
   * @throws InputException if a file cannot be read, or ends before a tensor does
   */
  public static Map<String, float[]> read(
      Collection<StoredTensor> tensors, Destination destination) {
    Map<Path, FileChannel> channels = new LinkedHashMap<>();
    try {
      for (StoredTensor tensor : tensors) {
        ByteBuffer held = tensor.held();
        if (held == null && !channels.containsKey(tensor.file())) {
          channels.put(tensor.file(), FileChannel.open(tensor.file(), StandardOpenOption.READ));
        }
        requireInside(
            tensor,
            held != null
                ? held.limit()
                : Objects.requireNonNull(channels.get(tensor.file())).size());
      }
      return new TensorReader(channels, destination).readAll(tensors);
    } catch (IOException e) {
      AbortedException.requireUninterrupted(e, files(tensors));
      throw new InputException("cannot read " + files(tensors) + ": " + AtomicFile.reason(e), e);
    } finally {
      channels.values().forEach(TensorReader::close);
    }
  }

  /**
   * Reads tensors from a stream that is positioned at the first of them.
   *
   * @param stream is read to its end, in pieces of a quarter of a megabyte, and left open
   * @param tensors all that are left in the stream, in its order, contiguous and without gaps
   *     between them; their positions and files are used only in error messages
   * @return the values by name, in the order of the tensors
   * @throws InputException if the stream cannot be read, or does not end with the last tensor
   */
  public static Map<String, float[]> read(InputStream stream, Collection<StoredTensor> tensors) {
    Map<String, float[]> arrays = new LinkedHashMap<>();
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    for (StoredTensor tensor : tensors) {
      requireReal(tensor);
      float[] values = new float[tensor.length()];
      int size = tensor.type().bytes();
      int most = CHUNK / size;
      try {
        for (int from = 0; from < values.length; from += most) {
          int bytes = size * Math.min(most, values.length - from);
          if (stream.readNBytes(chunk.array(), 0, bytes) < bytes) {
            throw new InputException(
                "%s ends within tensor '%s': it was cut short, get the file again"
                    .formatted(tensor.file(), tensor.name()));
          }
          tensor.type().toFloats(chunk.position(0).limit(bytes), values, from, bytes / size);
        }
      } catch (IOException e) {
        AbortedException.requireUninterrupted(e, tensor.file());
        throw new InputException("cannot read " + tensor.file() + ": " + AtomicFile.reason(e), e);
      }
      arrays.put(tensor.name(), values);
    }
    requireEnd(stream, tensors);
    return arrays;
  }

  private static void requireEnd(InputStream stream, Collection<StoredTensor> tensors) {
    try {
      if (stream.read() >= 0) {
        throw new InputException(
            files(tensors) + " continues after the last tensor: give a stream of the file alone");
      }
    } catch (IOException e) {
      AbortedException.requireUninterrupted(e, files(tensors));
      throw new InputException("cannot read " + files(tensors) + ": " + AtomicFile.reason(e), e);
    }
  }

  private static String files(Collection<StoredTensor> tensors) {
    return String.join(
        ", ", tensors.stream().map(tensor -> tensor.file().toString()).distinct().toList());
  }

  private static void requireReal(StoredTensor tensor) {
    if (!tensor.type().isReal()) {
      throw new InputException(
          "%s: tensor '%s' holds integers (%s), which cannot be weights"
              .formatted(tensor.file(), tensor.name(), tensor.type()));
    }
  }

  private static void requireInside(StoredTensor tensor, long size) {
    requireReal(tensor);
    if (tensor.end() > size) {
      throw new InputException(
          "%s ends at byte %d, but tensor '%s' goes on to byte %d: it was cut short, get it again"
              .formatted(tensor.file(), size, tensor.name(), tensor.end()));
    }
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the file was only read
    }
  }

  private Map<String, float[]> readAll(Collection<StoredTensor> tensors) throws IOException {
    Map<String, float[]> arrays = new ConcurrentHashMap<>();
    // the largest first: in a VGG it is three quarters of the whole, and the others can be read
    // beside it
    List<ForkJoinTask<?>> tasks = new ArrayList<>();
    tensors.stream()
        .sorted(Comparator.comparingInt(StoredTensor::length).reversed())
        .forEach(
            tensor ->
                tasks.add(ForkJoinTask.adapt(() -> arrays.put(tensor.name(), values(tensor)))));
    try {
      ForkJoinTask.invokeAll(tasks);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    Map<String, float[]> inOrder = new LinkedHashMap<>();
    for (StoredTensor tensor : tensors) {
      inOrder.put(tensor.name(), Objects.requireNonNull(arrays.get(tensor.name())));
    }
    return inOrder;
  }

  private float[] values(StoredTensor tensor) {
    float[] values = destination.of(tensor.name(), tensor.length());
    if (values.length != tensor.length()) {
      throw new IllegalArgumentException(
          tensor.length() + " values of " + tensor.name() + " do not fit " + values.length);
    }
    // not mapped: mapped pages would count as memory of this process until a garbage collection
    ByteBuffer chunk = chunks.poll();
    if (chunk == null) {
      chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    }
    FileChannel channel = channels.get(tensor.file());
    try {
      if (tensor.isContiguous()) {
        readInOrder(tensor, channel, values, chunk);
      } else {
        new StridedCopy(tensor, new Window(tensor, channel, chunk), values).run();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    chunks.add(chunk);
    return values;
  }

  private static void readInOrder(
      StoredTensor tensor, @Nullable FileChannel channel, float[] values, ByteBuffer chunk)
      throws IOException {
    int size = tensor.type().bytes();
    int most = CHUNK / size;
    for (int from = 0; from < values.length; from += most) {
      int count = Math.min(most, values.length - from);
      readFully(tensor, channel, chunk.clear().limit(count * size), (long) size * from);
      tensor.type().toFloats(chunk.flip(), values, from, count);
    }
  }

  private static void readFully(
      StoredTensor tensor, @Nullable FileChannel channel, ByteBuffer bytes, long offset)
      throws IOException {
    ByteBuffer held = tensor.held();
    if (held != null) {
      bytes.put(held.slice((int) (tensor.position() + offset), bytes.remaining()));
      return;
    }
    Objects.requireNonNull(channel);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, tensor.position() + offset + bytes.position()) < 0) {
        throw new InputException(tensor.file() + " became shorter while it was read: get it again");
      }
    }
  }

  /** The part of a tensor's numbers that was read last; reading forward reads each part once. */
  private static final class Window {
    private final StoredTensor tensor;
    private final @Nullable FileChannel channel;
    private final ByteBuffer chunk;
    private final float[] values;
    private final long elements;
    private long start;
    private long end;

    Window(StoredTensor tensor, @Nullable FileChannel channel, ByteBuffer chunk) {
      this.tensor = tensor;
      this.channel = channel;
      this.chunk = chunk;
      this.values = new float[CHUNK / tensor.type().bytes()];
      this.elements = tensor.extent() / tensor.type().bytes();
    }

    float at(long index) throws IOException {
      if (index < start || index >= end) {
        load(index);
      }
      return values[(int) (index - start)];
    }

    private void load(long index) throws IOException {
      int size = tensor.type().bytes();
      int count = (int) Math.min(values.length, elements - index);
      readFully(tensor, channel, chunk.clear().limit(count * size), size * index);
      tensor.type().toFloats(chunk.flip(), values, 0, count);
      start = index;
      end = index + count;
    }
  }

  /** Visits the elements in the order in which they lie in the file. */
  private static final class StridedCopy {
    private final Window window;
    private final float[] values;
    private final int[] sizes;
    private final long[] from;
    private final int[] to;

    StridedCopy(StoredTensor tensor, Window window, float[] values) {
      this.window = window;
      this.values = values;
      int rank = tensor.shape().size();
      int[] rowMajor = new int[rank];
      int step = 1;
      List<Integer> axes = new ArrayList<>();
      for (int axis = rank - 1; axis >= 0; axis--) {
        rowMajor[axis] = step;
        step *= tensor.shape().get(axis);
        axes.add(axis);
      }
      axes.sort(Comparator.comparingLong((Integer axis) -> tensor.strides().get(axis)).reversed());
      sizes = axes.stream().mapToInt(tensor.shape()::get).toArray();
      from = axes.stream().mapToLong(tensor.strides()::get).toArray();
      to = axes.stream().mapToInt(axis -> rowMajor[axis]).toArray();
    }

    void run() throws IOException {
      if (values.length > 0) {
        copy(0, 0, 0);
      }
    }

    private void copy(int axis, long in, int out) throws IOException {
      if (axis == sizes.length) {
        values[out] = window.at(in);
        return;
      }
      long source = in;
      int target = out;
      boolean innermost = axis == sizes.length - 1;
      for (int i = 0; i < sizes[axis]; i++) {
        if (innermost) {
          values[target] = window.at(source);
        } else {
          copy(axis + 1, source, target);
        }
        source += from[axis];
        target += to[axis];
      }
    }
  }
}
