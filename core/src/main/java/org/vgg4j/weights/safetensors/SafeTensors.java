package org.vgg4j.weights.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.NumberType;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;
import org.vgg4j.weights.tensor.TensorWriter;

/**
 * The safetensors format: eight bytes with the length of a JSON header, the header with each
 * tensor's type, shape and place, then the numbers, little-endian. Floating point numbers of 16, 32
 * and 64 bits are read, as 32-bit floats; those of 32 bits are written.
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

  /**
   * What a file says about its tensors.
   *
   * @param metadata strings by name
   * @param tensors by name, in the order of the file
   */
  public record Header(Map<String, String> metadata, Map<String, StoredTensor> tensors) {}

  private static final Map<String, NumberType> TYPES =
      Map.ofEntries(
          Map.entry("F64", NumberType.F64),
          Map.entry("F32", NumberType.F32),
          Map.entry("F16", NumberType.F16),
          Map.entry("BF16", NumberType.BF16),
          Map.entry("I64", NumberType.I64),
          Map.entry("U64", NumberType.I64),
          Map.entry("I32", NumberType.I32),
          Map.entry("U32", NumberType.I32),
          Map.entry("I16", NumberType.I16),
          Map.entry("U16", NumberType.I16),
          Map.entry("I8", NumberType.I8),
          Map.entry("U8", NumberType.I8),
          Map.entry("BOOL", NumberType.I8));

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final int PREFIX = Long.BYTES;
  public static final long LARGEST_HEADER = 10_000_000; // a VGG network's has some kilobytes

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
          TensorWriter writer = new TensorWriter(channel);
          writer.write(prefix.putLong(header.length).flip());
          writer.write(ByteBuffer.wrap(header));
          for (Tensor tensor : content.tensors().values()) {
            writer.write(tensor.values());
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

  /**
   * Reads a whole file into new arrays.
   *
   * @throws InputException if it is missing, cannot be read, or is not a valid safetensors file
   */
  public static Content read(Path file) {
    return read(file, (name, length) -> new float[length]);
  }

  /**
   * Reads a whole file.
   *
   * @param destination is asked for each tensor, by several threads at once
   * @throws InputException if it is missing, cannot be read, or is not a valid safetensors file
   */
  public static Content read(Path file, TensorReader.Destination destination) {
    Header header = header(file);
    Map<String, float[]> arrays = TensorReader.read(header.tensors().values(), destination);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    header
        .tensors()
        .forEach(
            (name, tensor) ->
                tensors.put(
                    name, new Tensor(tensor.shape(), Objects.requireNonNull(arrays.get(name)))));
    return new Content(header.metadata(), Collections.unmodifiableMap(tensors));
  }

  /**
   * Reads what a file says about its tensors, but not their numbers.
   *
   * @throws InputException if it is missing, cannot be read, or is not a valid safetensors file
   */
  public static Header header(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer start = ByteBuffer.allocate(NotOurs.START);
      readFully(channel, start, 0);
      NotOurs.requireNone(file, Arrays.copyOf(start.array(), start.position()));
      ByteBuffer prefix = ByteBuffer.allocate(PREFIX);
      readFully(channel, prefix, 0);
      int length = headerLength(file, prefix.flip(), channel.size());
      ByteBuffer text = ByteBuffer.allocate(length);
      readFully(channel, text, PREFIX);
      Header header = header(file, text.array());
      requireLength(file, header, channel.size() - PREFIX - length);
      return header;
    } catch (NoSuchFileException e) {
      throw new InputException("there is no file " + file + ": check the path", e);
    } catch (IOException e) {
      if (Files.isDirectory(file)) {
        throw new InputException(file + " is a folder: give " + modelIn(file), e);
      }
      AbortedException.requireUninterrupted(e, file);
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /** The model in the folder of a run, or in a folder within it. */
  private static String modelIn(Path folder) {
    for (String place : List.of("best/model.safetensors", "model.safetensors")) {
      if (Files.isRegularFile(folder.resolve(place))) {
        return "the model in it, " + folder.resolve(place);
      }
    }
    return "the .safetensors file in it";
  }

  /**
   * Reads the header of a file that comes as a stream, which is left at the first number.
   *
   * @param name what to call the stream in an error, here and where its tensors are read
   * @throws InputException if it cannot be read, or is not a valid safetensors file
   */
  public static Header header(InputStream stream, Path name) {
    try {
      ByteBuffer prefix = ByteBuffer.wrap(stream.readNBytes(PREFIX));
      if (!prefix.hasRemaining()) {
        throw new InputException(name + " is empty (0 bytes): it must not have been read before");
      }
      int length = headerLength(name, prefix, Long.MAX_VALUE);
      byte[] text = stream.readNBytes(length);
      if (text.length < length) {
        throw broken(name, "it ends within its header (was it cut short?)");
      }
      return header(name, text);
    } catch (IOException e) {
      AbortedException.requireUninterrupted(e, name);
      throw new InputException("cannot read " + name + ": " + AtomicFile.reason(e), e);
    }
  }

  private static int headerLength(Path file, ByteBuffer prefix, long fileLength) {
    long length =
        prefix.remaining() == PREFIX ? prefix.order(ByteOrder.LITTLE_ENDIAN).getLong() : -1;
    if (length < 2 || length > LARGEST_HEADER || length > fileLength - PREFIX) {
      throw broken(
          file,
          "its header has no sensible length (vgg import reads files of other tools and formats)");
    }
    return (int) length;
  }

  private static Header header(Path file, byte[] text) throws IOException {
    try {
      JsonNode header = JSON.readTree(text);
      if (!header.isObject()) {
        throw broken(file, "its header is not a JSON object");
      }
      return new Header(metadata(file, header), tensors(file, header, (long) PREFIX + text.length));
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
      throw broken(file, "its metadata are not a JSON object");
    }
    for (Map.Entry<String, JsonNode> field : fields.properties()) {
      if (!field.getValue().isTextual()) {
        throw broken(file, "its metadata '" + field.getKey() + "' is not a string");
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
    return Collections.unmodifiableMap(metadata);
  }

  /** The tensors in the order of their places, which must follow each other without a gap. */
  private static Map<String, StoredTensor> tensors(Path file, JsonNode header, long start) {
    List<StoredTensor> list = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : header.properties()) {
      if (!field.getKey().equals("__metadata__")) {
        list.add(tensor(file, start, field.getKey(), field.getValue()));
      }
    }
    list.sort(
        Comparator.comparingLong(StoredTensor::position).thenComparingLong(StoredTensor::end));
    long expected = start;
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (StoredTensor tensor : list) {
      if (tensor.position() != expected) {
        throw broken(file, "tensor '" + tensor.name() + "' does not begin where the last one ends");
      }
      expected = tensor.end();
      tensors.put(tensor.name(), tensor);
    }
    return Collections.unmodifiableMap(tensors);
  }

  /** Checks, before memory is allocated, that there are as many numbers as the header says. */
  private static void requireLength(Path file, Header header, long dataLength) {
    long described = header.tensors().values().stream().mapToLong(StoredTensor::extent).sum();
    if (described != dataLength) {
      throw broken(
          file,
          String.format(
              Locale.ROOT,
              "it has %d bytes of numbers, but its header describes %d (was it cut short?)",
              dataLength,
              described));
    }
  }

  private static StoredTensor tensor(Path file, long start, String name, JsonNode node) {
    NumberType type = TYPES.get(node.path("dtype").asText());
    if (type == null) {
      throw new InputException(
          String.format(
              "%s: tensor '%s' has type %s, which is not supported: convert it to F32",
              file, name, node.path("dtype").asText()));
    }
    List<Integer> shape = new ArrayList<>();
    if (!node.path("shape").isArray()) {
      throw broken(file, "tensor '" + name + "' has no shape");
    }
    for (JsonNode dimension : node.path("shape")) {
      if (!dimension.isInt() || dimension.intValue() < 0) {
        throw broken(file, "tensor '" + name + "' has an impossible shape");
      }
      shape.add(dimension.intValue());
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
    if (begin < 0 || begin > Long.MAX_VALUE - start) {
      throw broken(file, "tensor '" + name + "' has impossible data_offsets");
    }
    StoredTensor tensor;
    try {
      tensor = StoredTensor.contiguous(name, file, start + begin, type, shape);
    } catch (InputException e) {
      throw broken(file, String.valueOf(e.getMessage()).replace(file + ": ", ""));
    }
    if (end - begin != tensor.extent()) {
      throw broken(
          file,
          "tensor '" + name + "' of shape " + tensor.shapeText() + " has another number of bytes");
    }
    return tensor;
  }

  private static boolean isLong(JsonNode number) {
    return number.isIntegralNumber() && number.canConvertToLong();
  }

  private static InputException broken(Path file, String what) {
    return new InputException(file + " is not a valid safetensors file: " + what);
  }
}
