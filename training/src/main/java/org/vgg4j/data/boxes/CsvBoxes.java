package org.vgg4j.data.boxes;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.CsvLine;

/**
 * Boxes in a CSV file in UTF-8, one on each line: {@code file,label,xmin,ymin,xmax,ymax}, in the
 * order that the first line says. Edges are in pixels and lie between them: a box around the pixel
 * in the upper left corner is 0,0,1,1. Fields may be quoted; an image may have any number of lines,
 * anywhere. Columns {@code width} and {@code height} may say how large the image is that the boxes
 * were drawn on, where it may have been turned or rescaled since.
 */
final class CsvBoxes {
  private static final List<String> COLUMNS =
      List.of("file", "label", "xmin", "ymin", "xmax", "ymax");

  private static final List<String> SIZE = List.of("width", "height");

  private final Path file;
  private int number;

  /** Where each of the columns is. */
  private final int[] places = new int[COLUMNS.size()];

  /** Where the columns of the image's size are; none if one of them is missing. */
  private int[] sizePlaces = {};

  private int fields;
  private boolean anyBeyondOne;
  private final List<String> notes = new ArrayList<>();

  private CsvBoxes(Path file) {
    this.file = file;
  }

  /**
   * Reads the file.
   *
   * @param sink receives the boxes, each on its own
   * @return notes for users
   * @throws InputException if the file cannot be read, a column is missing, a line is incomplete, a
   *     number is none, or an image's size is no positive whole number
   */
  static List<String> read(Path file, Consumer<Annotation> sink) {
    CsvBoxes boxes = new CsvBoxes(file);
    try (BufferedReader in = Files.newBufferedReader(file)) {
      boxes.read(in, sink);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): give a CSV file in UTF-8".formatted(file, AtomicFile.reason(e)), e);
    }
    return boxes.notes;
  }

  private void read(BufferedReader in, Consumer<Annotation> sink) throws IOException {
    String header = in.readLine();
    number = 1;
    readHeader(header == null ? "" : header.startsWith("\uFEFF") ? header.substring(1) : header);
    int boxes = 0;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      number++;
      if (!line.isBlank()) {
        sink.accept(box(CsvLine.split(line, origin())));
        boxes++;
      }
    }
    if (boxes == 0) {
      throw new InputException(file + " has no box below its first line: add some");
    }
    if (!anyBeyondOne) {
      throw new InputException(
          file + " has no edge beyond 1: edges must be in pixels, not in shares of the image");
    }
  }

  private void readHeader(String line) {
    List<String> names =
        CsvLine.split(line, origin()).stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    fields = names.size();
    for (int i = 0; i < places.length; i++) {
      places[i] = names.indexOf(COLUMNS.get(i));
      if (places[i] < 0) {
        throw new InputException(
            "%s has no column %s: its first line must name the columns %s"
                .formatted(file, COLUMNS.get(i), String.join(",", COLUMNS)));
      }
    }
    if (names.containsAll(SIZE)) {
      sizePlaces = SIZE.stream().mapToInt(names::indexOf).toArray();
    }
    List<String> others =
        names.stream()
            .filter(name -> !COLUMNS.contains(name))
            .filter(name -> sizePlaces.length == 0 || !SIZE.contains(name))
            .toList();
    if (!others.isEmpty()) {
      notes.add(
          "%s: columns other than %s are passed over: %s"
              .formatted(file, String.join(",", COLUMNS), String.join(", ", others)));
    }
  }

  private String origin() {
    return "%s, line %d".formatted(file, number);
  }

  private Annotation box(List<String> line) {
    String origin = origin();
    if (line.size() != fields) {
      throw new InputException(
          "%s has %d fields, but the first line has %d: correct it"
              .formatted(origin, line.size(), fields));
    }
    String image = field(line, 0, origin);
    String label = field(line, 1, origin);
    double[] edges = new double[4];
    for (int i = 0; i < 4; i++) {
      edges[i] = Edges.parse(line.get(places[i + 2]), COLUMNS.get(i + 2), origin);
      anyBeyondOne |= edges[i] > 1;
    }
    int width = side(line, 0, origin);
    int height = side(line, 1, origin);
    requireOfImage(width, height, edges, origin);
    return new Annotation(
        image.replace('\\', '/'),
        true,
        null,
        origin,
        width,
        height,
        List.of(Annotation.Marked.of(label, edges[0], edges[1], edges[2], edges[3], -1, false)));
  }

  /** Some tables have the sizes of the boxes in columns of these names. */
  private static void requireOfImage(int width, int height, double[] edges, String origin) {
    boolean sized = width > 0 && height > 0;
    boolean ofBox =
        Math.abs(edges[2] - edges[0] - width) <= 1 && Math.abs(edges[3] - edges[1] - height) <= 1;
    if (sized && ofBox && Math.max(edges[0], edges[1]) > 1) {
      throw new InputException(
          "%s: width and height, %d and %d, are those of the box, but must be those of the image: correct them, or remove both columns"
              .formatted(origin, width, height));
    }
  }

  /** A side of the image; 0 if the file does not tell it. */
  private int side(List<String> line, int which, String origin) {
    if (sizePlaces.length == 0) {
      return 0;
    }
    String text = line.get(sizePlaces[which]);
    double value = Edges.parse(text, SIZE.get(which), origin);
    if (value < 1 || value > Integer.MAX_VALUE || value != Math.rint(value)) {
      throw new InputException(
          "%s: %s is '%s', but must be that of the image, in pixels: correct it, or remove the columns width and height"
              .formatted(origin, SIZE.get(which), text));
    }
    return (int) value;
  }

  private String field(List<String> line, int column, String origin) {
    String text = line.get(places[column]);
    if (text.isEmpty()) {
      throw new InputException(
          "%s: %s is empty: fill it in".formatted(origin, COLUMNS.get(column)));
    }
    return text;
  }
}
