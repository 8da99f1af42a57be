package org.vgg4j.data.packed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

class IdxFileTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void setUp() {
    file = folder.resolve("images");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readsPlainAndCompressed(boolean zipped) throws IOException {
    byte[] content = Idx.bytes(new int[] {2, 1, 3}, 1, 2, 3, 4, 5, 255);
    Files.write(file, zipped ? Idx.gzip(content) : content);
    IdxFile idx = IdxFile.read(file, 3);
    assertThat(idx.dimensions).containsExactly(2, 1, 3);
    assertThat(idx.data).containsExactly(1, 2, 3, 4, 5, -1);
  }

  @Test
  void missingFile() {
    assertThatThrownBy(() -> IdxFile.read(file, 3))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot read the IDX file " + file + " (")
        .hasMessageEndingWith("): check path and permissions");
  }

  @Test
  void labelsInsteadOfImages() throws IOException {
    Files.write(file, Idx.bytes(new int[] {2}, 1, 2));
    assertThatThrownBy(() -> IdxFile.read(file, 3))
        .isInstanceOf(InputException.class)
        .hasMessage(
            file
                + " is not an IDX file of unsigned bytes in 3 dimensions: it starts with"
                + " 0x00000801, not 0x00000803");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 10, 16, 19})
  void cutFile(int length) throws IOException {
    Files.write(file, Arrays.copyOf(Idx.bytes(new int[] {1, 2, 2}, 1, 2, 3, 4), length));
    assertThatCutOff();
  }

  @Test
  void cutCompressedFile() throws IOException {
    byte[] content = Idx.gzip(Idx.bytes(new int[] {1, 2, 2}, 1, 2, 3, 4));
    Files.write(file, Arrays.copyOf(content, content.length - 9));
    assertThatCutOff();
  }

  private void assertThatCutOff() {
    assertThatThrownBy(() -> IdxFile.read(file, 3))
        .isInstanceOf(InputException.class)
        .hasMessage(
            file
                + " is cut off: it has less data than its header says; download the IDX file"
                + " again");
  }

  @Test
  void damagedCompressedFile() throws IOException {
    byte[] content = Idx.gzip(Idx.bytes(new int[] {1, 2, 2}, 1, 2, 3, 4));
    content[content.length - 8] ^= 1;
    Files.write(file, content);
    assertThatThrownBy(() -> IdxFile.read(file, 3))
        .isInstanceOf(InputException.class)
        .hasMessage(file + " is damaged (Corrupt GZIP trailer): download the IDX file again");
  }

  @Test
  void dataBeyondTheHeader() throws IOException {
    Files.write(file, Idx.bytes(new int[] {1, 2, 2}, 1, 2, 3, 4, 5));
    assertThatThrownBy(() -> IdxFile.read(file, 3))
        .isInstanceOf(InputException.class)
        .hasMessage(file + " has more data than its header says: download the IDX file again");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MAX_VALUE})
  void impossibleDimension(int dimension) throws IOException {
    Files.write(file, Idx.bytes(new int[] {2, dimension, 1}));
    assertThatThrownBy(() -> IdxFile.read(file, 3))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "dimension 1 of the IDX file "
                + file
                + " is "
                + dimension
                + ", which is not positive or too large: give another file");
  }
}
