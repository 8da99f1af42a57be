package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;

/**
 * Damaged files of each format: each is read or refused by a sentence; none crashes, hangs, or asks
 * for more memory than there is. {@code -Dvgg.fuzz=5000} damages more of them.
 */
class WeightsFuzzTest {
  private static final int COUNT = Integer.getInteger("vgg.fuzz", 200);
  private static final int EDGE = 4096; // where headers and tables of contents are
  private static final Duration LONGEST = Duration.ofSeconds(20);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "checkpoint.pth.tar",
        "torchvision-legacy.pth",
        "torchvision-f16.safetensors",
        "caffe-old.caffemodel",
        "caffe-new.caffemodel",
        "keras-old.h5",
        "keras3.weights.h5",
        "torch.onnx",
        "mxnet-bn.onnx",
      })
  void damagedFilesAreReadOrRefused(String name) throws IOException {
    assertReadOrRefused(name, Files.readAllBytes(Goldens.file(name)));
  }

  /** With whatever training scripts keep beside the weights. */
  @ParameterizedTest
  @ValueSource(strings = {"beside-1.pth", "beside-4.pth", "beside-legacy.pth"})
  void damagedCheckpointsAreReadOrRefused(String name) throws IOException {
    TorchCheckpointsTest.unpack(folder);
    assertReadOrRefused("damaged-" + name, Files.readAllBytes(folder.resolve(name)));
  }

  private void assertReadOrRefused(String name, byte[] sound) throws IOException {
    Path file = folder.resolve(name);
    int refused = 0;
    for (int i = 0; i < COUNT; i++) {
      RandomStream random = new RandomStream(1, i, name.hashCode() & 0xFFFF, Purpose.SHUFFLE);
      Files.write(file, damaged(sound, random));
      if (assertTimeoutPreemptively(LONGEST, () -> isRefused(file), name + " " + i)) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(COUNT / 20);
  }

  private static boolean isRefused(Path file) {
    try {
      assertThat(WeightsImport.AS_FOUND.read(file)).isNotNull();
      return false;
    } catch (InputException e) {
      assertThat(e).hasMessageContaining(file.getFileName().toString());
      return true;
    }
  }

  /** A few bytes changed, most of them near an end, a piece moved, or the end cut off. */
  private static byte[] damaged(byte[] sound, RandomStream random) {
    byte[] bytes = sound.clone();
    int kind = random.nextInt(10);
    if (kind == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    if (kind == 1) {
      int length = 1 + random.nextInt(200);
      int from = random.nextInt(bytes.length - length);
      int to = random.nextInt(EDGE);
      System.arraycopy(sound, from, bytes, to, length);
      return bytes;
    }
    int changes = 1 + random.nextInt(kind < 6 ? 3 : 30);
    for (int i = 0; i < changes; i++) {
      int where =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(bytes.length);
            case 1 -> bytes.length - 1 - random.nextInt(EDGE);
            default -> random.nextInt(EDGE);
          };
      bytes[where] =
          switch (random.nextInt(3)) {
            case 0 -> (byte) 0xFF;
            case 1 -> (byte) (bytes[where] ^ 1 << random.nextInt(8));
            default -> (byte) random.nextInt(256);
          };
    }
    return bytes;
  }
}
