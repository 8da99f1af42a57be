package org.vgg4j.data;

import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive, and notices where it ends without the zeros that mark its end: then it may
 * have been cut off between two files, which the library takes for its end.
 */
public final class TarStream extends TarArchiveInputStream {
  private boolean isMarked;

  /**
   * @param stream the archive, not compressed
   */
  public TarStream(InputStream stream) {
    super(stream);
  }

  /**
   * Reads a header, or a block of the end.
   *
   * @throws IOException if the stream ends before the mark
   */
  @Override
  protected byte @Nullable [] readRecord() throws IOException {
    byte[] record = super.readRecord();
    if (record == null && !isMarked) {
      throw new IOException("the end-of-archive mark is missing");
    }
    isMarked |= isEOFRecord(record);
    return record;
  }
}
