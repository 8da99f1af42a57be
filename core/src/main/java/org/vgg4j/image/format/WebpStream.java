package org.vgg4j.image.format;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A WebP file as its reader should see it: without colour profile, and with a hard end. The reader
 * would apply a profile, as no other format's does here, and refuse an image for a broken one. Its
 * bit reader reads zeros beyond the end of the file, so a few hundred bytes that claim millions of
 * pixels would keep it busy for minutes, with an exception for every bit. Not thread-safe.
 */
final class WebpStream extends ImageInputStreamImpl {
  /**
   * The bit reader looks 8 bytes ahead; reading further than that means that the file is damaged.
   */
  private static final int BYTES_AHEAD = 16;

  /** Where the first chunk begins, and where the flags of an extended header (VP8X) are. */
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

  /** Not an EOFException: the reader swallows those. */
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
