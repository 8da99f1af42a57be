package org.vgg4j.weights.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.safetensors.SafeTensors;

/** Files that people have in the place of weights; each begins as its format says. */
class OtherFormatsTest {
  @TempDir Path folder;

  private Path file(String name, String content) throws IOException {
    byte[] bytes = content.translateEscapes().getBytes(StandardCharsets.ISO_8859_1);
    return Files.write(folder.resolve(name), Arrays.copyOf(bytes, Math.max(bytes.length, 64)));
  }

  private static void assertRefused(Path file, String sentence) {
    assertThatThrownBy(() -> TensorFiles.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(String.valueOf(file.getFileName()))
        .hasMessageContaining(sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vgg16.npy       | \\223NUMPY\\1\\0                  | array of NumPy (.npy)",
        "vgg.mat         | MATLAB 5.0 MAT-file            | MATLAB's (.mat)",
        "m.tflite        | ' \\0\\0\\0TFL3'                | TensorFlow Lite's: convert it to ONNX",
        "a.t7            | \\4\\0\\0\\0\\1\\0\\0\\0\\3\\0\\0\\0V 1 | Torch 7's (.t7)",
        "b.t7            | '4\\n1\\n3\\nV 1\\n13'           | Torch 7's (.t7)",
        "m.params        | \\22\\1\\0\\0\\0\\0\\0\\0\\0\\0     | MXNet's (.params)",
        "y.weights       | \\0\\0\\0\\0\\2\\0\\0\\0\\5        | Darknet's (.weights)",
        "w.gguf          | GGUF\\3\\0                      | is GGUF",
        "deploy.prototxt | 'name: \"VGG\"\\nlayer {'        | description of a network (.prototxt)",
        "train.prototxt  | '# VGG\\n\\nlayers {'           | description of a network (.prototxt)",
        "config.json     | '{\"architectures\": []}'       | is JSON",
        "net.xml         | '<?xml version=\"1.0\"?><net >' | OpenVINO's description",
        "denied.pth      | '<?xml ?><Error>AccessDenied'  | web page",
        "a.pth.xz        | \\375" + "7zXZ                       | compressed (xz)",
        "a.pth.bz2       | BZh91AY                        | compressed (bzip2)",
        "a.pth.gz        | \\37\\213                        | compressed: unpack it with gunzip",
        "picture.pth     | \\211PNG                       | is an image",
        "graph.pb        | \\10\\1\\22\\4\\12\\2\\12\\0       | TensorFlow's or Caffe2's graph"
            + " (.pb)",
        "c.mlmodel       | \\10\\1\\22\\4\\12\\2\\12\\0       | Core ML's (.mlmodel)",
        "vgg.ckpt.data-00000-of-00001 | abcdefgh          | checkpoint of TensorFlow",
        "vgg-00002-of-00003.safetensors | abcdefgh        | part 2 of 3 of a model",
        "half.safetensors | \\0\\4\\0\\0\\0\\0\\0\\0{\"a\"    | ends within its header: it was cut"
            + " short",
      })
  void saysWhatItIs(String name, String content, String sentence) throws IOException {
    assertRefused(file(name, content), sentence);
  }

  @Test
  void saysWhatAnArchiveHolds() throws IOException {
    assertRefused(archive("a.npz", "conv1_1_W.npy"), "arrays of NumPy (.npz)");
    assertRefused(
        archive("b.zip", "weights/vgg16.pth"), "an archive of weights/vgg16.pth: unpack it");
    assertRefused(archive("c.zip", "readme.txt"), "so it is not PyTorch's (it holds readme.txt)");
  }

  private Path archive(String name, String entry) throws IOException {
    Path file = folder.resolve(name);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry(entry));
      zip.write(1);
    }
    return file;
  }

  /** An index in the form of Hugging Face's, over two files. */
  private Path index(String map) throws IOException {
    part("m-00001-of-00002.safetensors", "a", 1);
    part("m-00002-of-00002.safetensors", "b", 2);
    return Files.writeString(
        folder.resolve("m.safetensors.index.json"),
        "{\"metadata\": {\"total_size\": 8}, \"weight_map\": {%s}}".formatted(map));
  }

  private void part(String name, String tensor, float value) {
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    tensors.put(tensor, new SafeTensors.Tensor(List.of(1), new float[] {value}));
    SafeTensors.write(folder.resolve(name), new SafeTensors.Content(Map.of(), tensors));
  }

  private static final String A = "\"a\": \"m-00001-of-00002.safetensors\"";
  private static final String B = "\"b\": \"m-00002-of-00002.safetensors\"";

  @Test
  void readsAModelInParts() throws IOException {
    TensorFile file = TensorFiles.open(index(A + ", " + B));
    assertThat(file.format()).isEqualTo(Format.SAFETENSORS);
    assertThat(file.tensors()).containsOnlyKeys("a", "b");
    assertThat(file.tensors().get("b").file()).hasFileName("m-00002-of-00002.safetensors");
  }

  @Test
  void partsMustBeWhatTheIndexSays() throws IOException {
    assertRefused(index(A + ", " + B + ", " + B.replace("\"b\"", "\"c\"")), "lacks tensor c");
    assertRefused(index(A + ", " + B.replace("00002-of", "00001-of")), "lacks tensor b");
    assertRefused(
        index(A.replace("\"a\"", "\"b\"")), "holds tensor a, which the index has nowhere");
    assertRefused(index(A.replace("m-", "../m-")), "names no file of the same folder");
    assertRefused(index(A.replace("m-", "n-")), "part n-00001-of-00002.safetensors is missing");
    assertRefused(index(""), "names 0 files");
  }
}
