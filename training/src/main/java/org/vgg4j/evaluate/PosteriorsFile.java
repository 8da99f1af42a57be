package org.vgg4j.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.ViewPlan;

/**
 * Stored posteriors, so that fusions and comparisons need no second run: NAME.npy, which NumPy
 * reads ({@code float32 [images][classes]}, version 1.0 of the format), and beside it NAME.json
 * which names the rows and columns.
 */
public final class PosteriorsFile {
  /** The largest value, 1, and room for rounding. */
  private static final float MOST = 1.0001F;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  /** What NAME.json holds. */
  private record Table(
      List<Posteriors.About> about, List<String> classNames, List<String> ids, int[] labels) {}

  private PosteriorsFile() {}

  /** Whether a file name is that of stored posteriors. */
  public static boolean isOne(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(NpyHeader.EXTENSION);
  }

  /**
   * Requires, before anything is computed, that posteriors can be saved there.
   *
   * @param file NAME.npy
   * @throws InputException if the name does not end so, or NAME.json is something else, which would
   *     be lost
   */
  public static void requireName(Path file) {
    if (!isOne(file)) {
      throw new InputException(
          file + " must end with " + NpyHeader.EXTENSION + ", since that is what NumPy reads");
    }
    Path table = table(file);
    if (Files.exists(table) && !isTable(table)) {
      throw new InputException(
          "%s, which is written beside %s, holds something else, and would be lost: give another name (option save-posteriors)"
              .formatted(table, file));
    }
  }

  private static boolean isTable(Path file) {
    try {
      JsonNode tree = JSON.readTree(Files.readString(file));
      return tree.has("about") && tree.has("classNames") && tree.has("ids") && tree.has("labels");
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Writes both files.
   *
   * @param file NAME.npy
   * @throws InputException if the name does not end so, or a file cannot be written
   */
  public static void write(Path file, Posteriors posteriors) {
    requireName(file);
    int classes = posteriors.classNames().size();
    ByteBuffer header = new NpyHeader(posteriors.images(), classes).bytes();
    AtomicFile.write(
        file,
        channel -> {
          while (header.hasRemaining()) {
            channel.write(header);
          }
          ByteBuffer row =
              ByteBuffer.allocate(Float.BYTES * classes).order(ByteOrder.LITTLE_ENDIAN);
          for (int n = 0; n < posteriors.images(); n++) {
            row.clear();
            row.asFloatBuffer().put(posteriors.values(), n * classes, classes);
            while (row.hasRemaining()) {
              channel.write(row);
            }
          }
        });
    Table table =
        new Table(
            posteriors.about(), posteriors.classNames(), posteriors.ids(), posteriors.labels());
    try {
      AtomicFile.write(table(file), JSON.writeValueAsString(table) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a table cannot be written as JSON", e);
    }
  }

  private static Path table(Path file) {
    String name = String.valueOf(file.getFileName());
    return file.resolveSibling(
        name.substring(0, name.length() - NpyHeader.EXTENSION.length()) + ".json");
  }

  /**
   * Reads both files.
   *
   * @param file NAME.npy
   * @throws InputException if one is missing or damaged, or they do not belong together
   */
  public static Posteriors read(Path file) {
    if (!isOne(file)) {
      throw new InputException(
          file + " holds no posteriors: give a .npy that has a .json of the same name beside it");
    }
    if (!Files.exists(file)) {
      throw new InputException("there is no file " + file + ": check the path");
    }
    Table table = readTable(table(file));
    try {
      ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      return new Posteriors(
          table.about(),
          table.classNames(),
          table.ids(),
          table.labels(),
          values(content, table, file));
    } catch (IOException e) {
      throw new InputException(
          "cannot read " + file + " (" + AtomicFile.reason(e) + "): check the path", e);
    }
  }

  private static float[] values(ByteBuffer content, Table table, Path file) {
    NpyHeader header = NpyHeader.read(content, detail -> broken(file, detail));
    if (header.rows() != table.ids().size() || header.columns() != table.classNames().size()) {
      throw broken(file, "its shape is not that of its .json");
    }
    float[] values = new float[Math.multiplyExact(table.ids().size(), table.classNames().size())];
    if (content.remaining() != (long) Float.BYTES * values.length) {
      throw broken(file, "it is cut off or too long");
    }
    content.asFloatBuffer().get(values);
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] <= MOST)) {
        int classes = table.classNames().size();
        throw broken(
            file,
            "row %d has the value %s, which is no probability".formatted(i / classes, values[i]));
      }
    }
    return values;
  }

  private static Table readTable(Path file) {
    try {
      JsonNode tree = JSON.readTree(Files.readString(file));
      tree.path("about").forEach(PosteriorsFile::complete);
      Table table = JSON.treeToValue(tree, Table.class);
      boolean valid =
          table != null
              && table.labels().length == table.ids().size()
              && areLabels(table.labels(), table.classNames().size())
              && Set.copyOf(table.ids()).size() == table.ids().size();
      if (!valid) {
        throw broken(file, "its labels do not fit its classes and images, or an image comes twice");
      }
      return table;
    } catch (JsonProcessingException e) {
      throw broken(file, e.getOriginalMessage());
    } catch (IOException e) {
      throw new InputException(
          "cannot read "
              + file
              + " ("
              + AtomicFile.reason(e)
              + "), which belongs beside the .npy: keep both together",
          e);
    }
  }

  /** Either all labels are known or none. */
  private static boolean areLabels(int[] labels, int classes) {
    return Arrays.stream(labels).allMatch(label -> label == Dataset.UNKNOWN)
        || Arrays.stream(labels).allMatch(label -> label >= 0 && label < classes);
  }

  /** Files of the first version lack fields that then had only one value. */
  private static void complete(JsonNode about) {
    if (about instanceof ObjectNode fields && !fields.has("mirrored")) {
      String protocol = fields.path("protocol").asText();
      for (Protocol known : Protocol.values()) {
        if (known.name().equals(protocol)) {
          ViewPlan plan = ViewPlan.of(known);
          fields.put("mirrored", plan.mirrored()).put("grid", plan.grid());
          fields.putArray("unreadable");
        }
      }
    }
  }

  private static InputException broken(Path file, String detail) {
    return new InputException(
        file
            + " holds no posteriors of vgg4j ("
            + detail
            + "): evaluate again and save them (option save-posteriors)");
  }
}
