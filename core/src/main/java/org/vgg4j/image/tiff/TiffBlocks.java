package org.vgg4j.image.tiff;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.vgg4j.image.file.Origin;
import org.vgg4j.image.jpeg.JpegDecoder;
import org.vgg4j.image.jpeg.JpegFile;
import org.vgg4j.image.jpeg.JpegSamples;

/**
 * The strips or tiles of a TIFF file, unpacked and put together. The result holds the wanted
 * samples as bytes, pixel after pixel. Not thread-safe.
 */
final class TiffBlocks {
  /** No compression method packs more bytes than this into one. */
  private static final int BEST_PACKING = 3000;

  private final byte[] content;
  private final Origin origin;
  private final TiffDirectory tags;
  private final TiffForm form;
  private final TiffSamples samples;
  private final int compression;
  private final int width;
  private final int height;
  private final int blockWidth;
  private final int blockHeight;
  private final boolean tiled;
  private final long[] offsets;
  private final long[] lengths;

  TiffBlocks(byte[] content, Origin origin, TiffDirectory tags, TiffForm form) throws IOException {
    this.content = content;
    this.origin = origin;
    this.tags = tags;
    this.form = form;
    width = tags.required(TiffTags.WIDTH, "ImageWidth");
    height = tags.required(TiffTags.HEIGHT, "ImageLength");
    compression = (int) tags.number(TiffTags.COMPRESSION, TiffCodec.NONE);
    tiled = tags.has(TiffTags.TILE_OFFSETS);
    if (tiled) {
      blockWidth = tags.required(TiffTags.TILE_WIDTH, "TileWidth");
      blockHeight = tags.required(TiffTags.TILE_HEIGHT, "TileLength");
    } else {
      long rows = tags.number(TiffTags.ROWS_PER_STRIP, height);
      blockWidth = width;
      blockHeight = rows < 1 || rows > height ? height : (int) rows;
    }
    offsets = tags.numbers(tiled ? TiffTags.TILE_OFFSETS : TiffTags.STRIP_OFFSETS);
    lengths = tags.numbers(tiled ? TiffTags.TILE_BYTES : TiffTags.STRIP_BYTES);
    samples = new TiffSamples(form, tags.order(), origin.name());
  }

  /** Returns the wanted samples, [height][width][form.kept()]. */
  byte[] read() throws IOException {
    int across = (width - 1) / blockWidth + 1;
    int down = (height - 1) / blockHeight + 1;
    int planes = form.planar() ? form.samples() : 1;
    if (offsets.length < (long) across * down * planes) {
      throw new IOException("it lists fewer strips or tiles than it has");
    }
    requirePlausible(planes * across * down);
    byte[] pixels = new byte[Math.toIntExact((long) width * height * form.kept())];
    for (int block = 0; block < planes * across * down; block++) {
      int plane = block / (across * down);
      int top = block / across % down * blockHeight;
      int left = block % across * blockWidth;
      if (!form.planar() || form.place(plane) >= 0) {
        readBlock(block, plane, left, top, pixels);
      }
    }
    samples.requireUsualScale(origin.name());
    return pixels;
  }

  /** Called before memory is allocated. */
  private void requirePlausible(int blocks) throws IOException {
    int rows = tiled ? blockHeight : Math.min(blockHeight, height);
    long most = blockBytes(rows);
    for (int block = 0; block < blocks; block++) {
      if (most > Integer.MAX_VALUE - 16 || most / BEST_PACKING > data(block).length) {
        throw new IOException("it ends before its last pixel");
      }
    }
  }

  private long blockBytes(int rows) {
    if (compression == TiffTags.JPEG) {
      return 0; // its message says so already
    }
    if (form.across() * form.down() > 1) {
      long units = ((long) blockWidth + form.across() - 1) / form.across();
      return units * ((rows + form.down() - 1) / form.down()) * unit();
    }
    return TiffSamples.rowBytes((long) blockWidth * samplesInBlock(), form.bits()) * rows;
  }

  /** Bytes of a group of pixels that share chrominance. */
  private int unit() {
    return form.across() * form.down() + 2;
  }

  private int samplesInBlock() {
    return form.planar() ? 1 : form.samples();
  }

  private byte[] data(int block) throws IOException {
    long from = offsets[block];
    if (from < 0 || from >= content.length) {
      throw new IOException("a strip or tile lies beyond its end");
    }
    long said = block < lengths.length && lengths[block] > 0 ? lengths[block] : Long.MAX_VALUE;
    int length = (int) Math.min(said, content.length - from);
    return Arrays.copyOfRange(content, (int) from, (int) from + length);
  }

  private void readBlock(int block, int plane, int left, int top, byte[] pixels)
      throws IOException {
    int rows = tiled ? blockHeight : Math.min(blockHeight, height - top);
    if (compression == TiffTags.JPEG) {
      JpegSamples jpeg = jpeg(data(block), rows);
      int used = Math.min(Math.min(rows, height - top), jpeg.height());
      for (int y = 0; y < used; y++) {
        keep(jpeg.samples(), y * jpeg.width() * jpeg.bands(), plane, left, top + y, pixels);
      }
      return;
    }
    byte[] unpacked = unpack(data(block), rows);
    byte[] row = new byte[blockWidth * samplesInBlock()];
    int stride = (int) TiffSamples.rowBytes(row.length, form.bits());
    for (int y = 0; y < Math.min(rows, height - top); y++) {
      samples.read(unpacked, y * stride, row.length, plane, row);
      keep(row, 0, plane, left, top + y, pixels);
    }
  }

  private byte[] unpack(byte[] data, int rows) throws IOException {
    if (tags.number(TiffTags.FILL_ORDER, 1) == 2) {
      for (int i = 0; i < data.length; i++) {
        data[i] = (byte) (Integer.reverse(data[i]) >>> 24);
      }
    }
    byte[] unpacked = TiffCodec.unpack(compression, data, (int) blockBytes(rows));
    int predictor = (int) tags.number(TiffTags.PREDICTOR, 1);
    if (predictor != 1 && compression != TiffCodec.NONE && compression != TiffCodec.PACK_BITS) {
      if (predictor > 3 || form.bits() % 8 != 0 || form.across() * form.down() > 1) {
        throw new IOException("predictor " + predictor + " cannot be used with such samples");
      }
      TiffCodec.undoDifferences(
          predictor,
          unpacked,
          unpacked.length / rows,
          samplesInBlock(),
          form.bits() / 8,
          tags.order() == ByteOrder.LITTLE_ENDIAN);
    }
    return form.across() * form.down() > 1 ? repeatChrominance(unpacked, rows) : unpacked;
  }

  /** Expands shared chrominance to one value for each pixel, as libtiff does. */
  private byte[] repeatChrominance(byte[] units, int rows) {
    byte[] out = new byte[3 * blockWidth * rows];
    int across = (blockWidth + form.across() - 1) / form.across();
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < blockWidth; x++) {
        int from = (y / form.down() * across + x / form.across()) * unit();
        int to = 3 * (y * blockWidth + x);
        out[to] = units[from + y % form.down() * form.across() + x % form.across()];
        out[to + 1] = units[from + unit() - 2];
        out[to + 2] = units[from + unit() - 1];
      }
    }
    return out;
  }

  /** Copies a row's wanted samples to their place. */
  private void keep(byte[] row, int from, int plane, int left, int y, byte[] pixels) {
    int used = Math.min(blockWidth, width - left);
    int bands = samplesInBlock();
    for (int band = 0; band < bands; band++) {
      int place = form.place(form.planar() ? plane : band);
      if (place < 0) {
        continue;
      }
      int to = (y * width + left) * form.kept() + place;
      for (int x = 0; x < used; x++) {
        pixels[to + x * form.kept()] = row[from + x * bands + band];
      }
    }
  }

  /** Decodes a block's JPEG data, whose tables are shared by all blocks and stored apart. */
  private JpegSamples jpeg(byte[] data, int rows) throws IOException {
    byte[] tables = tags.bytes(TiffTags.JPEG_TABLES);
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    if (tables.length > 4) {
      whole.write(tables, 0, tables.length - 2); // without the end marker
      whole.write(data, 2, Math.max(0, data.length - 2));
    } else {
      whole.writeBytes(data);
    }
    JpegFile file = new JpegFile(whole.toByteArray());
    JpegDecoder.requireReadable(file, origin);
    boolean fits =
        file.components().size() == samplesInBlock()
            && file.width() >= Math.min(blockWidth, width)
            && file.width() <= blockWidth + 16
            && file.height() <= rows + 16;
    if (!fits) {
      throw new IOException("its JPEG data are of another size");
    }
    JpegSamples jpeg = JpegDecoder.samples(file, origin);
    if (form.photometric() == TiffTags.YCBCR && !form.planar()) {
      jpeg.toRgb();
    }
    return jpeg;
  }
}
