package org.vgg4j.data.boxes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XmlBoxesTest {
  @TempDir Path folder;

  /** Links have no content of their own, which is no damage. */
  @Test
  void linksInAnArchiveAreCounted() throws IOException {
    Path file = folder.resolve("boxes.tar");
    byte[] xml = Trees.xml("a", 40, 20).getBytes(StandardCharsets.UTF_8);
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      TarArchiveEntry entry = new TarArchiveEntry("cat/a.xml");
      entry.setSize(xml.length);
      tar.putArchiveEntry(entry);
      tar.write(xml);
      tar.closeArchiveEntry();
      for (byte kind : new byte[] {TarConstants.LF_LINK, TarConstants.LF_SYMLINK}) {
        TarArchiveEntry link = new TarArchiveEntry("cat/b" + kind + ".xml", kind);
        link.setLinkName("cat/a.xml");
        tar.putArchiveEntry(link);
        tar.closeArchiveEntry();
      }
    }
    List<Annotation> found = new ArrayList<>();
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      XmlBoxes.read(file, found::add);
    } finally {
      System.setErr(before);
    }
    assertThat(found).hasSize(1);
    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains("passed over 2 link(s) to XML files in " + file);
  }
}
