package org.vgg4j.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** Reads files that may be compressed, whatever they are called: some browsers unpack a .gz. */
public final class Gzip {
  private static final int MAGIC_0 = 0x1F;
  private static final int MAGIC_1 = 0x8B;
  private static final int BUFFER = 1 << 16;

  private Gzip() {}

  /**
   * Returns the content, decompressed if it is compressed.
   *
   * @param stream that supports {@code mark}; an empty one is taken as it is
   */
  public static InputStream unzipped(InputStream stream) throws IOException {
    stream.mark(2);
    boolean zipped = stream.read() == MAGIC_0 && stream.read() == MAGIC_1;
    stream.reset();
    return zipped ? new GZIPInputStream(stream, BUFFER) : stream;
  }
}
