package org.vgg4j.image.file;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Image formats that are known but not read, so that such files can be named. */
public final class ForeignFormat {
  /** Camera raw files have the first bytes of TIFF, but their first image is a thumbnail. */
  private static final Set<String> RAW =
      Set.of(
          "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "iiq", "kdc", "mrw", "nef", "nrw",
          "orf", "pef", "raf", "rw2", "rwl", "sr2", "srf", "srw", "x3f");

  private static final Map<String, String> BY_EXTENSION =
      Map.ofEntries(
          Map.entry("heic", "HEIC"),
          Map.entry("heif", "HEIC"),
          Map.entry("hif", "HEIC"),
          Map.entry("avif", "AVIF"),
          Map.entry("jxl", "JPEG XL"),
          Map.entry("jp2", "JPEG 2000"),
          Map.entry("j2k", "JPEG 2000"),
          Map.entry("jpf", "JPEG 2000"),
          Map.entry("jxr", "JPEG XR"),
          Map.entry("psd", "Photoshop"),
          Map.entry("svg", "SVG"),
          Map.entry("tga", "TGA"),
          Map.entry("pcx", "PCX"),
          Map.entry("ico", "icon"),
          Map.entry("exr", "OpenEXR"),
          Map.entry("hdr", "Radiance"),
          Map.entry("dds", "DDS"),
          Map.entry("dcm", "DICOM"),
          Map.entry("eps", "PostScript"));

  /** First bytes, as Latin-1; HEIC and AVIF are recognised by their brand. */
  private static final Map<String, String> BY_MAGIC =
      Map.ofEntries(
          Map.entry("\u00ff\n", "JPEG XL"),
          Map.entry("\0\0\0\fJXL ", "JPEG XL"),
          Map.entry("\0\0\0\fjP  ", "JPEG 2000"),
          Map.entry("\u00ffO\u00ffQ", "JPEG 2000"),
          Map.entry("II\u00bc", "JPEG XR"),
          Map.entry("8BPS", "Photoshop"),
          Map.entry("v/1\u0001", "OpenEXR"),
          Map.entry("#?RADIANCE", "Radiance"),
          Map.entry("DDS ", "DDS"),
          Map.entry("qoif", "QOI"),
          Map.entry("FUJIFILMCCD-RAW", "camera raw"),
          Map.entry("IIRO", "camera raw"),
          Map.entry("IIU\0", "camera raw"));

  private static final Set<String> HEIC =
      Set.of("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1");

  private ForeignFormat() {}

  /** Whether a name ends like that of a camera's raw file. */
  public static boolean isRawName(String name) {
    return RAW.contains(extension(name));
  }

  /** Returns the extension of a name, in lower case, without the dot; empty if there is none. */
  public static String extension(String name) {
    int dot = name.lastIndexOf('.');
    return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the name of an image format that is known but not read; null for anything else.
   *
   * @param head the first bytes of the file
   * @param name name of the file, which counts where the first bytes say nothing
   */
  public static @Nullable String of(byte[] head, String name) {
    if (isRawName(name)) {
      return "camera raw";
    }
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (text.length() >= 12 && text.startsWith("ftyp", 4)) {
      String brand = text.substring(8, 12);
      if (brand.startsWith("avi")) {
        return "AVIF";
      }
      if (HEIC.contains(brand)) {
        return "HEIC";
      }
      return brand.equals("crx ") ? "camera raw" : BY_EXTENSION.get(extension(name));
    }
    for (Map.Entry<String, String> magic : BY_MAGIC.entrySet()) {
      if (text.startsWith(magic.getKey())) {
        return magic.getValue();
      }
    }
    return BY_EXTENSION.get(extension(name));
  }
}
