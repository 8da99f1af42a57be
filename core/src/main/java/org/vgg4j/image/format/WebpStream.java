package org.vgg4j.image.format;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A WebP file as its reader shall see it: without colour profile, and with an end. The reader would
 * apply a profile, which no other kind's does here, and refuse an image for a broken one. Its bit
 * reader takes the end of the file for zeros, so that a few hundred bytes that claim millions of
 * pixels would keep it busy for minutes, an exception a bit. Not thread-safe.
 */
final class WebpStream extends ImageInputStreamImpl {
  /** The bit reader looks 8 bytes ahead; who reads more than that has lost its way. */
  private static final int BYTES_AHEAD = 16;

  /** Where the first chunk begins, and the flags of one that announces others. */
  private static final int FIRST_CHUNK = 12;

  private static final int FLAGS = 20;
  private static final int HAS_PROFILE = 0x20;
  private static final byte[] EXTENDED = "VP8X".getBytes(StandardCharsets.US_ASCII);

  private final byte[] content;

  /**
   * @param file the whole file; neither kept nor changed
   */
  WebpStream(byte[] file) {
    content = Arrays.copyOf(file, file.length + BYTES_AHEAD);
    if (file.length > FLAGS
        && Arrays.equals(
            file, FIRST_CHUNK, FIRST_CHUNK + EXTENDED.length, EXTENDED, 0, EXTENDED.length)) {
      content[FLAGS] &= ~HAS_PROFILE;
    }
  }

  @Override
  public int read() throws IIOException {
    requireMore();
    bitOffset = 0;
    return content[(int) streamPos++] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IIOException {
    requireMore();
    bitOffset = 0;
    int count = (int) Math.min(length, content.length - streamPos);
    System.arraycopy(content, (int) streamPos, bytes, offset, count);
    streamPos += count;
    return count;
  }

  /** Not an EOFException: the reader passes over those. */
  private void requireMore() throws IIOException {
    if (streamPos >= content.length) {
      throw new IIOException("it ends before its last pixel");
    }
  }

  @Override
  public long length() {
    return content.length;
  }
}
