package org.vgg4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Image files in the less usual forms that strangers have; see make_goldens.py beside them. */
class ImageFormsTest {
  private static final String LOW =
      " of 16 bits a sample whose values are all below 256, which is black: save it with 8 bits a"
          + " sample";

  private static final ColorModel GREY_WITH_ALPHA =
      new ComponentColorModel(
          ColorSpace.getInstance(ColorSpace.CS_GRAY),
          true,
          false,
          Transparency.TRANSLUCENT,
          DataBuffer.TYPE_USHORT);

  @ParameterizedTest
  @CsvFileSource(resources = "/goldens/forms/goldens.csv")
  void decodesAsPillowDoes(String file, int width, int height, String sha256) throws Exception {
    RgbImage image = ImageDecoder.decode(TestImages.resource("/goldens/forms/" + file), file);
    assertThat(image.width()).isEqualTo(width);
    assertThat(image.height()).isEqualTo(height);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(image.pixels());
    assertThat(HexFormat.of().formatHex(digest)).isEqualTo(sha256);
  }

  /** Pillow converts by another engine, with other rounding. */
  @Test
  void labIsNearlyAsPillowHasIt() {
    byte[] expected = TestImages.resource("/goldens/forms/lab.tif.rgb");
    byte[] pixels =
        ImageDecoder.decode(TestImages.resource("/goldens/forms/lab.tif"), "lab.tif").pixels();
    assertThat(pixels).hasSameSizeAs(expected);
    for (int i = 0; i < pixels.length; i++) {
      assertThat(pixels[i] & 0xFF).isCloseTo(expected[i] & 0xFF, within(2));
    }
  }

  /** Some decoders can read some of these; then others would see other pixels, or none. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          arithmetic.jpg | is a JPEG with arithmetic coding, which cannot be read: save it as an ordinary JPEG, for instance with jpegtran -copy all -outfile NEW.jpg OLD.jpg
          arithmetic-progressive.jpg | is a JPEG with arithmetic coding, which cannot be read: save it as an ordinary JPEG, for instance with jpegtran -copy all -outfile NEW.jpg OLD.jpg
          lossless.jpg | is a JPEG with lossless coding, which cannot be read: save it as an ordinary JPEG or a PNG
          hierarchical.jpg | is a JPEG with hierarchical coding, which cannot be read: save it as an ordinary JPEG or a PNG
          12-bits.jpg | is a JPEG of 12 bits a sample, which cannot be read: save it as an ordinary JPEG or a PNG
          two-components.jpg | is a JPEG of 2 components, which cannot be read: save it as an ordinary JPEG or a PNG
          height-at-end.jpg | is a JPEG that states its height only at its end, which cannot be read: save it as an ordinary JPEG or a PNG
          scans-missing.jpg | is damaged, cut off or of an unsupported kind (scans are missing at its end): replace it
          component-missing.jpg | is damaged, cut off or of an unsupported kind (scans are missing at its end): replace it
          apple.png | is a PNG in the form that Apple's tools make for iOS, which cannot be read: save it as an ordinary PNG
          header-checksum.png | is damaged, cut off or of an unsupported kind (the checksum of IHDR is wrong): replace it
          cut.ppm | is damaged, cut off or of an unsupported kind (it ends before its last pixel): replace it
          cut-digits.pgm | is damaged, cut off or of an unsupported kind (it ends before its last pixel): replace it
          huge.ppm | has 99999 x 99999 pixels, more than the 178956970 allowed: scale it down first
          largest-0.pgm | is damaged, cut off or of an unsupported kind (its header says 2 x 2 pixels of 0 to 0): replace it
          float-to-1.tif | is a TIFF with floating-point numbers from 0 to 0.9921875, and does not say which of them is white: scale them to 0 to 255 and save it with 8 bits a sample
          float-negative.tif | is a TIFF with floating-point numbers from -20 to 234, and does not say which of them is white: scale them to 0 to 255 and save it with 8 bits a sample
          float-white-0.tif | is a TIFF with floating-point numbers, 0 for white, of 32 bits, which cannot be read: save it with 8 bits a sample
          unsigned32.tif | is a TIFF with whole numbers from 0 to 4261412864, and does not say which of them is white: scale them to 0 to 255 and save it with 8 bits a sample
          low-byte.tif | is a TIFF of 16 bits a sample whose values are all below 256, which is black: save it with 8 bits a sample
          half.tif | is a TIFF with floating-point numbers of 16 bits, which cannot be read: save it with 8 bits a sample
          seven-channels.tif | is a TIFF of 7 channels that are not said to be colours, which cannot be read: choose three of them for red, green and blue
          no-photometric.tif | is a TIFF that does not say whether 0 is black or white (tag 262): save it anew as TIFF or PNG
          other-inks.tif | is a TIFF of inks other than CMYK, which cannot be read: convert it to RGB
          raw-dng.tif | is a camera's raw image, which cannot be read: convert it to JPEG or PNG
          raw-thumbnail.tif | is a camera's raw image, which cannot be read: convert it to JPEG or PNG
          zstandard.tif | is a TIFF packed by Zstandard, which cannot be read: save it with LZW, Deflate or none
          cut.tif | is damaged, cut off or of an unsupported kind (it ends before its last pixel): replace it
          cmyk.pam | is damaged, cut off or of an unsupported kind (its pixels have 4 samples (CMYK)): replace it
          """)
  void refusesBySentence(String file, String sentence) {
    byte[] content = TestImages.resource("/goldens/forms/refused/" + file);
    assertThatThrownBy(() -> ImageDecoder.decode(content, file))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessage(file + " " + sentence);
  }

  private static byte[] deepPng(int... samples) throws IOException {
    WritableRaster raster = GREY_WITH_ALPHA.createCompatibleWritableRaster(2, 1);
    BufferedImage image =
        samples.length == 2
            ? new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY)
            : new BufferedImage(GREY_WITH_ALPHA, raster, false, null);
    image.getRaster().setPixels(0, 0, 2, 1, samples);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, "png", png)).isTrue();
    return png.toByteArray();
  }

  /** Masks, and images of 8 bits, in files of 16 bits a sample. */
  @Test
  void deepImagesThatUseOnlyTheLowByteAreRefused() throws IOException {
    assertThatThrownBy(() -> ImageDecoder.decode(deepPng(0, 255), "a.png"))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessage("a.png is a PNG" + LOW);
    assertThat(ImageDecoder.decode(deepPng(0, 0), "a.png").pixels()).containsOnly(0);
    assertThat(ImageDecoder.decode(deepPng(7, 256), "a.png").pixels())
        .containsExactly(0, 0, 0, 1, 1, 1);
    assertThatThrownBy(() -> ImageDecoder.decode(deepPng(9, 65535, 0, 65535), "a.png"))
        .hasMessage("a.png is a PNG" + LOW);
    // black on nothing, which is white
    assertThat(ImageDecoder.decode(deepPng(9, 65535, 0, 0), "a.png").pixels())
        .containsExactly(0, 0, 0, 255, 255, 255);
  }

  /** Two pixels of grey and alpha, 16 bits each. */
  private static byte[] deepTiff(boolean planar, int... samples) {
    int[][] tags = {
      {256, 2},
      {257, 1},
      {258, 16},
      {259, 1},
      {262, 1},
      {273, 200},
      {277, 2},
      {278, 1},
      {279, 8},
      {284, 1},
      {338, 2}
    };
    ByteBuffer file = ByteBuffer.allocate(208).order(ByteOrder.LITTLE_ENDIAN);
    file.put("II".getBytes(StandardCharsets.US_ASCII)).putShort((short) 42).putInt(8);
    file.putShort((short) tags.length);
    for (int[] tag : tags) {
      boolean parts = planar && (tag[0] == 273 || tag[0] == 279);
      int value = parts && tag[0] == 279 ? 4 : planar && tag[0] == 284 ? 2 : tag[1];
      file.putShort((short) tag[0]).putShort((short) 3).putInt(parts ? 2 : 1);
      int second = parts ? tag[0] == 273 ? value + 4 : value : 0;
      file.putShort((short) value).putShort((short) second);
    }
    file.position(200);
    for (int i = 0; i < 4; i++) {
      file.putShort((short) samples[planar ? i % 2 * 2 + i / 2 : i]);
    }
    return file.array();
  }

  /** Alpha may be all of 16 bits, and says nothing about the colours. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void deepTiffWhoseColoursUseOnlyTheLowByteIsRefused(boolean planar) {
    for (int alpha : new int[] {65535, 255}) {
      assertThatThrownBy(() -> ImageDecoder.decode(deepTiff(planar, 9, alpha, 0, alpha), "a.tif"))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage("a.tif is a TIFF" + LOW);
    }
    assertThat(ImageDecoder.decode(deepTiff(planar, 256, 65535, 0, 65535), "a.tif").pixels())
        .containsExactly(1, 1, 1, 0, 0, 0);
    // black on nothing, which is white
    assertThat(ImageDecoder.decode(deepTiff(planar, 9, 65535, 0, 0), "a.tif").pixels())
        .containsExactly(0, 0, 0, 255, 255, 255);
  }

  private static byte[] pnm(String file) {
    return file.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void deepPnmThatUsesOnlyTheLowByteIsRefused() {
    String pam = "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 65535\nENDHDR\n";
    for (String file :
        List.of(
            "P2 2 1 65535 0 255",
            "P3 1 1 65535 1 2 3",
            "P5 2 1 65535 \0\0\0\7",
            pam + "\0\7\u00ff\u00ff")) {
      assertThatThrownBy(() -> ImageDecoder.decode(pnm(file), "a.pnm"))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage("a.pnm is a Netpbm file" + LOW);
    }
    assertThat(ImageDecoder.decode(pnm("P2 1 1 65535 0"), "a").pixels()).containsOnly(0);
    assertThat(ImageDecoder.decode(pnm("P2 1 1 65535 256"), "a").pixels()).containsOnly(1);
    // a scale of its own
    assertThat(ImageDecoder.decode(pnm("P2 1 1 4095 255"), "a").pixels()).containsOnly(16);
    // black on nothing, which is white
    assertThat(ImageDecoder.decode(pnm(pam + "\0\7\0\0"), "a").pixels()).containsOnly((byte) 255);
  }

  /** By the first bytes that their formats prescribe. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0000001c66747970686569630000 | is a HEIC image, which cannot be read: convert it to JPEG or PNG
          0000002066747970617669660000 | is an AVIF image, which cannot be read: convert it to JPEG or PNG
          0000000c4a584c200d0a870a | is a JPEG XL image, which cannot be read: convert it to JPEG or PNG
          ff0afa7f | is a JPEG XL image, which cannot be read: convert it to JPEG or PNG
          0000000c6a5020200d0a870a | is a JPEG 2000 image, which cannot be read: convert it to JPEG or PNG
          ff4fff510029 | is a JPEG 2000 image, which cannot be read: convert it to JPEG or PNG
          384250530001 | is a Photoshop image, which cannot be read: convert it to JPEG or PNG
          00000100010010100000 | is an icon (ICO), which cannot be read: convert it to JPEG or PNG
          000002000000000000000000 | is a Targa image (TGA), which cannot be read: convert it to JPEG or PNG
          255044462d312e34 | is a PDF document, which cannot be read: convert it to JPEG or PNG
          """)
  void namesOtherKinds(String head, String sentence) {
    assertRefused(HexFormat.of().parseHex(head), sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          <?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/> | is a drawing (SVG), which cannot be read: convert it to JPEG or PNG
          <!DOCTYPE html><title>404</title> | is a web page, not an image: download the image itself
          version https://git-lfs.github.com/spec/v1 | is a pointer of Git LFS, not the image itself: run git lfs pull
          data TRUEVISION-XFILE.$ | is a Targa image (TGA), which cannot be read: convert it to JPEG or PNG
          """)
  void namesOtherFiles(String text, String sentence) {
    assertRefused(text.replace('$', '\0').getBytes(StandardCharsets.US_ASCII), sentence);
  }

  private static void assertRefused(byte[] content, String sentence) {
    assertThatThrownBy(() -> ImageDecoder.decode(content, "a.jpg"))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessage("a.jpg " + sentence);
  }

  /** A preview first, which says that it is one (tag 254), and then the image. */
  @Test
  void tiffIsReadWhereItIsWhole() {
    byte[] pixels = ImageDecoder.decode(twoPictures(1, 0), "a.tif").pixels();
    assertThat(pixels).containsExactly(10, 10, 10, 90, 90, 90);
    // of pages the first
    assertThat(ImageDecoder.decode(twoPictures(0, 0), "a.tif").pixels()).containsExactly(5, 5, 5);
    assertThat(ImageDecoder.decode(twoPictures(1, 1), "a.tif").pixels()).containsExactly(5, 5, 5);
  }

  /** Grey: one pixel of 5, then two of 10 and 90. */
  private static byte[] twoPictures(int firstKind, int secondKind) {
    ByteBuffer file = ByteBuffer.allocate(300).order(ByteOrder.LITTLE_ENDIAN);
    file.put((byte) 'I').put((byte) 'I').putShort((short) 42).putInt(12);
    file.put((byte) 5).put((byte) 10).put((byte) 90).put((byte) 0);
    putDirectory(file, firstKind, 1, 8);
    putDirectory(file, secondKind, 2, 9);
    return file.array();
  }

  private static void putDirectory(ByteBuffer file, int kind, int width, int pixelsAt) {
    int[][] tags = {
      {254, kind},
      {256, width},
      {257, 1},
      {258, 8},
      {259, 1},
      {262, 1},
      {273, pixelsAt},
      {279, width}
    };
    file.putShort((short) tags.length);
    for (int[] tag : tags) {
      file.putShort((short) tag[0]).putShort((short) 4).putInt(1).putInt(tag[1]);
    }
    file.putInt(width == 1 ? file.position() + 4 : 0);
  }

  /** A row of grey floating-point numbers, each with an extra sample if there is a kind of it. */
  private static byte[] floatTiff(int extra, float... samples) {
    int channels = extra < 0 ? 1 : 2;
    int[][] tags = {
      {256, samples.length / channels},
      {257, 1},
      {258, 32},
      {259, 1},
      {262, 1},
      {273, 200},
      {277, channels},
      {279, 4 * samples.length},
      {338, extra},
      {339, 3}
    };
    tags[8][0] = extra < 0 ? 337 : 338; // or a tag of a text, which is not looked at
    ByteBuffer file = tiff(tags, 200 + 4 * samples.length);
    for (float sample : samples) {
      file.putFloat(sample);
    }
    return file.array();
  }

  /** A TIFF file with tags of one whole number each, positioned at byte 200. */
  private static ByteBuffer tiff(int[][] tags, int bytes) {
    ByteBuffer file = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    file.put("II".getBytes(StandardCharsets.US_ASCII)).putShort((short) 42).putInt(8);
    file.putShort((short) tags.length);
    for (int[] tag : tags) {
      file.putShort((short) tag[0]).putShort((short) 4).putInt(1).putInt(tag[1]);
    }
    return file.position(200);
  }

  /** Highlights above white, and what filters leave above it and below black. */
  @Test
  void floatTiffOnAScaleTo1IsRefusedThoughSamplesLeaveIt() {
    assertScaleIsOpen(floatTiff(-1, 0, 0.5f, 0.7f, 1.004f));
    assertScaleIsOpen(floatTiff(-1, 0, 0.5f, 1, 31));
    assertScaleIsOpen(floatTiff(-1, 0, 0.5f, 0.25f, 200));
    assertScaleIsOpen(floatTiff(-1, -0.01f, 0.5f, 200));
    assertScaleIsOpen(floatTiff(2, 0.5f, 255, 0.7f, 255, 0.9f, 255)); // alpha goes to 255
    assertScaleIsOpen(floatTiff(-1, -1, 90, 200));
    assertScaleIsOpen(floatTiff(-1, 0, 90, 256));
  }

  @Test
  void floatTiffWithAlphaOnAScaleTo1IsRefused() {
    for (float[] samples : new float[][] {{90, 1, 7, 1}, {90, 255, 7, Float.NaN}}) {
      assertThatThrownBy(() -> ImageDecoder.decode(floatTiff(2, samples), "a.tif"))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageContaining("alpha is on a scale to 1, or no number: save it without alpha");
    }
  }

  private static void assertScaleIsOpen(byte[] file) {
    assertThatThrownBy(() -> ImageDecoder.decode(file, "a.tif"))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageContaining("and does not say which of them is white");
  }

  /** Black margins count neither way, and few samples are dark. */
  @Test
  void floatTiffOnAScaleTo255IsRead() {
    assertPixels(floatTiff(-1, 0, 7.5f, 28.4f), 0, 7, 28);
    assertPixels(floatTiff(-1, -0.4f, 0.5f, 90, 255.4f), 0, 0, 90, 255);
    assertPixels(floatTiff(-1, 0, 0, 0, 0.5f, 90.5f), 0, 0, 0, 0, 90);
    assertPixels(floatTiff(-1, 0, 1), 0, 1);
    assertPixels(floatTiff(-1, 1e-6f, 2e-3f, -1e-6f, 90), 0, 0, 0, 90); // what a filter leaves
    assertPixels(floatTiff(2, 90.5f, 255, 7, 255), 90, 7);
    assertPixels(floatTiff(2, 90, 65_535, 7, 65_535), 90, 7);
  }

  private static void assertPixels(byte[] file, int... greys) {
    byte[] pixels = ImageDecoder.decode(file, "a.tif").pixels();
    assertThat(pixels).hasSize(3 * greys.length);
    for (int i = 0; i < pixels.length; i++) {
      assertThat(pixels[i] & 0xFF).isEqualTo(greys[i / 3]);
    }
  }

  @Test
  void tiffOfTwoChannelsWithoutAlphaIsRefused() {
    int[][] tags = {
      {256, 1}, {257, 1}, {258, 8}, {259, 1}, {262, 1}, {273, 200}, {277, 2}, {279, 2}, {338, 0}
    };
    byte[] file = tiff(tags, 202).put((byte) 9).put((byte) 99).array();
    assertThatThrownBy(() -> ImageDecoder.decode(file, "a.tif"))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessage(
            "a.tif is a TIFF of 2 channels that are not said to be colours or alpha, which cannot be read: save one of them alone, or say that the second one is alpha (tag 338)");
    tags[8][1] = 2;
    assertThat(
            ImageDecoder.decode(tiff(tags, 202).put((byte) 9).put((byte) 255).array(), "a")
                .pixels())
        .containsOnly(9);
  }

  /** Its indices are colours whatever the second sample is. */
  @Test
  void tiffOfAPaletteWithASecondSampleIsRead() {
    int[][] tags = {
      {256, 1},
      {257, 1},
      {258, 8},
      {259, 1},
      {262, 3},
      {273, 200},
      {277, 2},
      {279, 2},
      {320, 0},
      {338, 0}
    };
    ByteBuffer file = tiff(tags, 202 + 2 * 3 * 256).put((byte) 9).put((byte) 99);
    int map = 10 + 12 * 8; // the tag 320: 768 numbers of 16 bits, behind the pixels
    file.putShort(map + 2, (short) 3).putInt(map + 4, 3 * 256).putInt(map + 8, 202);
    for (int colour = 0; colour < 3; colour++) {
      file.putShort(202 + 2 * (256 * colour + 9), (short) ((50 + colour) << 8));
    }
    assertThat(ImageDecoder.decode(file.array(), "a.tif").pixels()).containsExactly(50, 51, 52);
  }

  /** A row of pixels of 32 bits; headers of 56 bytes or more have masks. */
  private static byte[] bmp(int header, int compression, int... pixels) {
    ByteBuffer file =
        ByteBuffer.allocate(14 + header + 4 * pixels.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put((byte) 'B').put((byte) 'M').putInt(file.capacity()).putInt(0).putInt(14 + header);
    file.putInt(header).putInt(pixels.length).putInt(1).putShort((short) 1).putShort((short) 32);
    file.putInt(compression).putInt(4 * pixels.length).position(54);
    file.putInt(0xFF0000).putInt(0xFF00).putInt(0xFF).putInt(0xFF000000).position(14 + header);
    for (int pixel : pixels) {
      file.putInt(pixel);
    }
    return file.array();
  }

  /** Many programs leave the fourth byte at 0, whatever the mask says of it. */
  @Test
  void unusedAlphaOfBmpIsNoTransparency() {
    for (int header : new int[] {56, 108, 124}) {
      for (int compression : new int[] {0, 3}) {
        byte[] file = bmp(header, compression, 0x010203, 0x040506);
        assertThat(ImageDecoder.decode(file, "a.bmp").pixels()).containsExactly(1, 2, 3, 4, 5, 6);
      }
      byte[] plain = bmp(header, 0, 0x00010203, 0x80040506);
      assertThat(ImageDecoder.decode(plain, "a.bmp").pixels()).containsExactly(1, 2, 3, 4, 5, 6);
      byte[] masked = bmp(header, 3, 0x00010203, 0xFF040506);
      assertThat(ImageDecoder.decode(masked, "a.bmp").pixels())
          .containsExactly(255, 255, 255, 4, 5, 6);
      masked[66 + 3] = 0; // no bit is alpha's
      assertThat(ImageDecoder.decode(masked, "a.bmp").pixels()).containsExactly(1, 2, 3, 4, 5, 6);
    }
  }

  /** A row of grey that fills one byte, of which one value is transparent. */
  private static byte[] greyPng(int bits, int clear, int row) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(HexFormat.of().parseHex("89504e470d0a1a0a"));
    ByteBuffer header = ByteBuffer.allocate(13).putInt(8 / bits).putInt(1).put((byte) bits);
    byte[] packed = new byte[100];
    Deflater deflater = new Deflater();
    deflater.setInput(new byte[] {0, (byte) row});
    deflater.finish();
    int length = deflater.deflate(packed);
    deflater.end();
    putChunk(out, "IHDR", header.array());
    putChunk(out, "tRNS", new byte[] {0, (byte) clear});
    putChunk(out, "IDAT", Arrays.copyOf(packed, length));
    putChunk(out, "IEND", new byte[0]);
    return out.toByteArray();
  }

  private static void putChunk(ByteArrayOutputStream out, String type, byte[] body) {
    ByteBuffer chunk = ByteBuffer.allocate(12 + body.length).putInt(body.length);
    chunk.put(type.getBytes(StandardCharsets.US_ASCII)).put(body);
    CRC32 crc = new CRC32();
    crc.update(chunk.array(), 4, 4 + body.length);
    out.writeBytes(chunk.putInt((int) crc.getValue()).array());
  }

  /** White shows through. */
  @Test
  void transparentGreyOfFewBitsIsTransparent() {
    for (int bits : new int[] {1, 2, 4}) {
      int most = (1 << bits) - 1;
      for (int clear = 0; clear <= most; clear++) {
        int row = bits == 4 ? clear << 4 : bits == 2 ? 0b00_01_10_11 : 0b0101_0101;
        byte[] pixels = ImageDecoder.decode(greyPng(bits, clear, row), "a.png").pixels();
        for (int x = 0; x < 8 / bits; x++) {
          int grey = row >> (8 - bits * (x + 1)) & most;
          int expected = grey == clear ? 255 : grey * (255 / most);
          assertThat(pixels[3 * x + 1] & 0xFF).as("%d of %d", clear, bits).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void pamOfUnknownKindIsRefused() {
    String header = "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\nabc";
    byte[] hsv = header.formatted("HSV").getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> ImageDecoder.decode(hsv, "a.pam"))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageContaining("its pixels have 3 samples (HSV)");
    byte[] rgb = header.formatted("RGB").getBytes(StandardCharsets.US_ASCII);
    assertThat(ImageDecoder.decode(rgb, "a.pam").pixels()).containsExactly('a', 'b', 'c');
  }
}
