package org.vgg4j.data.voc;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.image.transform.Box;

/**
 * The boxes of an image's objects, by the objects' numbers from 1, from Annotations/IMAGE.xml.
 * Objects without a box, of which a point is known only, are left out.
 */
final class VocObjects {
  private static final String OBJECT = "/annotation/object";
  private static final String BOX = OBJECT + "/bndbox/"; // those of an object's parts lie deeper

  private VocObjects() {}

  /**
   * @return edges between pixels; the file has the numbers, from 1, of the first and the last pixel
   * @throws InputException if the file cannot be read, or a box is damaged
   */
  static Map<Integer, Box> boxes(Path file) {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    try (InputStream stream = Files.newInputStream(file)) {
      return boxes(file, factory.createXMLStreamReader(stream));
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): unpack the archive again".formatted(file, AtomicFile.reason(e)), e);
    } catch (XMLStreamException e) {
      throw new InputException(file + " is no XML: unpack the archive again", e);
    }
  }

  private static Map<Integer, Box> boxes(Path file, XMLStreamReader xml) throws XMLStreamException {
    Map<Integer, Box> boxes = new HashMap<>();
    int objects = 0;
    StringBuilder path = new StringBuilder();
    Map<String, String> edges = new HashMap<>();
    while (xml.hasNext()) {
      int event = xml.next();
      if (event == XMLStreamConstants.START_ELEMENT) {
        path.append('/').append(xml.getLocalName());
      } else if (event == XMLStreamConstants.CHARACTERS && path.indexOf(BOX) == 0) {
        edges.put(path.substring(BOX.length()), xml.getText().strip());
      } else if (event == XMLStreamConstants.END_ELEMENT) {
        if (path.toString().equals(OBJECT)) {
          objects++;
          if (!edges.isEmpty()) {
            boxes.put(objects, box(file, objects, edges));
          }
          edges.clear();
        }
        path.setLength(path.lastIndexOf("/"));
      }
    }
    return boxes;
  }

  private static Box box(Path file, int object, Map<String, String> edges) {
    try {
      return new Box(
          edge(edges, "xmin") - 1,
          edge(edges, "ymin") - 1,
          edge(edges, "xmax"),
          edge(edges, "ymax"));
    } catch (IllegalArgumentException e) {
      throw new InputException(
          "the box of object %d of %s is not one of xmin, ymin, xmax and ymax: unpack the archive again"
              .formatted(object, file),
          e);
    }
  }

  private static double edge(Map<String, String> edges, String name) {
    return Double.parseDouble(edges.getOrDefault(name, ""));
  }
}
