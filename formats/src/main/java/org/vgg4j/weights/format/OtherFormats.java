package org.vgg4j.weights.format;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/** Recognises files that are given in place of weights, and says what to do with them. */
final class OtherFormats {
  /** A format that is not read, recognised by the bytes at a place. */
  private record Signature(int at, String bytes, String sentence) {
    boolean isIn(String start) {
      return start.startsWith(bytes, at);
    }
  }

  private static final String TO_TORCH =
      ": in Python, load its arrays into a network of torch, and torch.save(model.state_dict(),"
          + " FILE)";
  private static final String TO_ONNX = ": convert it to ONNX (%s), and give that";
  private static final String UNPACK = "it is compressed (%s): unpack it, and give the file in it";

  private static final List<Signature> SIGNATURES =
      List.of(
          new Signature(
              0,
              "version https://git-lfs",
              "it is a Git LFS pointer, not the weights: fetch them with git lfs pull"),
          new Signature(0, "\u001f\u008b", "it is compressed: unpack it with gunzip"),
          new Signature(0, "BZh", UNPACK.formatted("bzip2")),
          new Signature(0, "\u00fd7zXZ", UNPACK.formatted("xz")),
          new Signature(0, "7z\u00bc\u00af", UNPACK.formatted("7-Zip")),
          new Signature(0, "Rar!", UNPACK.formatted("RAR")),
          new Signature(0, "\u0028\u00b5\u002f\u00fd", UNPACK.formatted("Zstandard")),
          new Signature(0, "PK\5\6", "it is an empty archive: get it again"),
          new Signature(
              257,
              "ustar",
              "it is a tar archive: unpack it, or, if PyTorch before 0.1.10 wrote it, load and save"
                  + " it with a later one"),
          new Signature(0, "\u0093NUMPY", "it is an array of NumPy (.npy)" + TO_TORCH),
          new Signature(0, "MATLAB", "it is MATLAB's (.mat), such as MatConvNet's" + TO_TORCH),
          new Signature(4, "TFL3", "it is TensorFlow Lite's" + TO_ONNX.formatted("tf2onnx")),
          new Signature(0, "GGUF", "it is GGUF" + TO_TORCH),
          new Signature(0, "\4\0\0\0\1\0\0\0\3\0\0\0V 1", "it is Torch 7's (.t7)" + TO_TORCH),
          new Signature(0, "4\n1\n3\nV 1", "it is Torch 7's (.t7)" + TO_TORCH),
          new Signature(
              0,
              "\u0012\1\0\0\0\0\0\0",
              "it is MXNet's (.params)" + TO_ONNX.formatted("mxnet.onnx")),
          new Signature(0, "\0\0\0\0\2\0\0\0", "it is Darknet's (.weights)" + TO_TORCH),
          new Signature(0, "\0\0\0\0\1\0\0\0", "it is Darknet's (.weights)" + TO_TORCH),
          new Signature(0, "\u0089PNG", "it is an image: give the file of weights"),
          new Signature(0, "\u00ff\u00d8\u00ff", "it is an image: give the file of weights"),
          new Signature(0, "%PDF", "it is a PDF: give the file of weights"),
          new Signature(0, "\u007fELF", "it is a program: give the file of weights"),
          new Signature(
              0,
              "\u0080",
              "it is a plain pickle, not one by torch.save: in Python,"
                  + " torch.save(model.state_dict(), FILE) writes the weights"));

  /** The text of a Caffe network. */
  private static final Pattern PROTOTXT =
      Pattern.compile(
          "(?s)\\s*(#[^\\n"
              + "]*\\n"
              + "\\s*)*(name|input|layers?|input_param|net|train_net|force_backward)\\s*[:{].*");

  private static final Pattern PART = Pattern.compile(".*-(\\d{5})-of-(\\d{5})\\.\\w+");
  private static final int SHORTEST = 8;

  private OtherFormats() {}

  /**
   * Looks at the first bytes.
   *
   * @throws InputException if they are not those of weights in a readable format; the message does
   *     not name the file
   */
  static void requireNone(byte[] start) {
    String text = new String(start, StandardCharsets.ISO_8859_1);
    if (text.isEmpty()) {
      throw new InputException("it is empty: get it again");
    }
    for (Signature signature : SIGNATURES) {
      if (signature.isIn(text)) {
        throw new InputException(signature.sentence());
      }
    }
    if (text.stripLeading().startsWith("<")) {
      throw new InputException(
          text.contains("<net ")
              ? "it is OpenVINO's description of a network: give the ONNX file that it was made"
                  + " from"
              : "it is a web page, not the weights: the download went wrong, get it again");
    }
    if (PROTOTXT.matcher(text).matches()) {
      throw new InputException(
          "it is Caffe's description of a network (.prototxt), without its weights: give the"
              + " .caffemodel");
    }
    if (text.stripLeading().startsWith("{")) {
      throw new InputException(
          "it is JSON, a description without weights: give the file of weights beside it");
    }
    if (text.length() < SHORTEST) {
      throw new InputException("it has only %d bytes: get it again".formatted(text.length()));
    }
  }

  /**
   * Recognises a file by its name, where its content looks like that of a readable format; null if
   * the name says nothing.
   */
  static @Nullable String byName(Path file) {
    String name = Objects.requireNonNull(file.getFileName()).toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".mlmodel")) {
      return "it is Core ML's (.mlmodel)" + TO_TORCH;
    }
    if (name.endsWith(".pb")) {
      return "it is TensorFlow's or Caffe2's graph (.pb)"
          + TO_ONNX.formatted("tf2onnx, caffe2.onnx");
    }
    if (name.endsWith(".caffemodel.h5")) {
      return "it is Caffe's weights as HDF5, which do not say what is between the layers: give the"
          + " .caffemodel";
    }
    if (name.matches(".*\\.(index|meta|data-\\d{5}-of-\\d{5})")) {
      return "it is a checkpoint of TensorFlow" + TO_TORCH;
    }
    if (name.endsWith(".mat")) {
      return "it is MATLAB's (.mat), such as MatConvNet's" + TO_TORCH;
    }
    return null;
  }

  /**
   * Checks the name of a file in a readable format.
   *
   * @throws InputException if it is one of several parts
   */
  static void requireWhole(Path file) {
    Matcher part = PART.matcher(Objects.requireNonNull(file.getFileName()).toString());
    if (part.matches() && Integer.parseInt(Objects.requireNonNull(part.group(2))) > 1) {
      throw new InputException(
          "it is part %d of %d of a model: give the .index.json beside the parts"
              .formatted(
                  Integer.parseInt(Objects.requireNonNull(part.group(1))),
                  Integer.parseInt(Objects.requireNonNull(part.group(2)))));
    }
  }

  /** Recognises an archive that is not PyTorch's by the names in it. */
  static String archive(List<String> names) {
    if (names.stream().anyMatch(name -> name.endsWith(".npy"))) {
      return "it is arrays of NumPy (.npz)" + TO_TORCH;
    }
    for (String name : names) {
      if (name.matches(
          "(?i).*\\.(pth|pt|pth\\.tar|ckpt|safetensors|onnx|h5|keras|caffemodel|bin)")) {
        return "it is an archive of %s: unpack it, and give that".formatted(shown(name));
      }
    }
    return "it is an archive without data.pkl, so it is not PyTorch's%s: give the file that torch.save"
            .formatted(names.isEmpty() ? "" : " (it holds " + shown(names.get(0)) + ")")
        + " wrote";
  }

  private static String shown(String name) {
    return PytorchPickle.printable(name.replace(' ', '_'));
  }
}
