package org.vgg4j.search;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.network.HostThreads;

/**
 * An index of images: a row of unit length for each, made of its descriptor, in the order of the
 * files' paths. The file is mapped into memory, so it may be larger than that; nothing damaged is
 * used (see docs/features.md for the layout). Thread-safe, but for the threads that a caller gives.
 * The file may be replaced while it is open, but not changed.
 */
public final class SearchIndex {
  static final byte[] MAGIC = "vgg4jidx".getBytes(StandardCharsets.US_ASCII);
  static final int VERSION = 1;

  /** Bytes before the header: magic, version, length of the header, length of the data, rows. */
  static final int PREAMBLE = 32;

  /** Rows have multiples of so many numbers, the others being 0. */
  static final int LANES = 16;

  private static final int LONGEST_HEADER = 1 << 24;
  private static final int MOST_NUMBERS = 1 << 20;
  private static final int DIGEST = 32;
  private static final int ENTRY = 2 * Long.BYTES + DIGEST; // before the path

  private final Path file;
  private final CheckedFile data;
  private final IndexHeader header;
  private final int count;
  private final int stride;
  private final Sections sections;
  private final @Nullable Whitening whitening;
  private final long[] names;
  private final float[] scales;
  private final float[] slacks;

  /** Where things are in the file, each from a multiple of 64 on. */
  record Sections(
      long whitening, long names, long entries, long bounds, long codes, long rows, long end) {
    static Sections of(
        int headerBytes, IndexHeader header, int count, long entryBytes, int stride) {
      long whitening = aligned(PREAMBLE + (long) headerBytes);
      long names =
          aligned(
              whitening
                  + (header.whitened() ? Whitening.bytes(header.described(), header.kept()) : 0));
      long entries = aligned(names + Long.BYTES * (count + 1L));
      long bounds = aligned(entries + entryBytes);
      long codes = aligned(bounds + 2L * Float.BYTES * count);
      long rows = aligned(codes + (long) stride * count);
      long end = rows + (long) stride * Float.BYTES * count;
      return new Sections(whitening, names, entries, bounds, codes, rows, end);
    }

    private static long aligned(long position) {
      return (position + 63) & ~63L;
    }
  }

  private SearchIndex(Path file) {
    this.file = file;
    ByteBuffer begin = begin(file);
    int headerBytes = begin.getInt(MAGIC.length + Integer.BYTES);
    this.data = new CheckedFile(file, begin.getLong(MAGIC.length + 2 * Integer.BYTES));
    this.count = begin.getInt(PREAMBLE - Long.BYTES);
    if (headerBytes < 2 || headerBytes > LONGEST_HEADER || count < 1) {
      throw data.damaged("its first bytes make no sense");
    }
    this.header = header(headerBytes);
    this.stride = stride(header.kept());
    long nameBytes = Long.BYTES * (count + 1L);
    Sections guess = Sections.of(headerBytes, header, count, 0, stride);
    ByteBuffer offsets = data.section(guess.names(), nameBytes);
    this.names = new long[count + 1];
    offsets.asLongBuffer().get(names);
    this.sections = Sections.of(headerBytes, header, count, names[count], stride);
    ByteBuffer bounds = data.section(sections.bounds(), 2L * Float.BYTES * count);
    this.scales = new float[count];
    this.slacks = new float[count];
    bounds.asFloatBuffer().get(scales).get(slacks);
    this.whitening = header.whitened() ? whitening() : null;
  }

  /**
   * Opens an index.
   *
   * @throws InputException if the file is missing, no index, of another version or damaged
   */
  public static SearchIndex open(Path file) {
    return new SearchIndex(file);
  }

  private static ByteBuffer begin(Path file) {
    ByteBuffer begin = ByteBuffer.allocate(PREAMBLE).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (begin.hasRemaining() && channel.read(begin) >= 0) {
        // until it is full
      }
    } catch (IOException e) {
      throw new InputException(
          "cannot read the index %s (%s): check the path, or make it with vgg index"
              .formatted(file, AtomicFile.reason(e)),
          e);
    }
    if (begin.hasRemaining() || !Arrays.equals(MAGIC, 0, 8, begin.array(), 0, 8)) {
      throw new InputException(
          file + " is no index of vgg4j: give the file that vgg index --out has written");
    }
    int version = begin.getInt(MAGIC.length);
    if (version != VERSION) {
      throw new InputException(
          "the index %s has version %d of its format, but this vgg4j reads version %d: delete it, and make it again with vgg index"
              .formatted(file, version, VERSION));
    }
    return begin;
  }

  private IndexHeader header(int bytes) {
    byte[] text = new byte[bytes];
    data.section(PREAMBLE, bytes).get(text);
    try {
      IndexHeader read = IndexHeader.of(new String(text, StandardCharsets.UTF_8));
      if (read.kept() < 1
          || read.kept() > read.described()
          || read.described() > MOST_NUMBERS
          || !read.whitened() && read.kept() != read.described()) {
        throw data.damaged("its lengths make no sense");
      }
      return read;
    } catch (JsonProcessingException e) {
      throw data.damaged("its header is no JSON");
    }
  }

  private Whitening whitening() {
    long bytes = Whitening.bytes(header.described(), header.kept());
    return Whitening.of(
        data.section(sections.whitening(), bytes), header.described(), header.kept());
  }

  static int stride(int kept) {
    return (kept + LANES - 1) / LANES * LANES;
  }

  /** The file. */
  public Path file() {
    return file;
  }

  /** What it is about. */
  public IndexHeader header() {
    return header;
  }

  /** Number of images. */
  public int count() {
    return count;
  }

  /** The image of a row, from 0. */
  public IndexedFile image(int row) {
    long length = names[row + 1] - names[row];
    ByteBuffer entry = data.section(sections.entries() + names[row], length);
    if (length < ENTRY) {
      throw data.damaged("an image has no name");
    }
    long size = entry.getLong();
    long time = entry.getLong();
    byte[] digest = new byte[DIGEST];
    entry.get(digest);
    String path = StandardCharsets.UTF_8.decode(entry).toString();
    return new IndexedFile(path, size, time, HexFormat.of().formatHex(digest));
  }

  /** Where the image of a row, from 0, was when it was indexed. */
  public Path path(int row) {
    return Path.of(header.folder()).resolve(image(row).path());
  }

  static byte[] entry(IndexedFile image) {
    byte[] path = image.path().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(ENTRY + path.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(image.size())
        .putLong(image.time())
        .put(HexFormat.of().parseHex(image.digest()))
        .put(path)
        .array();
  }

  /**
   * Finds the images whose descriptors are most like one. Exact: every row counts; those of equal
   * cosines come in the order of their paths. The number of threads changes nothing.
   *
   * @param descriptor as the network makes it by the {@link IndexHeader#recipe}
   * @param top how many, at least 1
   * @return at most so many, the best first
   * @throws InputException if the file is damaged
   */
  public List<Match> search(float[] descriptor, int top, HostThreads threads) {
    if (descriptor.length != header.described() || top < 1) {
      throw new IllegalArgumentException(descriptor.length + " numbers, top " + top);
    }
    return new Scan(this, row(descriptor)).best(Math.min(top, count), threads);
  }

  /** The row that a descriptor becomes. */
  float[] row(float[] descriptor) {
    return row(descriptor, whitening, stride);
  }

  static float[] row(float[] descriptor, @Nullable Whitening whitening, int stride) {
    double[] values;
    if (whitening == null) {
      values = new double[descriptor.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = descriptor[i];
      }
    } else {
      values = whitening.apply(descriptor);
    }
    Unit.normalise(values);
    float[] row = new float[stride];
    for (int i = 0; i < values.length; i++) {
      row[i] = (float) values[i];
    }
    return row;
  }

  @Nullable Whitening learntWhitening() {
    return whitening;
  }

  int stride() {
    return stride;
  }

  float scale(int row) {
    return scales[row];
  }

  float slack(int row) {
    return slacks[row];
  }

  /** Reads rows. */
  void readRows(int first, float[] into, int rows) {
    data.readFloats(sections.rows() + (long) first * stride * Float.BYTES, into, rows * stride);
  }

  /** Reads the codes of rows. */
  void readCodes(int first, byte[] into, int rows) {
    data.read(sections.codes() + (long) first * stride, into, rows * stride);
  }
}
