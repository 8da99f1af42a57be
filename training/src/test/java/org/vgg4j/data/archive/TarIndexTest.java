package org.vgg4j.data.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The index of an archive as large as that of ILSVRC's training images. */
class TarIndexTest {
  private static final int CLASSES = 1000;
  private static final int IMAGES = 1300;
  private static final int BLOCK = 512;
  private static final long IMAGE_BYTES = 109_000;

  /**
   * An archive of 1,000 archives of 1,300 images each, 142 GB, of which only the headers exist, and
   * only while they are read.
   */
  private static final class Virtual implements SeekableByteChannel {
    private static final long PADDED = (IMAGE_BYTES + BLOCK - 1) / BLOCK * BLOCK + BLOCK;
    private static final long INNER = IMAGES * PADDED + 2 * BLOCK;
    private static final long OUTER = BLOCK + INNER;
    private long position;

    private static String wnid(int label) {
      return String.format(Locale.ROOT, "n%08d", 1_440_000 + 7 * label);
    }

    private byte[] block(long number) {
      long at = number * BLOCK;
      long label = at / OUTER;
      long within = at % OUTER - BLOCK;
      if (label >= CLASSES) {
        return new byte[BLOCK];
      }
      if (within < 0) {
        return header(wnid((int) label) + ".tar", INNER);
      }
      long image = within / PADDED;
      if (image < IMAGES && within % PADDED == 0) {
        // in falling order: the index has to be sorted
        return header(wnid((int) label) + "_" + (10_000 + IMAGES - image) + ".JPEG", IMAGE_BYTES);
      }
      return new byte[BLOCK];
    }

    private static byte[] header(String name, long length) {
      byte[] header = new byte[BLOCK];
      TarArchiveEntry entry = new TarArchiveEntry(name);
      entry.setSize(length);
      entry.writeEntryHeader(header);
      return header;
    }

    @Override
    public int read(ByteBuffer to) {
      int count = 0;
      while (to.hasRemaining() && position < size()) {
        int from = (int) (position % BLOCK);
        int some = Math.min(to.remaining(), BLOCK - from);
        to.put(block(position / BLOCK), from, some);
        position += some;
        count += some;
      }
      return count == 0 && to.hasRemaining() ? -1 : count;
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public SeekableByteChannel position(long newPosition) {
      position = newPosition;
      return this;
    }

    @Override
    public long size() {
      return CLASSES * OUTER + 2 * BLOCK;
    }

    @Override
    public int write(ByteBuffer from) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  @Test
  void ofMoreThanAMillionFiles() throws IOException {
    Virtual archive = new Virtual();
    long began = System.nanoTime();
    TarIndex index = TarArchive.index(archive, Path.of("train.tar"));
    double build = (System.nanoTime() - began) / 1e9;
    assertThat(index.size()).isEqualTo(CLASSES * IMAGES);
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    TarIndex.Archive identity = new TarIndex.Archive(archive.size(), 17);
    index.write(stream, identity);
    // what the class comment states of names of 30 bytes; the arrays in memory hold the same
    assertThat((double) stream.size() / index.size()).isLessThan(30 + 16.1);
    began = System.nanoTime();
    TarIndex read = TarIndex.read(new ByteArrayInputStream(stream.toByteArray()), identity);
    double load = (System.nanoTime() - began) / 1e9;
    System.out.printf(
        Locale.ROOT, "1.3 million files: built in %.1f s, read in %.2f s%n", build, load);
    assertThat(read.size()).isEqualTo(index.size());
    for (int i = 0; i < index.size(); i += 9_973) {
      assertThat(read.name(i)).isEqualTo(index.name(i));
      assertThat(read.offset(i)).isEqualTo(index.offset(i));
      assertThat(read.length(i)).isEqualTo((int) IMAGE_BYTES);
      assertThat(index.name(i)).isEqualTo(nameOf(i));
      archive.position(read.offset(i) - BLOCK);
      ByteBuffer header = ByteBuffer.allocate(BLOCK);
      assertThat(archive.read(header)).isEqualTo(BLOCK);
      String inArchive = new String(header.array(), 0, 21, StandardCharsets.UTF_8);
      assertThat(read.name(i)).endsWith("/" + inArchive.replace("\0", ""));
    }
  }

  private static String nameOf(int i) {
    String wnid = Virtual.wnid(i / IMAGES);
    return wnid + "/" + wnid + "_" + (10_001 + i % IMAGES) + ".JPEG";
  }

  /** As unpacking does: tar appends a newer file behind the older one of its name. */
  @Test
  void ofFilesOfOneNameTheLastCounts(@TempDir Path temporary) throws IOException {
    Path archive = temporary.resolve("twice.tar");
    try (OutputStream stream = Files.newOutputStream(archive);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(stream)) {
      for (String entry : List.of("b.jpg", "a.jpg", "b.jpg")) {
        TarArchiveEntry header = new TarArchiveEntry(entry);
        header.setSize(3);
        tar.putArchiveEntry(header);
        tar.write(new byte[3]);
        tar.closeArchiveEntry();
      }
    }
    TarIndex index = TarArchive.open(archive, null).index();
    assertThat(index.size()).isEqualTo(2);
    assertThat(index.name(1)).isEqualTo("b.jpg");
    assertThat(index.offset(1)).as("behind two entries and its header").isEqualTo(5 * 512);
  }
}
