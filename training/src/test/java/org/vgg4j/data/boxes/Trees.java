package org.vgg4j.data.boxes;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.vgg4j.image.RgbImage;

/** Makes miniature data sets with boxes. */
final class Trees {
  private Trees() {}

  static void image(Path file, int width, int height) {
    byte[] pixels = new byte[3 * width * height];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (31 * i + file.hashCode());
    }
    new RgbImage(width, height, pixels).writePng(file);
  }

  static void text(Path file, String content) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Objects are given as in {@link #object}. */
  static String xml(String filename, int width, int height, String... objects) {
    return """
    <annotation>
      <folder>VOC2012</folder>
      <filename>%s</filename>
      <source><database>some</database></source>
      <size><width>%d</width><height>%d</height><depth>3</depth></size>
      <segmented>0</segmented>
      %s
    </annotation>
    """
        .formatted(filename, width, height, String.join("\n", objects));
  }

  /** In the order of columns that PASCAL VOC has had at times. */
  static String object(String name, Object xmin, Object ymin, Object xmax, Object ymax) {
    return """
    <object>
      <name>%s</name>
      <difficult>0</difficult>
      <bndbox><xmax>%s</xmax><xmin>%s</xmin><ymax>%s</ymax><ymin>%s</ymin></bndbox>
      <part><name>head</name>
        <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>
    </object>\
    """
        .formatted(name, xmax, xmin, ymax, ymin);
  }

  /** Writes a tar archive, compressed if the name says so. */
  static void tar(Path file, Map<String, String> contents) {
    boolean zipped = !file.toString().endsWith(".tar");
    try (OutputStream out = Files.newOutputStream(file);
        OutputStream packed = zipped ? new GZIPOutputStream(out) : out;
        TarArchiveOutputStream tar = new TarArchiveOutputStream(packed)) {
      for (Map.Entry<String, String> content : contents.entrySet()) {
        byte[] bytes = content.getValue().getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(content.getKey());
        entry.setSize(bytes.length);
        tar.putArchiveEntry(entry);
        tar.write(bytes);
        tar.closeArchiveEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
