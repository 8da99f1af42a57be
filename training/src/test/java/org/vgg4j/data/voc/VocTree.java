package org.vgg4j.data.voc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;

/** A miniature of PASCAL VOC, with files as in its archives. */
public final class VocTree {
  private final Path root;

  /**
   * @param root becomes the folder of a year
   */
  public VocTree(Path root) {
    this.root = root;
  }

  /** Writes a file below the root. */
  public VocTree text(String file, String... lines) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, String.join("\n", lines) + "\n");
    return this;
  }

  /** Writes an image; PNG, which is recognised by content. */
  public VocTree image(String id, RgbImage image) {
    image.writePng(root.resolve("JPEGImages").resolve(id + ".jpg"));
    return this;
  }

  /** Writes the annotation of an image with people in boxes, of 1-based inclusive pixels. */
  public VocTree people(String id, String... boxes) throws IOException {
    StringBuilder xml = new StringBuilder("<annotation><filename>" + id + ".jpg</filename>");
    for (String box : boxes) {
      String[] edges = box.split(" ");
      xml.append("<object><name>person</name><part><name>head</name>")
          .append(
              "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>");
      if (edges.length == 4) {
        // as in the archives, not always in this order
        xml.append("<bndbox><xmax>%s</xmax><xmin>%s</xmin>".formatted(edges[2], edges[0]))
            .append("<ymax>%s</ymax><ymin>%s</ymin></bndbox>".formatted(edges[3], edges[1]));
      }
      xml.append("<actions><jumping>1</jumping></actions></object>");
    }
    return text("Annotations/" + id + ".xml", xml + "</annotation>");
  }

  /** Classification: two classes, three images each in train, val and test, one of them both. */
  public VocTree classification() throws IOException {
    Map<String, List<String>> sets = new LinkedHashMap<>();
    sets.put("train", List.of("000012", "000017", "000023"));
    sets.put("val", List.of("000026", "000032", "000033"));
    sets.put("test", List.of("000001", "000002", "000003"));
    for (Map.Entry<String, List<String>> set : sets.entrySet()) {
      List<String> ids = set.getValue();
      String name = set.getKey();
      text("ImageSets/Main/" + name + ".txt", ids.toArray(String[]::new));
      text(
          "ImageSets/Main/dog_" + name + ".txt",
          ids.get(0) + "  1",
          ids.get(1) + " -1",
          ids.get(2) + "  1");
      text(
          "ImageSets/Main/train_" + name + ".txt",
          ids.get(0) + " -1",
          ids.get(1) + "  1",
          ids.get(2) + "  0");
      image(ids.get(0), TestImages.plain(4, 3, 250, 10, 10));
      image(ids.get(1), TestImages.plain(4, 3, 10, 10, 250));
      image(ids.get(2), TestImages.plain(4, 3, 240, 20, 120));
    }
    return this;
  }
}
