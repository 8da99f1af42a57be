package org.vgg4j.search;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;

/**
 * A page that shows what was found, with small copies of the images in it, so that it needs no
 * other file.
 *
 * @param title what was sought
 * @param about a sentence about the index
 * @param rows each a query with its matches, or a group of near-duplicates
 */
public record ResultPage(String title, String about, List<Row> rows) {
  private static final int SIDE = 192; // pixels of a small copy, at most
  private static final String TEMPLATE = "results.mustache";

  /**
   * Images that belong together.
   *
   * @param name heading
   * @param query the image that was sought; null for a group
   * @param found the others
   */
  public record Row(String name, @Nullable Shown query, List<Shown> found) {}

  /**
   * An image on the page.
   *
   * @param name its path
   * @param cosine as text; empty for a query
   * @param image a data URI; null if it cannot be read any more
   */
  public record Shown(String name, String cosine, @Nullable String image) {
    /** An image that was sought. */
    public static Shown query(Path file, RgbImage image) {
      return new Shown(file.toString(), "", uri(image));
    }

    /** An image that was found, read from the folder. */
    public static Shown found(Path folder, String path, double cosine) {
      String number = String.format(Locale.ROOT, "%.3f", cosine);
      try {
        return new Shown(path, number, uri(ImageDecoder.decode(folder.resolve(path))));
      } catch (InputException e) {
        return new Shown(path, number, null); // changed or gone since it was indexed
      }
    }

    private static String uri(RgbImage image) {
      int longer = Math.max(image.width(), image.height());
      double factor = Math.min(1.0, (double) SIDE / longer);
      RgbImage small =
          Rescale.resize(
              image,
              Math.max(1, (int) Math.round(image.width() * factor)),
              Math.max(1, (int) Math.round(image.height() * factor)),
              Interpolation.BILINEAR);
      return "data:image/png;base64," + Base64.getEncoder().encodeToString(small.toPng());
    }
  }

  /** Copies the rows. */
  public ResultPage {
    rows = List.copyOf(rows);
  }

  /**
   * Writes the page.
   *
   * @throws InputException if it cannot be written
   */
  public void write(Path file) {
    AtomicFile.write(file, html());
  }

  String html() {
    try (InputStream in = ResultPage.class.getResourceAsStream(TEMPLATE)) {
      if (in == null) {
        throw new IllegalStateException(TEMPLATE + " is missing from the jar: build again");
      }
      return Mustache.compiler()
          .compile(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .execute(this);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
