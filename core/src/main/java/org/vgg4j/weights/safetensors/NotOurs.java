package org.vgg4j.weights.safetensors;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;

/** Recognises files that are given in place of a safetensors file, and says what to do. */
final class NotOurs {
  /** Number of leading bytes that are looked at. */
  static final int START = 16;

  private static final int PREFIX = 8;
  private static final List<String> PICTURES =
      List.of(
          "\u0089PNG", "\u00ff\u00d8\u00ff", "GIF8", "RIFF", "BM", "II*\0", "MM\0*", "P5", "P6");

  /** Archives, pickles and HDF5, as PyTorch and Keras write them. */
  private static final List<String> WEIGHTS = List.of("PK\3\4", "\u0080", "\u0089HDF");

  /**
   * Formats that are recognised by name: protocol buffers and index files have no characteristic
   * first bytes.
   */
  private static final Pattern NAMES =
      Pattern.compile(".*\\.(onnx|caffemodel|pth|pt|bin|ckpt|pkl|h5|hdf5|keras|index\\.json)");

  private NotOurs() {}

  /**
   * Looks at the first bytes.
   *
   * @throws InputException if they are an image's, or those of weights in another format
   */
  static void requireNone(Path file, byte[] start) {
    String text = new String(start, StandardCharsets.ISO_8859_1);
    if (text.length() < PREFIX || text.startsWith("\0\0\0\0", PREFIX - 4)) {
      return; // the length of a header, with which a safetensors file begins
    }
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (WEIGHTS.stream().anyMatch(text::startsWith) || NAMES.matcher(name).matches()) {
      throw new ForeignFileException(
          "%s is not a model of vgg4j: if it holds weights, make one of it with vgg import %s --out %s"
              .formatted(file, quoted(file.toString()), quoted(asModel(file))));
    }
    if (PICTURES.stream().anyMatch(text::startsWith)) {
      throw new InputException(file + " is an image, not a model: give a .safetensors file");
    }
  }

  private static String asModel(Path file) {
    String name = String.valueOf(file.getFileName());
    int dot = name.indexOf('.', 1);
    return (dot < 0 ? name : name.substring(0, dot)) + ".safetensors";
  }

  private static String quoted(String path) {
    return path.matches("[\\w./:@%+=,-]+") ? path : "'" + path.replace("'", "'\\''") + "'";
  }
}
