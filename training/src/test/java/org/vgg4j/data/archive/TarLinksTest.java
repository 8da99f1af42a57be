package org.vgg4j.data.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;

/** Second names of files, which tar stores without their content. */
class TarLinksTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("images.tar");
  }

  private static void put(TarArchiveOutputStream tar, String name, String content)
      throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private static void link(TarArchiveOutputStream tar, String name, byte kind, String target)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, kind);
    entry.setLinkName(target);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  @Test
  void hardLinksAreTheFilesThatTheyLeadTo() throws IOException {
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      put(tar, "./cat/a.jpg", "first");
      put(tar, "./cat/b.jpg", "second one");
      link(tar, "./dog/c.jpg", TarConstants.LF_LINK, "./cat/a.jpg");
      link(tar, "dog/d.jpg", TarConstants.LF_LINK, "cat/b.jpg");
      link(tar, "dog/e.jpg", TarConstants.LF_LINK, "dog/d.jpg");
      link(tar, "dog/f.jpg", TarConstants.LF_SYMLINK, "../cat/b.jpg");
      link(tar, "notes.txt", TarConstants.LF_LINK, "nowhere.txt");
    }
    TarArchive archive = TarArchive.open(file, null);
    StringBuilder found = new StringBuilder();
    for (int i = 0; i < archive.index().size(); i++) {
      String content = new String(archive.read(i), StandardCharsets.UTF_8);
      found.append(archive.index().name(i)).append(": ").append(content).append('\n');
    }
    assertThat(found)
        .hasToString(
            """
            cat/a.jpg: first
            cat/b.jpg: second one
            dog/c.jpg: first
            dog/d.jpg: second one
            dog/e.jpg: second one
            """);
  }

  /** What is logged meanwhile, which goes to the standard error stream. */
  private static String logged(Runnable action) {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      action.run();
    } finally {
      System.setErr(before);
    }
    return log.toString(StandardCharsets.UTF_8);
  }

  @Test
  void linksThatAreNotReadAreCounted() throws IOException {
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      put(tar, "cat/a.jpg", "first");
      link(tar, "dog/b.jpg", TarConstants.LF_LINK, "gone/b.jpg");
      link(tar, "dog/c.jpg", TarConstants.LF_LINK, "gone/c.jpg");
      link(tar, "dog/d.jpg", TarConstants.LF_SYMLINK, "../cat/a.jpg");
    }
    assertThat(logged(() -> assertThat(TarArchive.open(file, null).index().size()).isEqualTo(1)))
        .contains("passed over 1 symbolic link(s) in " + file + ", which archives are not read")
        .contains(
            "passed over 2 hard link(s) in %s whose files are not before them in it, such as dog/b.jpg to gone/b.jpg: if you have these files, make the archive again with tar --hard-dereference"
                .formatted(file));
  }

  @Test
  void anArchiveOfNothingButLostLinksIsRefused() throws IOException {
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      link(tar, "dog/c.jpg", TarConstants.LF_LINK, "cat/b.jpg");
    }
    assertThatThrownBy(() -> TarArchive.open(file, null))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + " holds no image (");
  }
}
