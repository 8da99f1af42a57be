package org.vgg4j.weights.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;

class TensorReaderTest {
  private static final int COUNT = 200_000; // more than a reader's buffer holds

  @TempDir Path folder;
  private Path file;

  /** Numbers 0, 1, 2 ... after four bytes of something else. */
  @BeforeEach
  void write() throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + COUNT * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(-1);
    for (int i = 0; i < COUNT; i++) {
      bytes.putFloat(i);
    }
    file = Files.write(folder.resolve("numbers"), bytes.array());
  }

  private float[] read(StoredTensor tensor) {
    return TensorReader.read(List.of(tensor)).get(tensor.name());
  }

  private StoredTensor whole(Integer... shape) {
    return StoredTensor.contiguous("t", file, 4, NumberType.F32, List.of(shape));
  }

  @Test
  void readsInTheOrderOfTheIndices() {
    float[] values = read(whole(COUNT));
    assertThat(values).hasSize(COUNT);
    assertThat(values[0]).isZero();
    assertThat(values[COUNT - 1]).isEqualTo(COUNT - 1);
  }

  /** The naive twin: each index on its own. */
  @Test
  void permutedAxesAreReadAsIfOneWentThroughTheIndices() {
    int[] sizes = {2, 50, 4, 500};
    StoredTensor permuted = whole(2, 50, 4, 500).permuted(3, 1, 0, 2);
    assertThat(permuted.shape()).containsExactly(500, 50, 2, 4);
    float[] values = read(permuted);
    int at = 0;
    for (int l = 0; l < sizes[3]; l++) {
      for (int j = 0; j < sizes[1]; j++) {
        for (int i = 0; i < sizes[0]; i++) {
          for (int k = 0; k < sizes[2]; k++) {
            assertThat(values[at++]).isEqualTo(((i * 50 + j) * 4 + k) * 500 + l);
          }
        }
      }
    }
  }

  @Test
  void gapsBetweenElementsAreLeftOut() {
    StoredTensor gaps =
        new StoredTensor("t", file, 4, NumberType.F32, List.of(3, 2), List.of(60_000L, 7L));
    assertThat(read(gaps)).containsExactly(0, 7, 60_000, 60_007, 120_000, 120_007);
  }

  @Test
  void otherTypesAreConverted() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(22).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putDouble(1.5).putShort((short) 0x3FC0).putShort((short) 0x3E00).putShort((short) 0xBC00);
    bytes.putShort((short) 0x0001).putShort((short) 0x7C00).putShort((short) 0x7E00);
    bytes.putShort((short) 0x8000);
    Path mixed = Files.write(folder.resolve("mixed"), bytes.array());
    assertThat(read(StoredTensor.contiguous("d", mixed, 0, NumberType.F64, List.of(1))))
        .containsExactly(1.5f);
    assertThat(read(StoredTensor.contiguous("b", mixed, 8, NumberType.BF16, List.of(1))))
        .containsExactly(1.5f);
    assertThat(read(StoredTensor.contiguous("h", mixed, 10, NumberType.F16, List.of(6))))
        .containsExactly(1.5f, -1f, 0x1p-24f, Float.POSITIVE_INFINITY, Float.NaN, -0f);
  }

  @Test
  void theEndOfTheFileIsASentence() {
    assertThatThrownBy(() -> read(whole(COUNT + 1)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tensor 't' goes on to byte 800008");
    assertThatThrownBy(
            () -> read(StoredTensor.contiguous("n", file, 0, NumberType.I64, List.of(1))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("holds integers");
  }

  @Test
  void elementsInOnePlaceAreRefused() {
    assertThatThrownBy(
            () -> new StoredTensor("t", file, 4, NumberType.F32, List.of(9, 9), List.of(0L, 1L)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("several elements in one place");
    assertThatThrownBy(
            () -> new StoredTensor("t", file, 4, NumberType.F32, List.of(9, 9), List.of(8L, 1L)))
        .isInstanceOf(InputException.class);
  }
}
