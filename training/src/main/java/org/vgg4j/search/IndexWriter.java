package org.vgg4j.search;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/** Writes an index, whole or not at all. The same content gives the same bytes. */
public final class IndexWriter {
  private IndexWriter() {}

  /**
   * @param images in the order of their paths, one at least
   * @param rows the finished row of each
   * @throws InputException if the file cannot be written
   */
  public static void write(
      Path file,
      IndexHeader header,
      @Nullable Whitening whitening,
      List<IndexedFile> images,
      RowSource rows) {
    byte[] json = header.json().getBytes(StandardCharsets.UTF_8);
    int stride = SearchIndex.stride(header.kept());
    int count = images.size();
    float[] row = new float[stride];
    float[] scales = new float[count];
    float[] slacks = new float[count];
    for (int r = 0; r < count; r++) {
      rows.read(r, row);
      Codes codes = Codes.of(row);
      scales[r] = codes.scale();
      slacks[r] = codes.slack();
    }
    ByteBuffer names = ByteBuffer.allocate(Long.BYTES * (count + 1)).order(ByteOrder.LITTLE_ENDIAN);
    long at = 0;
    names.putLong(at);
    for (IndexedFile image : images) {
      at += SearchIndex.entry(image).length;
      names.putLong(at);
    }
    long entryBytes = at;
    SearchIndex.Sections sections =
        SearchIndex.Sections.of(json.length, header, count, entryBytes, stride);
    AtomicFile.write(
        file,
        channel -> {
          CheckedFile.Writer out = new CheckedFile.Writer(channel);
          out.write(preamble(json.length, sections.end(), count));
          out.write(json);
          out.align();
          if (whitening != null) {
            out.write(whitening.toBytes());
            out.align();
          }
          out.write(names.array());
          out.align();
          for (IndexedFile image : images) {
            out.write(SearchIndex.entry(image));
          }
          out.align();
          out.write(bytes(scales));
          out.write(bytes(slacks));
          out.align();
          for (int r = 0; r < count; r++) {
            rows.read(r, row);
            out.write(Codes.of(row).values());
          }
          out.align();
          for (int r = 0; r < count; r++) {
            rows.read(r, row);
            out.write(bytes(row));
          }
          if (out.position() != sections.end()) {
            throw new IllegalStateException(out.position() + ", not " + sections.end());
          }
          out.finish();
        });
  }

  private static byte[] preamble(int headerBytes, long length, int count) {
    return ByteBuffer.allocate(SearchIndex.PREAMBLE)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(SearchIndex.MAGIC)
        .putInt(SearchIndex.VERSION)
        .putInt(headerBytes)
        .putLong(length)
        .putInt(count)
        .array();
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }
}
