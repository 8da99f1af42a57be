package org.vgg4j.embed;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.NpyHeader;

/**
 * What the rows of a file of descriptors are: NAME.npy has the numbers, {@code float32
 * [images][dimensions]}, and NAME.json beside it all of this.
 *
 * @param recipe how they were made: {@link org.vgg4j.descriptor.DescriptorRecipe#asMap}, and as
 *     {@code modelSha256} the digest of the model's file
 * @param model the model's file
 * @param data name of the data set
 * @param dataFingerprint see {@link Dataset#fingerprint}
 * @param kernels what computed them
 * @param fcWeights how the weights of fully connected layers were held
 * @param dimensions length of a descriptor
 * @param unreadable images that could not be read, and so have no row
 * @param classNames of the labels; none where the classes are not known
 * @param ids of the images, in the order of the rows
 * @param labels of each row, {@link Dataset#UNKNOWN} where the classes are not known
 */
public record DescriptorTable(
    Map<String, Object> recipe,
    String model,
    String data,
    String dataFingerprint,
    String kernels,
    String fcWeights,
    int dimensions,
    List<String> unreadable,
    List<String> classNames,
    List<String> ids,
    int[] labels) {
  /** The key of {@link #recipe} that has the digest of the model's file. */
  public static final String MODEL_DIGEST = "modelSha256";

  /** The key under which the recipe of stacked descriptors has those of its parts. */
  private static final String PARTS = "parts";

  private static final String TABLE = ".json";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  /** Copies the recipe; the others are large, and are not copied. */
  public DescriptorTable {
    recipe = Collections.unmodifiableMap(new LinkedHashMap<>(recipe));
  }

  /**
   * Returns the recipe of descriptors that lie one behind the other.
   *
   * @param parts the recipe of each, in their order; at least one
   */
  public static Map<String, Object> stacked(List<Map<String, Object>> parts) {
    return parts.size() == 1 ? parts.get(0) : Map.of(PARTS, parts);
  }

  /**
   * Takes apart what {@link #stacked} made.
   *
   * @throws InputException if it is something else
   */
  public static List<Map<String, Object>> parts(Map<String, Object> recipe) {
    if (!recipe.containsKey(PARTS)) {
      return List.of(recipe);
    }
    List<Map<String, Object>> parts = new ArrayList<>();
    if (recipe.get(PARTS) instanceof List<?> list) {
      for (Object part : list) {
        if (part instanceof Map<?, ?> map) {
          Map<String, Object> own = new LinkedHashMap<>();
          map.forEach((key, value) -> own.put(String.valueOf(key), value));
          parts.add(own);
        }
      }
      if (!list.isEmpty() && parts.size() == list.size()) {
        return parts;
      }
    }
    throw new InputException(
        "a recipe of stacked descriptors has odd '%s': train the classifiers again"
            .formatted(PARTS));
  }

  /**
   * Requires that a name ends with .npy.
   *
   * @throws InputException if it does not
   */
  public static void requireName(Path file) {
    if (!file.toString().endsWith(NpyHeader.EXTENSION)) {
      throw new InputException(
          "%s must end with %s, since that is what NumPy reads"
              .formatted(file, NpyHeader.EXTENSION));
    }
  }

  /**
   * Requires, before anything is computed, that descriptors can be written there.
   *
   * @param file NAME.npy
   * @throws InputException if the name does not end so, or NAME.json is something else, which would
   *     be lost
   */
  public static void requirePlace(Path file) {
    requireName(file);
    Path table = beside(file);
    if (Files.exists(table) && !isTable(table)) {
      throw new InputException(
          "%s, which is written beside %s, holds something else, and would be lost: give another name (option out)"
              .formatted(table, file));
    }
  }

  /** Looks at the names of the fields alone, since a table may be large. */
  private static boolean isTable(Path file) {
    Set<String> fields = new HashSet<>();
    try (JsonParser parser = JSON.createParser(file.toFile())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        fields.add(parser.currentName());
        parser.nextToken();
        parser.skipChildren();
      }
    } catch (IOException e) {
      return false;
    }
    return fields.containsAll(List.of("recipe", "dataFingerprint", "dimensions", "ids", "labels"));
  }

  /** The file NAME.json beside NAME.npy. */
  public static Path beside(Path file) {
    String name = String.valueOf(file.getFileName());
    return file.resolveSibling(
        name.substring(0, name.length() - NpyHeader.EXTENSION.length()) + TABLE);
  }

  /** Whether the classes of the images are known. */
  public boolean hasClasses() {
    return !classNames.isEmpty();
  }

  /**
   * Writes NAME.json, whole or not at all.
   *
   * @param file NAME.npy
   * @throws InputException if it cannot be written
   */
  void write(Path file) {
    AtomicFile.write(
        beside(file),
        channel -> {
          // closing the stream would close the channel, which has yet to be forced to the disk
          JSON.writer()
              .without(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
              .writeValue(Channels.newOutputStream(channel), this);
        });
  }

  /**
   * Reads NAME.json, and checks that NAME.npy fits it. The numbers are not read.
   *
   * @param file NAME.npy
   * @throws InputException if one is missing, damaged, or does not belong to the other
   */
  public static DescriptorTable read(Path file) {
    requireName(file);
    if (!Files.exists(file)) {
      throw new InputException("there is no file " + file + ": check the path");
    }
    DescriptorTable table = readTable(beside(file));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer begin = ByteBuffer.allocate(NpyHeader.BYTES);
      while (begin.hasRemaining() && channel.read(begin) >= 0) {
        // until the header is there
      }
      NpyHeader header = NpyHeader.read(begin.flip(), detail -> broken(file, detail));
      if (header.rows() != table.ids().size() || header.columns() != table.dimensions()) {
        throw broken(file, "its shape is not that of its .json");
      }
      long bytes = (long) Float.BYTES * header.rows() * header.columns();
      if (channel.size() != begin.limit() + bytes || begin.hasRemaining()) {
        throw broken(file, "it is cut off or too long");
      }
      return table;
    } catch (IOException e) {
      throw new InputException(
          "cannot read " + file + " (" + AtomicFile.reason(e) + "): check the path", e);
    }
  }

  private static DescriptorTable readTable(Path file) {
    try {
      DescriptorTable table = JSON.readValue(Files.readString(file), DescriptorTable.class);
      int classes = table == null ? 0 : table.classNames().size();
      if (table == null
          || table.labels().length != table.ids().size()
          || !Arrays.stream(table.labels())
              .allMatch(
                  label ->
                      classes == 0 ? label == Dataset.UNKNOWN : label >= 0 && label < classes)) {
        throw broken(file, "its labels do not fit its classes and images");
      }
      return table;
    } catch (JsonProcessingException e) {
      throw broken(file, e.getOriginalMessage().lines().findFirst().orElse(""));
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s), which belongs beside the .npy: keep both together"
              .formatted(file, AtomicFile.reason(e)),
          e);
    }
  }

  private static InputException broken(Path file, String detail) {
    return new InputException(
        file + " holds no descriptors of vgg4j (" + detail + "): make them again with vgg embed");
  }
}
