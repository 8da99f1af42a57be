package org.vgg4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/**
 * Damaged files of all kinds are decoded, or refused by a sentence: no other exception, no hang, no
 * more memory than an image may take. {@code -Dvgg.fuzz=5000} tries more of them.
 */
class ImageFuzzTest {
  private static final int FILES = Integer.getInteger("vgg.fuzz", 500);

  /** Only a hang takes so long: decoding takes milliseconds. */
  private static final int SECONDS = 60;

  /** Of the largest image allowed, as it is decoded and as it is kept, and something beside. */
  private static final long MOST_BYTES = 2 * 4 * RgbImage.MAX_PIXELS + (256L << 20);

  private static final List<String> SEEDS =
      List.of(
          "420.jpg",
          "progressive.jpg",
          "grey.jpg",
          "cmyk.jpg",
          "ycck.jpg",
          "exif-6.jpg",
          "rgb.png",
          "rgba16.png",
          "palette-alpha.png",
          "bits.png",
          "rgb.bmp",
          "palette.gif",
          "rgb-raw.tiff",
          "rgb-tiff_lzw.tiff",
          "rgb-tiff_adobe_deflate.tiff",
          "rgb-packbits.tiff",
          "jpeg.tiff",
          "bits.tiff",
          "palette.tiff",
          "lossless.webp",
          "alpha.webp",
          "lossy.webp",
          "exif.webp",
          "../forms/jpeg-ids-012.jpg",
          "../forms/jpeg-1x2-progressive.jpg",
          "../forms/jpeg-inks-adobe2.jpg",
          "../forms/jpeg-three-scans.jpg",
          "../forms/png-exif-6.png",
          "../forms/png-exif-ztxt.png",
          "../forms/png-xmp-packed.png",
          "../forms/gif-offset-local.gif",
          "../forms/webp-animated-clear-2.webp",
          "../forms/bmp-runs-size0.bmp",
          "../forms/bmp-os2-long.bmp",
          "../forms/tiff-rgb16-extra-1.tif",
          "../forms/tiff-float-differences.tif",
          "../forms/tiff-lzw-tiles.tif",
          "../forms/tiff-planes-tiles.tif",
          "../forms/tiff-jpeg-tiles.tif",
          "../forms/tiff-ycbcr-2x2.tif",
          "../forms/tiff-palette-alpha.tif",
          "../forms/tiff-inks-extra.tif",
          "../forms/tiff-big-strips-be.tif",
          "../forms/tiff-fax3.tif",
          "../forms/p6-16-bits.ppm",
          "../forms/p3.ppm",
          "../forms/p1.pbm",
          "../forms/p4.pbm",
          "../forms/p7-alpha.pam");

  @Test
  void damagedFiles() throws InterruptedException {
    List<byte[]> seeds =
        SEEDS.stream()
            .map(
                file ->
                    TestImages.resource(Path.of("/goldens/decode", file).normalize().toString()))
            .toList();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    int decoded = 0;
    try {
      for (int number = 0; number < FILES; number++) {
        SplittableRandom random = new SplittableRandom(number);
        int seed = number % seeds.size();
        byte[] content = damaged(seeds.get(seed), seeds, random);
        String name = "file " + number + " of " + SEEDS.get(seed);
        decoded +=
            thread.submit(() -> decode(content, name)).get(SECONDS, TimeUnit.SECONDS) ? 1 : 0;
      }
    } catch (ExecutionException e) {
      fail("not a sentence", e.getCause());
    } catch (TimeoutException e) {
      fail("hangs", e);
    } finally {
      thread.shutdownNow();
    }
    // Some damage shows in no header and breaks no code; most of it does.
    assertThat(decoded).isBetween(FILES / 50, FILES * 9 / 10);
  }

  private static boolean decode(byte[] content, String name) {
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = memory.getCurrentThreadAllocatedBytes();
    try {
      RgbImage image = ImageDecoder.decode(content, name);
      assertThat(image.pixels()).hasSize(3 * image.width() * image.height());
      return true;
    } catch (UnreadableImageException e) {
      assertThat(e).hasMessageStartingWith(name + " ");
      return false;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(name, e);
    } finally {
      assertThat(memory.getCurrentThreadAllocatedBytes() - before)
          .as("bytes for %s", name)
          .isLessThan(MOST_BYTES);
    }
  }

  private static byte[] damaged(byte[] whole, List<byte[]> seeds, SplittableRandom random) {
    byte[] content = whole.clone();
    switch (random.nextInt(6)) {
      case 0 -> flip(content, content.length, 1 + random.nextInt(20), random);
      case 1 -> flip(content, Math.min(100, content.length), 1 + random.nextInt(4), random);
      case 2 -> content = Arrays.copyOf(content, random.nextInt(content.length));
      case 3 -> {
        // the head of another kind, or of another file of the kind
        byte[] other = seeds.get(random.nextInt(seeds.size()));
        int length = 1 + random.nextInt(Math.min(64, Math.min(other.length, content.length)) - 1);
        System.arraycopy(other, 0, content, 0, length);
      }
      case 4 -> {
        // a number that is far too large, or zero
        int at = random.nextInt(content.length - 4);
        Arrays.fill(content, at, at + 4, random.nextBoolean() ? (byte) 0xFF : 0);
      }
      default -> {
        // a part twice
        int from = random.nextInt(content.length);
        byte[] more = Arrays.copyOf(content, 2 * content.length - from);
        System.arraycopy(content, from, more, content.length, content.length - from);
        content = more;
        flip(content, content.length, 2, random);
      }
    }
    return content;
  }

  private static void flip(byte[] content, int within, int times, SplittableRandom random) {
    for (int i = 0; i < times; i++) {
      content[random.nextInt(within)] ^= (byte) (1 + random.nextInt(255));
    }
  }
}
