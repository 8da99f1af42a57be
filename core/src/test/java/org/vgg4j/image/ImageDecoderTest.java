package org.vgg4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.InputException;

class ImageDecoderTest {
  @TempDir Path folder;

  /** The goldens are Pillow's, see make_goldens.py beside them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgb.png",
        "grey.png",
        "rgba.png",
        "grey-alpha.png",
        "bits.png",
        "grey16.png",
        "palette.png",
        "palette-alpha.png",
        "rgb.bmp",
        "grey.bmp",
        "palette.gif",
        "444.jpg",
        "420.jpg",
        "progressive.jpg",
        "grey.jpg",
        "cmyk.jpg",
        "ycck.jpg",
        "exif-1.jpg",
        "exif-2.jpg",
        "exif-3.jpg",
        "exif-4.jpg",
        "exif-5.jpg",
        "exif-6.jpg",
        "exif-7.jpg",
        "exif-8.jpg",
        "rgb16.png",
        "rgba16.png",
        "rgb-raw.tiff",
        "rgb-tiff_lzw.tiff",
        "rgb-tiff_adobe_deflate.tiff",
        "rgb-packbits.tiff",
        "jpeg.tiff",
        "grey.tiff",
        "palette.tiff",
        "bits.tiff",
        "rgba.tiff",
        "orientation.tiff",
        "lossless.webp",
        "alpha.webp",
        "exif.webp",
        "profile.webp",
        "broken-profile.webp"
      })
  void decodesAsPillowDoes(String file) {
    byte[] expected = TestImages.resource("/goldens/decode/" + file + ".rgb");
    RgbImage image = ImageDecoder.decode(TestImages.resource("/goldens/decode/" + file), file);
    assertThat(image.width()).isEqualTo(expected[0]);
    assertThat(image.height()).isEqualTo(expected[1]);
    assertThat(image.pixels()).isEqualTo(Arrays.copyOfRange(expected, 2, expected.length));
  }

  /** The decoders of lossy WebP interpolate chrominance differently. */
  @Test
  void decodesLossyWebpNearlyAsPillowDoes() {
    byte[] expected = TestImages.resource("/goldens/decode/lossy.webp.rgb");
    byte[] pixels =
        ImageDecoder.decode(TestImages.resource("/goldens/decode/lossy.webp"), "a").pixels();
    int sum = 0;
    int largest = 0;
    for (int i = 0; i < pixels.length; i++) {
      int difference = Math.abs((pixels[i] & 0xFF) - (expected[i + 2] & 0xFF));
      sum += difference;
      largest = Math.max(largest, difference);
    }
    assertThat(largest).isLessThanOrEqualTo(16);
    assertThat((double) sum / pixels.length).isLessThan(2);
  }

  @Test
  void goesByContentNotByName() throws IOException {
    Path file = folder.resolve("a.jpg");
    Files.write(file, TestImages.resource("/goldens/decode/rgb.png"));
    assertThat(ImageDecoder.decode(file).width()).isEqualTo(19);
  }

  /** Java reads paths of usual disks to their end, but closes channels. */
  @Test
  void anInterruptedThread() throws IOException {
    Path file = folder.resolve("picture.png");
    Files.write(file, TestImages.noise(9, 9, 1).toPng());
    try (InputStream stream = Channels.newInputStream(FileChannel.open(file))) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> ImageDecoder.decode(stream, "a picture"))
          .isInstanceOf(AbortedException.class)
          .hasMessage(
              "reading a picture ended early, since the thread was interrupted: do it again");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(ImageDecoder.decode(file).width()).isEqualTo(9);
  }

  @Test
  void aStreamThatIsClosedIsNoInterruption() throws IOException {
    Path file = folder.resolve("picture.png");
    Files.write(file, TestImages.noise(9, 9, 1).toPng());
    try (InputStream stream = Channels.newInputStream(FileChannel.open(file))) {
      stream.close();
      assertThatThrownBy(() -> ImageDecoder.decode(stream, "a picture"))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("cannot read a picture (");
    }
  }

  @Test
  void missingFile() {
    Path file = folder.resolve("a.png");
    assertThatThrownBy(() -> ImageDecoder.decode(file))
        .isInstanceOf(InputException.class)
        .hasMessage("there is no image file " + file + ": check the path");
  }

  @Test
  void folderInsteadOfFile() {
    assertThatThrownBy(() -> ImageDecoder.decode(folder))
        .isInstanceOf(InputException.class)
        .hasMessage(folder + " is a folder, not an image: give an image file");
  }

  @Test
  void unreadableFile() throws IOException {
    Path file = Files.write(folder.resolve("a.png"), new byte[] {1});
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeFalse(Files.isReadable(file), "the superuser may read everything");
    assertThatThrownBy(() -> ImageDecoder.decode(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot read the image file " + file + " (")
        .hasMessageEndingWith("): check its permissions");
  }

  /** A name too long for file systems: an I/O failure that the superuser meets, too. */
  @Test
  void fileThatCannotBeOpened() {
    Path file = folder.resolve("a".repeat(300));
    assertThatThrownBy(() -> ImageDecoder.decode(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot read the image file " + file + " (");
  }

  @Test
  void emptyFile() throws IOException {
    Path file = Files.createFile(folder.resolve("a.png"));
    assertThatThrownBy(() -> ImageDecoder.decode(file))
        .isInstanceOf(InputException.class)
        .hasMessage(file + " is empty (0 bytes): replace it by an image");
  }

  @Test
  void hugeFile() throws IOException {
    Path file = folder.resolve("a.png");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength((1L << 30) + 1);
    }
    assertThatThrownBy(() -> ImageDecoder.decode(file))
        .isInstanceOf(InputException.class)
        .hasMessage(file + " is larger than 1 GiB: give a smaller image");
  }

  @Test
  void textInsteadOfImage() {
    byte[] content = "This is not an image.".getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> ImageDecoder.decode(content, "a.jpg"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "a.jpg is not an image that can be read: give a JPEG, PNG, BMP, GIF, TIFF, WebP, PPM,"
                + " PGM or PBM file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgb.png",
        "rgb.bmp",
        "palette.gif",
        "444.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "rgb-raw.tiff",
        "rgb-tiff_lzw.tiff",
        "lossless.webp",
        "lossy.webp"
      })
  void cutFile(String file) {
    byte[] whole = TestImages.resource("/goldens/decode/" + file);
    for (int percent : new int[] {99, 75, 50}) {
      byte[] cut = Arrays.copyOf(whole, whole.length * percent / 100);
      // The last hundredth of a PNG is its end chunk, which holds no pixels.
      if (percent < 99 || !file.endsWith("png")) {
        assertThatThrownBy(() -> ImageDecoder.decode(cut, file))
            .isInstanceOf(InputException.class)
            .hasMessageStartingWith(file + " is damaged, cut off or of an unsupported kind (")
            .hasMessageEndingWith("): replace it");
      }
    }
  }

  @Test
  void tooManyPixels() {
    byte[] content = pngOfSize(20_000, 10_000);
    assertThatThrownBy(() -> ImageDecoder.decode(content, "bomb.png"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "bomb.png has 20000 x 10000 pixels, more than the 178956970 allowed: scale it down"
                + " first");
  }

  @Test
  void sizesThatOverflowAreTooManyPixels() {
    byte[] content = pngOfSize(65_536, 65_536);
    assertThatThrownBy(() -> ImageDecoder.decode(content, "bomb.png"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("65536 x 65536 pixels");
  }

  /** The reader's own way takes minutes, since it meets an exception at each pixel. */
  @Test
  void webpThatClaimsManyPixelsIsRefusedSoon() {
    byte[] content = TestImages.resource("/goldens/decode/lossless.webp");
    int width = 16_384;
    int height = 10_000;
    ByteBuffer.wrap(content)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(21, (width - 1) | (height - 1) << 14);
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () ->
            assertThatThrownBy(() -> ImageDecoder.decode(content, "bomb.webp"))
                .isInstanceOf(UnreadableImageException.class)
                .hasMessageContaining("it ends before its last pixel"));
  }

  /** Whatever the format, the limit is the caller's. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "420.jpg",
        "cmyk.jpg",
        "rgb.png",
        "rgb.bmp",
        "palette.gif",
        "rgb-raw.tiff",
        "lossy.webp"
      })
  void theMostPixelsAreTheCallers(String file) {
    byte[] content = TestImages.resource("/goldens/decode/" + file);
    RgbImage image = ImageDecoder.decode(content, file);
    long pixels = (long) image.width() * image.height();
    assertThat(ImageDecoder.decode(content, file, pixels).width()).isEqualTo(image.width());
    assertThatThrownBy(() -> ImageDecoder.decode(content, file, pixels - 1))
        .isInstanceOf(OversizedImageException.class)
        .hasMessageContaining(file + " has ")
        .hasMessageContaining("more than the " + (pixels - 1) + " allowed");
  }

  /** Changes the size in a PNG's header, and the header's checksum. */
  private static byte[] pngOfSize(int width, int height) {
    byte[] content = TestImages.resource("/goldens/decode/rgb.png");
    ByteBuffer.wrap(content).putInt(16, width).putInt(20, height);
    CRC32 crc = new CRC32();
    crc.update(content, 12, 17);
    ByteBuffer.wrap(content).putInt(29, (int) crc.getValue());
    return content;
  }
}
