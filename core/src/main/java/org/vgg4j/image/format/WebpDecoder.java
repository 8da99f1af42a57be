package org.vgg4j.image.format;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.spi.ImageReaderSpi;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.file.Exif;
import org.vgg4j.image.file.Origin;
import org.vgg4j.image.file.Readers;

/**
 * WebP files; of an animation the first frame, on the whole canvas. As in Pillow, what that frame
 * does not cover is transparent, or black where the file says that nothing is transparent.
 */
public final class WebpDecoder {
  private static final ImageReaderSpi READER = new WebPImageReaderSpi();
  private static final int RIFF_HEADER = 8;
  private static final int FIRST_CHUNK = 12;
  private static final int HAS_ALPHA = 0x10;
  private static final int WHITE = 255;

  private WebpDecoder() {}

  public static RgbImage decode(byte[] content, Origin origin) throws IOException {
    if (isCut(content)) {
      throw new IOException("it is shorter than its header says");
    }
    int frame = find(content, "ANMF");
    int canvas = find(content, "VP8X");
    boolean animated = frame >= 0 && canvas >= 0 && canvas + 10 <= content.length;
    if (animated) {
      origin.requireSize(three(content, canvas + 4) + 1, three(content, canvas + 7) + 1);
    }
    RgbImage image =
        RgbImage.of(
            Readers.read(READER, new WebpStream(content), origin, reader -> reader.read(0)));
    return animated ? onCanvas(image, content, canvas, frame) : image;
  }

  private static RgbImage onCanvas(RgbImage frame, byte[] content, int canvas, int at)
      throws IOException {
    int width = three(content, canvas + 4) + 1;
    int height = three(content, canvas + 7) + 1;
    int left = 2 * three(content, at);
    int top = 2 * three(content, at + 3);
    if (left + frame.width() > width || top + frame.height() > height) {
      throw new IOException("its first frame leaves the canvas");
    }
    if (frame.width() == width && frame.height() == height) {
      return frame;
    }
    byte[] rgb = new byte[Math.multiplyExact(3, width * height)];
    if ((content[canvas] & HAS_ALPHA) != 0) {
      Arrays.fill(rgb, (byte) WHITE);
    }
    int stride = 3 * frame.width();
    for (int y = 0; y < frame.height(); y++) {
      System.arraycopy(frame.pixels(), y * stride, rgb, 3 * ((top + y) * width + left), stride);
    }
    return new RgbImage(width, height, rgb);
  }

  /** Whether a file is shorter than its header says, which the reader would not notice. */
  private static boolean isCut(byte[] content) {
    long length = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getInt(4) & 0xFFFFFFFFL;
    return content.length < length + RIFF_HEADER;
  }

  /** Returns the orientation from the EXIF data, 1 to 8. */
  public static int orientation(byte[] content) {
    int body = find(content, "EXIF");
    if (body < 0) {
      return Exif.UPRIGHT;
    }
    ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    long length = file.getInt(body - 4) & 0xFFFFFFFFL;
    int end = (int) Math.min(content.length, body + length);
    return Exif.orientation(content, Exif.tiffAt(ByteBuffer.wrap(content, body, end - body)), end);
  }

  /** Returns where the body of the first chunk of a type begins; -1 if there is none. */
  private static int find(byte[] content, String type) {
    ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    long at = FIRST_CHUNK;
    while (at + RIFF_HEADER <= content.length) {
      int from = (int) at;
      if (Arrays.equals(content, from, from + name.length, name, 0, name.length)) {
        return from + RIFF_HEADER;
      }
      long length = file.getInt(from + 4) & 0xFFFFFFFFL;
      at += RIFF_HEADER + length + (length & 1);
    }
    return -1;
  }

  /** Reads a number of three bytes; those beyond the end count as zeros. */
  private static int three(byte[] content, int at) {
    int value = 0;
    for (int i = 0; i < 3 && at + i < content.length; i++) {
      value |= (content[at + i] & 0xFF) << 8 * i;
    }
    return value;
  }
}
