package org.vgg4j.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinTask;
import java.util.stream.Collectors;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * The safetensors format: eight bytes with the length of a JSON header, the header with each
 * tensor's type, shape and place, then the numbers, little-endian. Tensors of 32-bit floats are
 * understood.
 */
public final class SafeTensors {
  /**
   * One tensor.
   *
   * @param shape sizes, outermost first
   * @param values as many as the product of the sizes; not copied
   */
  public record Tensor(List<Integer> shape, float[] values) {}

  /**
   * What a file holds.
   *
   * @param metadata strings by name
   * @param tensors by name, in the order of the file
   */
  public record Content(Map<String, String> metadata, Map<String, Tensor> tensors) {}

  private record Entry(String name, List<Integer> shape, long begin, long end) {
    int length() {
      return (int) ((end - begin) / Float.BYTES);
    }
  }

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final int PREFIX = Long.BYTES;
  private static final long LARGEST_HEADER = 100_000_000; // the format's own limit
  private static final int CHUNK = 1 << 18; // stays in the second-level cache from read to copy

  private SafeTensors() {}

  /**
   * Writes a file, whole or not at all.
   *
   * @throws InputException if it cannot be written
   */
  public static void write(Path file, Content content) {
    byte[] header = header(content);
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer prefix = ByteBuffer.allocate(PREFIX).order(ByteOrder.LITTLE_ENDIAN);
          writeFully(channel, prefix.putLong(header.length).flip());
          writeFully(channel, ByteBuffer.wrap(header));
          ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
          for (Tensor tensor : content.tensors().values()) {
            writeFloats(channel, tensor.values(), chunk);
          }
        });
  }

  private static byte[] header(Content content) {
    ObjectNode root = JSON.createObjectNode();
    if (!content.metadata().isEmpty()) {
      ObjectNode metadata = root.putObject("__metadata__");
      content.metadata().forEach(metadata::put);
    }
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : content.tensors().entrySet()) {
      ObjectNode tensor = root.putObject(entry.getKey());
      tensor.put("dtype", "F32");
      entry.getValue().shape().forEach(tensor.putArray("shape")::add);
      long end = offset + (long) Float.BYTES * entry.getValue().values().length;
      tensor.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] text = root.toString().getBytes(StandardCharsets.UTF_8);
    // padded with spaces so that the numbers are aligned
    byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }

  private static void writeFloats(FileChannel channel, float[] values, ByteBuffer chunk)
      throws IOException {
    FloatBuffer floats = chunk.clear().asFloatBuffer();
    for (int from = 0; from < values.length; from += floats.capacity()) {
      int count = Math.min(floats.capacity(), values.length - from);
      floats.clear().put(values, from, count);
      writeFully(channel, chunk.clear().limit(count * Float.BYTES));
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Says where the values of a tensor go. */
  @FunctionalInterface
  public interface Destination {
    /** Returns an array of that many values. */
    float[] of(String name, int length);
  }

  /**
   * Reads a whole file into new arrays.
   *
   * @throws InputException if it is missing, cannot be read, or is no sound safetensors file
   */
  public static Content read(Path file) {
    return read(file, (name, length) -> new float[length]);
  }

  /**
   * Reads a whole file.
   *
   * @param destination is asked for each tensor, by several threads at once
   * @throws InputException if it is missing, cannot be read, or is no sound safetensors file
   */
  public static Content read(Path file, Destination destination) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      JsonNode header = readHeader(file, channel);
      long start = PREFIX + headerLength(file, channel);
      Map<String, String> metadata = metadata(file, header);
      List<Entry> entries = entries(file, header, channel.size() - start);
      Map<String, float[]> arrays = new Reader(file, channel, start, destination).readAll(entries);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Entry entry : entries) {
        float[] values = Objects.requireNonNull(arrays.get(entry.name()));
        tensors.put(entry.name(), new Tensor(entry.shape(), values));
      }
      return new Content(metadata, Collections.unmodifiableMap(tensors));
    } catch (NoSuchFileException e) {
      throw new InputException("there is no file " + file + ": check the path", e);
    } catch (IOException e) {
      if (Files.isDirectory(file)) {
        throw new InputException(file + " is a folder: give the .safetensors file in it", e);
      }
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Reads tensors, as many at a time as there are processors: most of the time goes into pages of
   * memory that the system has to bring for the arrays.
   */
  private record Reader(
      Path file,
      FileChannel channel,
      long start,
      Destination destination,
      Queue<ByteBuffer> chunks) {
    Reader(Path file, FileChannel channel, long start, Destination destination) {
      this(file, channel, start, destination, new ConcurrentLinkedQueue<>());
    }

    /** The values by name. */
    Map<String, float[]> readAll(List<Entry> entries) throws IOException {
      Map<String, float[]> arrays = new ConcurrentHashMap<>();
      // the largest first: of a VGG it is three quarters of the whole, and the others fit beside it
      List<ForkJoinTask<?>> tasks = new ArrayList<>();
      entries.stream()
          .sorted(Comparator.comparingInt(Entry::length).reversed())
          .forEach(
              entry ->
                  tasks.add(ForkJoinTask.adapt(() -> arrays.put(entry.name(), values(entry)))));
      try {
        ForkJoinTask.invokeAll(tasks);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      return arrays;
    }

    private float[] values(Entry entry) {
      float[] values = destination.of(entry.name(), entry.length());
      if (values.length != entry.length()) {
        throw new IllegalArgumentException(
            entry.length() + " values of " + entry.name() + " do not fit " + values.length);
      }
      // not mapped: mapped pages would count as memory of this process until a garbage collection
      ByteBuffer chunk = chunks.poll();
      if (chunk == null) {
        chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
      }
      try {
        readFloats(start + entry.begin(), values, chunk);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      chunks.add(chunk);
      return values;
    }

    private void readFloats(long position, float[] values, ByteBuffer chunk) throws IOException {
      FloatBuffer floats = chunk.clear().asFloatBuffer();
      for (int from = 0; from < values.length; from += floats.capacity()) {
        int count = Math.min(floats.capacity(), values.length - from);
        readFully(
            channel,
            chunk.clear().limit(count * Float.BYTES),
            position + (long) Float.BYTES * from);
        if (chunk.hasRemaining()) {
          throw broken(file, "it became shorter while it was read");
        }
        floats.clear().get(values, from, count);
      }
    }
  }

  private static long headerLength(Path file, FileChannel channel) throws IOException {
    ByteBuffer prefix = ByteBuffer.allocate(PREFIX).order(ByteOrder.LITTLE_ENDIAN);
    readFully(channel, prefix, 0);
    long length = prefix.flip().remaining() == PREFIX ? prefix.getLong() : -1;
    if (length < 2 || length > LARGEST_HEADER || length > channel.size() - PREFIX) {
      throw broken(file, "its header has no sensible length");
    }
    return length;
  }

  private static JsonNode readHeader(Path file, FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) headerLength(file, channel));
    readFully(channel, bytes, PREFIX);
    try {
      JsonNode header = JSON.readTree(bytes.array());
      if (!header.isObject()) {
        throw broken(file, "its header is no JSON object");
      }
      return header;
    } catch (JsonProcessingException e) {
      throw broken(file, "its header is not JSON: " + e.getOriginalMessage());
    }
  }

  private static void readFully(FileChannel channel, ByteBuffer bytes, long position)
      throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        break;
      }
    }
  }

  private static Map<String, String> metadata(Path file, JsonNode header) {
    Map<String, String> metadata = new LinkedHashMap<>();
    JsonNode fields = header.path("__metadata__");
    if (!fields.isObject() && !fields.isMissingNode()) {
      throw broken(file, "its metadata are no JSON object");
    }
    for (Map.Entry<String, JsonNode> field : fields.properties()) {
      if (!field.getValue().isTextual()) {
        throw broken(file, "its metadata '" + field.getKey() + "' is no string");
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
    return Collections.unmodifiableMap(metadata);
  }

  /** The tensors in the order of their places, which must follow each other without a gap. */
  private static List<Entry> entries(Path file, JsonNode header, long dataLength) {
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : header.properties()) {
      if (!field.getKey().equals("__metadata__")) {
        entries.add(entry(file, field.getKey(), field.getValue()));
      }
    }
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long expected = 0;
    for (Entry entry : entries) {
      if (entry.begin() != expected) {
        throw broken(file, "tensor '" + entry.name() + "' does not begin where the last one ends");
      }
      expected = entry.end();
    }
    if (expected != dataLength) {
      throw broken(
          file,
          String.format(
              Locale.ROOT,
              "it has %d bytes of numbers, but its header describes %d (was it cut short?)",
              dataLength,
              expected));
    }
    return entries;
  }

  private static Entry entry(Path file, String name, JsonNode node) {
    if (!node.path("dtype").asText().equals("F32")) {
      throw new InputException(
          String.format(
              "%s: tensor '%s' has type %s, but only F32 is understood: convert it to 32-bit floats",
              file, name, node.path("dtype").asText()));
    }
    List<Integer> shape = new ArrayList<>();
    long values = 1;
    if (!node.path("shape").isArray()) {
      throw broken(file, "tensor '" + name + "' has no shape");
    }
    for (JsonNode dimension : node.path("shape")) {
      if (!dimension.isInt() || dimension.intValue() < 0) {
        throw broken(file, "tensor '" + name + "' has an impossible shape");
      }
      shape.add(dimension.intValue());
      values *= dimension.intValue();
      if (values > Integer.MAX_VALUE - 8) {
        throw broken(file, "tensor '" + name + "' is larger than a Java array");
      }
    }
    JsonNode offsets = node.path("data_offsets");
    if (!offsets.isArray()
        || offsets.size() != 2
        || !isLong(offsets.get(0))
        || !isLong(offsets.get(1))) {
      throw broken(file, "tensor '" + name + "' has no data_offsets");
    }
    long begin = offsets.get(0).longValue();
    long end = offsets.get(1).longValue();
    if (begin < 0 || end - begin != values * Float.BYTES) {
      String dimensions = shape.stream().map(String::valueOf).collect(Collectors.joining("x"));
      throw broken(
          file, "tensor '" + name + "' of shape " + dimensions + " has another number of bytes");
    }
    return new Entry(name, List.copyOf(shape), begin, end);
  }

  private static boolean isLong(JsonNode number) {
    return number.isIntegralNumber() && number.canConvertToLong();
  }

  private static InputException broken(Path file, String what) {
    return new InputException(file + " is no sound safetensors file: " + what);
  }
}
