package org.vgg4j.image.file;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Names files that are not among {@link ImageKind}, so that a refusal can say what they are: images
 * in a {@link ForeignFormat}, and whatever else is found among images.
 */
public final class ForeignKind {
  private record Magic(int at, String bytes, String name) {}

  private static final List<Magic> OTHERS =
      List.of(
          new Magic(0, "\u00ff\u00d8\u00f7", "a JPEG-LS image"),
          new Magic(0, "gimp xcf", "a GIMP image (XCF)"),
          new Magic(0, "\0\0\1\0", "an icon (ICO)"),
          new Magic(0, "\0\0\2\0\0\0\0\0", "a Targa image (TGA)"),
          new Magic(0, "\0\0\n\0\0\0\0\0", "a Targa image (TGA)"),
          new Magic(0, "icns", "an icon (ICNS)"),
          new Magic(0, "Pf\n", "a floating-point image (PFM)"),
          new Magic(0, "PF\n", "a floating-point image (PFM)"),
          new Magic(0, "SIMPLE  =", "a FITS image"),
          new Magic(128, "DICM", "a DICOM image"),
          new Magic(0, "%PDF", "a PDF document"),
          new Magic(0, "%!PS", "a PostScript document"),
          new Magic(4, "ftyp", "a video (MP4 or the like)"),
          new Magic(0, "\u001aE\u00df\u00a3", "a video (Matroska or WebM)"));

  private static final String TARGA = "TRUEVISION-XFILE.\0";

  /** How much of a text is looked at, in bytes. */
  private static final int HEAD = 1024;

  private ForeignKind() {}

  /** Returns what the file is and what to do about it; null if it is not known. */
  public static @Nullable String of(byte[] content) {
    String format = ForeignFormat.of(Arrays.copyOf(content, Math.min(HEAD, content.length)), "");
    if (format != null) {
      return toBeConverted(
          ("AEIO".indexOf(format.charAt(0)) < 0 ? "a " : "an ") + format + " image");
    }
    for (Magic magic : OTHERS) {
      if (ImageKind.begins(content, magic.at, magic.bytes)) {
        return toBeConverted(magic.name);
      }
    }
    if (ImageKind.begins(content, content.length - TARGA.length(), TARGA)) {
      return toBeConverted("a Targa image (TGA)");
    }
    return ofText(content);
  }

  private static String toBeConverted(String name) {
    return "is " + name + ", which cannot be read: convert it to JPEG or PNG";
  }

  private static @Nullable String ofText(byte[] content) {
    String head =
        new String(content, 0, Math.min(HEAD, content.length), StandardCharsets.ISO_8859_1)
            .strip()
            .toLowerCase(Locale.ROOT);
    if (head.startsWith("<svg") || (head.startsWith("<?xml") && head.contains("<svg"))) {
      return toBeConverted("a drawing (SVG)");
    }
    if (head.startsWith("<!doctype html") || head.startsWith("<html")) {
      return "is a web page, not an image: download the image itself";
    }
    if (head.startsWith("version https://git-lfs")) {
      return "is a pointer of Git LFS, not the image itself: run git lfs pull";
    }
    return null;
  }
}
