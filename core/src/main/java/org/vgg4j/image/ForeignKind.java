package org.vgg4j.image;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What files are that are not among {@link ImageKind}, so that a refusal can call them by name. */
final class ForeignKind {
  private record Magic(int at, String bytes, String name) {}

  private static final List<Magic> PICTURES =
      List.of(
          new Magic(4, "ftypavif", "an AVIF picture"),
          new Magic(4, "ftypavis", "an AVIF picture"),
          new Magic(4, "ftyphei", "a HEIC picture"),
          new Magic(4, "ftyphev", "a HEIC picture"),
          new Magic(4, "ftypmif1", "a HEIF picture (HEIC or AVIF)"),
          new Magic(4, "ftypmsf1", "a HEIF picture (HEIC or AVIF)"),
          new Magic(4, "ftypcrx", "a camera's raw picture"),
          new Magic(4, "JXL \r\n", "a JPEG XL picture"),
          new Magic(0, "\u00ff\n", "a JPEG XL picture"),
          new Magic(4, "jP  \r\n", "a JPEG 2000 picture"),
          new Magic(0, "\u00ffO\u00ffQ", "a JPEG 2000 picture"),
          new Magic(0, "\u00ff\u00d8\u00f7", "a JPEG-LS picture"),
          new Magic(0, "II\u00bc", "a JPEG XR picture"),
          new Magic(0, "8BPS", "a Photoshop picture (PSD)"),
          new Magic(0, "gimp xcf", "a GIMP picture (XCF)"),
          new Magic(0, "\0\0\1\0", "an icon (ICO)"),
          new Magic(0, "\0\0\2\0", "a cursor (CUR)"),
          new Magic(0, "icns", "an icon (ICNS)"),
          new Magic(0, "DDS ", "a DDS texture"),
          new Magic(0, "v/1\1", "an OpenEXR picture"),
          new Magic(0, "#?RADIANCE", "a Radiance picture (HDR)"),
          new Magic(0, "Pf\n", "a picture of floats (PFM)"),
          new Magic(0, "PF\n", "a picture of floats (PFM)"),
          new Magic(0, "SIMPLE  =", "a FITS picture"),
          new Magic(128, "DICM", "a DICOM picture"),
          new Magic(0, "IIRO", "a camera's raw picture"),
          new Magic(0, "IIU\0", "a camera's raw picture"),
          new Magic(0, "FUJIFILMCCD-RAW", "a camera's raw picture"),
          new Magic(0, "%PDF", "a PDF document"),
          new Magic(0, "%!PS", "a PostScript document"),
          new Magic(4, "ftyp", "a film (MP4 or the like)"),
          new Magic(0, "\u001aE\u00df\u00a3", "a film (Matroska or WebM)"));

  private static final String TARGA = "TRUEVISION-XFILE.\0";

  /** How far into a text is looked. */
  private static final int HEAD = 1024;

  private ForeignKind() {}

  /** Returns what the file is and what to do about it; null if it is not known. */
  static @Nullable String of(byte[] content) {
    for (Magic magic : PICTURES) {
      if (ImageKind.begins(content, magic.at, magic.bytes)) {
        return toBeConverted(magic.name);
      }
    }
    if (ImageKind.begins(content, content.length - TARGA.length(), TARGA)) {
      return toBeConverted("a Targa picture (TGA)");
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
