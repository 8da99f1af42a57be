package org.vgg4j.data.boxes;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Synsets;
import org.vgg4j.image.transform.Box;

/**
 * An XML file in the format of PASCAL VOC, which ILSVRC uses, too: {@code annotation} with {@code
 * filename}, {@code size} and any number of {@code object}, each with {@code name}, {@code bndbox}
 * and perhaps {@code difficult}; all else is passed over. Edges are those of the outermost pixels
 * inside the box. These are counted from 1 in PASCAL VOC, and from 0 in ILSVRC, which is told by
 * the names of its classes: WNIDs.
 *
 * <p>Neither document types nor entities other than XML's own are read.
 */
public final class XmlAnnotation {
  private static final String ROOT = "annotation";
  private static final String BOX = "annotation/object/bndbox/";

  private final String origin;
  private final Map<String, String> ofFile = new HashMap<>();
  private final Map<String, String> ofObject = new HashMap<>();
  private final List<Annotation.Marked> objects = new ArrayList<>();

  private XmlAnnotation(String origin) {
    this.origin = origin;
  }

  /**
   * Reads the boxes of a file's objects alone.
   *
   * @return in the order of the file; edges lie between pixels
   * @throws InputException if it cannot be read, is no such file, or a number is none
   */
  public static List<Box> boxes(Path file) {
    try {
      return read(parsers(), Files.readAllBytes(file), "", file.toString()).objects().stream()
          .map(marked -> new Box(marked.left(), marked.top(), marked.right(), marked.bottom()))
          .toList();
    } catch (IOException e) {
      throw new InputException(
          "cannot read the boxes in %s (%s): copy them again".formatted(file, AtomicFile.reason(e)),
          e);
    }
  }

  /** Returns what {@link #read} needs, for one thread. */
  static XMLInputFactory parsers() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    return factory;
  }

  /**
   * Reads a file.
   *
   * @param parsers see there
   * @param path of the image as far as the file's own name tells it, without ending
   * @param origin the file, for users
   * @throws InputException if it is no such file, or a number is none
   */
  static Annotation read(XMLInputFactory parsers, byte[] content, String path, String origin) {
    XmlAnnotation annotation = new XmlAnnotation(origin);
    try {
      annotation.read(parsers.createXMLStreamReader(new ByteArrayInputStream(content)));
    } catch (XMLStreamException e) {
      throw new InputException(
          "%s is not well-formed XML%s: correct it, or take it away"
              .formatted(
                  origin,
                  e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNumber()),
          e);
    }
    String named = annotation.ofFile.get("annotation/filename");
    return new Annotation(
        path,
        false,
        named == null ? null : named.replace('\\', '/'),
        origin,
        annotation.side("width"),
        annotation.side("height"),
        List.copyOf(annotation.objects));
  }

  private void read(XMLStreamReader in) throws XMLStreamException {
    StringBuilder path = new StringBuilder();
    while (in.hasNext()) {
      switch (in.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          path.append(path.length() == 0 ? "" : "/").append(in.getLocalName());
          begin(path.toString());
        }
        case XMLStreamConstants.CHARACTERS -> {
          if (!in.isWhiteSpace()) {
            text(path.toString(), in.getText().strip());
          }
        }
        case XMLStreamConstants.END_ELEMENT -> {
          if (path.toString().equals("annotation/object")) {
            addObject();
          }
          path.setLength(Math.max(0, path.lastIndexOf("/")));
        }
        default -> {}
      }
    }
    in.close();
  }

  private void begin(String path) {
    if (path.indexOf('/') < 0 && !path.equals(ROOT)) {
      throw new InputException(
          "%s is no file of boxes: it begins with the element %s, not %s; take it away, or give other boxes"
              .formatted(origin, path, ROOT));
    }
    if (path.equals("annotation/object")) {
      ofObject.clear();
    }
  }

  private void text(String path, String text) {
    Map<String, String> fields = path.startsWith("annotation/object/") ? ofObject : ofFile;
    fields.put(path, text); // parts of objects have boxes, too, but another path
  }

  private void addObject() {
    String name = ofObject.get("annotation/object/name");
    String place = "%s, object %d".formatted(origin, objects.size() + 1);
    if (name == null) {
      throw new InputException(place + " has no name: give the name of its class");
    }
    objects.add(
        Annotation.Marked.of(
            name,
            edge("xmin", place),
            edge("ymin", place),
            edge("xmax", place),
            edge("ymax", place),
            Synsets.isWnid(name) ? 0 : 1,
            "1".equals(ofObject.get("annotation/object/difficult"))));
  }

  private double edge(String field, String place) {
    String text = ofObject.get(BOX + field);
    if (text == null) {
      throw new InputException("%s has no %s in its bndbox: add it".formatted(place, field));
    }
    return Edges.parse(text, field, place);
  }

  /** Some tools write no size, or 0. */
  private int side(String field) {
    String text = ofFile.get("annotation/size/" + field);
    if (text == null) {
      return 0;
    }
    double value = Edges.parse(text, "size/" + field, origin);
    if (value < 0 || value > Integer.MAX_VALUE || value != Math.rint(value)) {
      throw new InputException(
          "%s: size/%s is '%s', not a whole number of pixels: correct it"
              .formatted(origin, field, text));
    }
    return (int) value;
  }
}
