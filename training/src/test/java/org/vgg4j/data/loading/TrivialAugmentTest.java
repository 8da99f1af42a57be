package org.vgg4j.data.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;

class TrivialAugmentTest {
  /** As make_goldens.py has it. */
  private static RgbImage picture(int width, int height, int low, int span) {
    byte[] pixels = new byte[3 * width * height];
    int at = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          pixels[at++] = (byte) (low + (x * x * 3 + y * 7 + x * y * (c + 2) + c * 31) % span);
        }
      }
    }
    return new RgbImage(width, height, pixels);
  }

  private static List<String> golden() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            TrivialAugmentTest.class.getResourceAsStream(
                "/goldens/trivial-augment/checksums.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    }
  }

  /** Every strength of every operation, in every byte. */
  @ParameterizedTest
  @EnumSource(TrivialAugment.Operation.class)
  void bytesArePillows(TrivialAugment.Operation operation) throws IOException {
    Map<String, RgbImage> pictures =
        Map.of("square", picture(24, 24, 0, 256), "wide", picture(31, 17, 40, 97));
    int compared = 0;
    for (String line : golden()) {
      String[] words = line.split(" ");
      if (!words[1].equals(operation.name())) {
        continue;
      }
      RgbImage image = Objects.requireNonNull(pictures.get(words[0]));
      int strength = Integer.parseInt(words[2]);
      CRC32 crc = new CRC32();
      crc.update(TrivialAugment.apply(operation, strength, image).pixels());
      assertThat("%08x".formatted(crc.getValue())).as(line).isEqualTo(words[3]);
      compared++;
    }
    assertThat(compared).isEqualTo(operation.isSigned() ? 2 * 61 : 2 * 31);
  }

  @Test
  void operationsAndStrengthsAreEquallyLikely() {
    Map<TrivialAugment.Operation, Integer> counts = new EnumMap<>(TrivialAugment.Operation.class);
    int[] strengths = new int[31];
    int negative = 0;
    int signed = 0;
    for (int sample = 0; sample < 62_000; sample++) {
      TrivialAugment.Drawn drawn =
          TrivialAugment.draw(new RandomStream(1, 0, sample, Purpose.TRIVIAL_AUGMENT));
      counts.merge(drawn.operation(), 1, Integer::sum);
      strengths[Math.abs(drawn.strength())]++;
      if (drawn.operation().isSigned() && drawn.strength() != 0) {
        signed++;
        negative += drawn.strength() < 0 ? 1 : 0;
      } else {
        assertThat(drawn.strength()).isNotNegative();
      }
    }
    assertThat(counts).hasSize(14);
    assertThat(counts.values())
        .allSatisfy(count -> assertThat(count).isCloseTo(62_000 / 14, within(330)));
    assertThat(IntStream.of(strengths))
        .allSatisfy(count -> assertThat(count).isCloseTo(2000, within(220)));
    assertThat(negative).isCloseTo(signed / 2, within(500));
  }

  /** No operation gives a grey image a colour, or changes its size; a plain one has no contrast. */
  @ParameterizedTest
  @EnumSource(TrivialAugment.Operation.class)
  void greyAndTinyImagesWork(TrivialAugment.Operation operation) {
    byte[] grey = new byte[9 * 5];
    for (int i = 0; i < grey.length; i++) {
      grey[i] = (byte) (i * 37);
    }
    for (RgbImage image :
        List.of(
            RgbImage.ofGrey(grey, 9, 5),
            TestImages.plain(1, 1, 7, 7, 7),
            TestImages.plain(2, 6, 0, 0, 0))) {
      for (int strength : new int[] {0, 11, 30}) {
        RgbImage changed = TrivialAugment.apply(operation, strength, image);
        assertThat(changed.width()).isEqualTo(image.width());
        assertThat(changed.height()).isEqualTo(image.height());
        byte[] pixels = changed.pixels();
        for (int i = 0; i < pixels.length; i += 3) {
          assertThat(pixels[i]).isEqualTo(pixels[i + 1]).isEqualTo(pixels[i + 2]);
        }
      }
    }
  }
}
