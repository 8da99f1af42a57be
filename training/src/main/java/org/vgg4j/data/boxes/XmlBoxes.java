package org.vgg4j.data.boxes;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import javax.xml.stream.XMLInputFactory;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Gzip;
import org.vgg4j.data.TarStream;
import org.vgg4j.data.folder.Folders;

/** XML files of boxes, below a folder or in a tar archive, which is read in place. */
final class XmlBoxes {
  private static final Logger LOG = LoggerFactory.getLogger(XmlBoxes.class);
  private static final String ENDING = ".xml";

  /** A thousand times as much as such a file needs. */
  private static final int MOST_BYTES = 1 << 24;

  private final XMLInputFactory parsers = XmlAnnotation.parsers();
  private final Path place;
  private final Consumer<Annotation> sink;
  private int files;
  private int links;

  private XmlBoxes(Path place, Consumer<Annotation> sink) {
    this.place = place;
    this.sink = sink;
  }

  private static boolean isXml(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(ENDING);
  }

  /**
   * Reads all of them.
   *
   * @param place a folder, an archive (plain or compressed), or one such file
   * @param sink receives what each says
   * @throws InputException if there is none, or one is damaged
   */
  static void read(Path place, Consumer<Annotation> sink) {
    XmlBoxes boxes = new XmlBoxes(place, sink);
    try {
      if (Files.isDirectory(place)) {
        boxes.addFolder(place);
      } else if (isXml(place.toString())) {
        boxes.add(Files.readAllBytes(place), Folders.name(place), place.toString());
      } else {
        boxes.addArchive();
      }
    } catch (IOException e) {
      throw new InputException(
          "cannot read the boxes in %s (%s): copy them again"
              .formatted(place, AtomicFile.reason(e)),
          e);
    }
    if (boxes.links > 0) {
      LOG.warn(
          "passed over {} link(s) to XML files in {}, which archives of boxes are not read through:"
              + " make the archive again with tar --dereference --hard-dereference",
          boxes.links,
          place);
    }
    if (boxes.files == 0) {
      throw new InputException(
          place + " holds no XML file of boxes: give boxes in another file or folder");
    }
  }

  private void addFolder(Path folder) throws IOException {
    for (Path child : Folders.children(folder)) {
      if (Files.isDirectory(child)) {
        addFolder(child);
      } else if (isXml(child.toString())) {
        add(Files.readAllBytes(child), Folders.below(place, child), child.toString());
      }
    }
  }

  private void addArchive() throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(place), 1 << 16);
        TarStream tar = new TarStream(Gzip.unzipped(file))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = entry.getName();
        if (!entry.isFile() || !isXml(name) || isHidden(name)) {
          continue;
        }
        if (entry.isLink() || entry.isSymbolicLink()) {
          links++; // without content of their own
          continue;
        }
        if (entry.getSize() > MOST_BYTES) {
          throw new IOException(name + " claims to have " + entry.getSize() + " bytes");
        }
        byte[] content = tar.readNBytes((int) entry.getSize());
        if (content.length < entry.getSize()) {
          throw new IOException("it ends within " + name);
        }
        add(content, name, place + "/" + name);
      }
    }
  }

  private static boolean isHidden(String name) {
    for (String part : name.split("/", -1)) {
      if (part.startsWith(".") && !part.equals(".")) {
        return true;
      }
    }
    return false;
  }

  private void add(byte[] content, String name, String origin) {
    files++;
    String path = name.substring(0, name.length() - ENDING.length());
    sink.accept(XmlAnnotation.read(parsers, content, path, origin));
  }

  /** Whether a file is such an archive, by its name. */
  static boolean isArchive(Path file) {
    String name = Folders.name(file).toLowerCase(Locale.ROOT);
    return List.of(".tar", ".tar.gz", ".tgz").stream().anyMatch(name::endsWith);
  }
}
