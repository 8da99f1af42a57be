package org.vgg4j.svm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.weights.safetensors.SafeTensors;

/**
 * Classifiers with everything needed to use them: one safetensors file with the tensors {@code
 * weight} {@code [classes][width]} and {@code bias} {@code [classes]}, and the rest in its
 * metadata, with a checksum over all of it.
 *
 * @param svm the classifiers
 * @param options how they were trained
 * @param recipe how the descriptors were made, as JSON can express it; opaque here
 */
public record SvmModel(LinearSvm svm, SvmOptions options, Map<String, Object> recipe) {
  /** Changes when older versions of vgg4j would misread the file. */
  private static final String VERSION = "1";

  private static final String WEIGHT = "weight";
  private static final String BIAS = "bias";

  private static final String FORMAT_KEY = "vgg4j.svm";
  private static final String CLASSES = "vgg4j.classes";
  private static final String OPTIONS = "vgg4j.svm.options";
  private static final String RECIPE = "vgg4j.svm.descriptors";
  private static final String CHECKSUM = "vgg4j.svm.sha256";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  /** Keeps a copy of the recipe. */
  public SvmModel {
    recipe = Collections.unmodifiableMap(new LinkedHashMap<>(recipe));
  }

  /**
   * Writes the file, whole or not at all.
   *
   * @throws InputException if it cannot be written
   * @throws IllegalArgumentException if JSON cannot express the recipe
   */
  public void write(Path file) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(FORMAT_KEY, VERSION);
    metadata.put(CLASSES, json(svm.classNames()));
    metadata.put(OPTIONS, json(options));
    metadata.put(RECIPE, json(recipe));
    metadata.put(CHECKSUM, checksum(metadata, svm.weights(), svm.offsets()));
    int classes = svm.classNames().size();
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    tensors.put(WEIGHT, new SafeTensors.Tensor(List.of(classes, svm.width()), svm.weights()));
    tensors.put(BIAS, new SafeTensors.Tensor(List.of(classes), svm.offsets()));
    SafeTensors.write(file, new SafeTensors.Content(metadata, tensors));
  }

  /**
   * Reads a file that {@link #write} made.
   *
   * @throws InputException if it is missing, damaged, of another version or no such file
   */
  public static SvmModel read(Path file) {
    SafeTensors.Header header = SafeTensors.header(file);
    requireVersion(file, header.metadata());
    List<String> classNames =
        parse(file, header.metadata(), CLASSES, new TypeReference<List<String>>() {});
    SafeTensors.Content content = SafeTensors.read(file);
    SafeTensors.Tensor weight = content.tensors().get(WEIGHT);
    SafeTensors.Tensor bias = content.tensors().get(BIAS);
    if (weight == null
        || bias == null
        || weight.shape().size() != 2
        || weight.shape().get(0) != classNames.size()
        || !bias.shape().equals(List.of(classNames.size()))) {
      throw new InputException(
          "%s is damaged: it does not hold weights and biases of its %d classes; train it again"
              .formatted(file, classNames.size()));
    }
    if (!checksum(content.metadata(), weight.values(), bias.values())
        .equals(content.metadata().get(CHECKSUM))) {
      throw new InputException(
          "%s is damaged: its content is not that of its checksum; copy it or train it again"
              .formatted(file));
    }
    return new SvmModel(
        new LinearSvm(classNames, weight.shape().get(1), weight.values(), bias.values()),
        parse(file, content.metadata(), OPTIONS, new TypeReference<SvmOptions>() {}),
        parse(file, content.metadata(), RECIPE, new TypeReference<Map<String, Object>>() {}));
  }

  private static void requireVersion(Path file, Map<String, String> metadata) {
    String version = metadata.get(FORMAT_KEY);
    if (version == null) {
      throw new InputException(
          "%s holds no linear classifiers%s: give the file that training an SVM wrote"
              .formatted(file, metadata.containsKey("vgg4j.architecture") ? " but a network" : ""));
    }
    if (!version.equals(VERSION)) {
      throw new InputException(
          "%s is of version %s of the format, of which vgg4j %s reads version %s: use the vgg4j that wrote it"
              .formatted(file, version, Version.get(), VERSION));
    }
  }

  /** Over the metadata, but for the checksum itself, and all numbers. */
  private static String checksum(Map<String, String> metadata, float[]... arrays) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      Map<String, String> sorted = new TreeMap<>(metadata);
      sorted.remove(CHECKSUM);
      digest.update(json(sorted).getBytes(StandardCharsets.UTF_8));
      ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
      for (float[] array : arrays) {
        int room = bytes.capacity() / Float.BYTES;
        for (int from = 0; from < array.length; from += room) {
          int count = Math.min(room, array.length - from);
          bytes.clear().asFloatBuffer().put(array, from, count);
          digest.update(bytes.limit(count * Float.BYTES));
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static <T> T parse(
      Path file, Map<String, String> metadata, String key, TypeReference<T> type) {
    try {
      T value = JSON.readValue(metadata.getOrDefault(key, "null"), type);
      if (value == null || (value instanceof List<?> list && list.contains(null))) {
        throw new InputException(
            "%s is damaged: its metadata have no '%s'; train it again".formatted(file, key));
      }
      return value;
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() instanceof InputException input ? input : e;
      throw new InputException(
          "%s is damaged: its metadata '%s' cannot be understood (%s); train it again"
              .formatted(
                  file, key, String.valueOf(cause.getMessage()).lines().findFirst().orElse("")),
          e);
    }
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("JSON cannot express " + value, e);
    }
  }
}
