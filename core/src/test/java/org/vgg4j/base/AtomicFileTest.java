package org.vgg4j.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.TestModels;

class AtomicFileTest {
  @TempDir Path root;

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static void half(FileChannel channel) throws IOException {
    assertThat(channel.write(ByteBuffer.allocate(1000))).isEqualTo(1000);
  }

  @Test
  void writesAndMakesTheFolder() throws IOException {
    Path file = root.resolve("a/b/text.txt");
    AtomicFile.write(file, "Größe 猫\n");
    assertThat(file).hasContent("Größe 猫\n");
    assertThat(names(file.getParent())).containsExactly("text.txt");
  }

  @Test
  void replaces() throws IOException {
    Path file = root.resolve("text.txt");
    AtomicFile.write(file, "a long first version");
    AtomicFile.write(file, "second");
    assertThat(file).hasContent("second");
    assertThat(names(root)).containsExactly("text.txt");
  }

  @Test
  void nothingIsSeenBeforeTheEnd() {
    Path file = root.resolve("text.txt");
    AtomicFile.write(
        file,
        channel -> {
          half(channel);
          assertThat(file).doesNotExist();
        });
    assertThat(file).hasSize(1000);
  }

  @Test
  void failingWriterKeepsTheOldFile() throws IOException {
    Path file = root.resolve("text.txt");
    AtomicFile.write(file, "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      half(channel);
                      throw new IOException("the cable is out");
                    }))
        .isInstanceOf(InputException.class)
        .hasMessage("cannot write %s: the cable is out; an older file of that name is kept", file);
    assertThat(file).hasContent("old");
    assertThat(names(root)).containsExactly("text.txt");
  }

  @Test
  void bugInTheWriterKeepsTheOldFileToo() throws IOException {
    Path file = root.resolve("text.txt");
    AtomicFile.write(file, "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      half(channel);
                      throw new IllegalStateException("a bug");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a bug");
    assertThat(file).hasContent("old");
    assertThat(names(root)).containsExactly("text.txt");
  }

  @Test
  void leftoverOfAKilledProcessIsOverwritten() throws IOException {
    Path file = root.resolve("text.txt");
    Files.writeString(root.resolve("text.txt.tmp"), "a long leftover");
    AtomicFile.write(file, "new");
    assertThat(file).hasContent("new");
    assertThat(names(root)).containsExactly("text.txt");
  }

  @Test
  void folderInTheWay() throws IOException {
    Path file = root.resolve("text.txt");
    Files.createDirectories(file.resolve("inside"));
    assertThatThrownBy(() -> AtomicFile.write(file, "new"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot write " + file + ": ");
    assertThat(file.resolve("inside")).isDirectory();
    assertThat(names(root)).containsExactly("text.txt");
  }

  @Test
  void fileWhereAFolderShouldBe() throws IOException {
    Path notAFolder = Files.writeString(root.resolve("file"), "x");
    assertThatThrownBy(() -> AtomicFile.write(notAFolder.resolve("text.txt"), "new"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot write " + notAFolder.resolve("text.txt") + ": ");
    assertThat(notAFolder).hasContent("x");
  }

  @Test
  void unwritableFolder() throws IOException {
    Path folder = Files.createDirectory(root.resolve("locked"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeFalse(Files.isWritable(folder), "root may write everywhere");
    assertThatThrownBy(() -> AtomicFile.write(folder.resolve("text.txt"), "new"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "cannot write %s: permission denied; an older file of that name is kept",
            folder.resolve("text.txt"));
    assertThat(names(folder)).isEmpty();
  }

  @Test
  void kernelThatForbidsWriting() {
    Path file = Path.of("/proc/vgg4j.txt");
    assumeFalse(!Files.isDirectory(Path.of("/proc/self")), "not Linux");
    assertThatThrownBy(() -> AtomicFile.write(file, "new"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot write /proc/vgg4j.txt: ");
  }

  @Test
  void fullDiskKeepsTheOldModel() throws IOException {
    try (SmallDisk disk = SmallDisk.mount(root.resolve("disk"), 100)) {
      assertThat(disk).isNotNull();
      Path file = root.resolve("disk/last/model.safetensors");
      AtomicFile.write(file, "the old model");
      assertThatThrownBy(() -> TestModels.random(Configuration.A, "cat", "dog").write(file))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "cannot write %s: No space left on device; an older file of that name is kept", file);
      assertThat(file).hasContent("the old model");
      assertThat(names(file.getParent())).containsExactly("model.safetensors");
    }
  }
}
