package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.safetensors.SafeTensors;

/** {@code vgg import, export, models, finetune}. */
class ForeignWeightsTest {
  @TempDir static Path shared;
  private static Trained trained;

  /** The trained weights without our metadata, as anybody's state dict. */
  private static Path foreign;

  @TempDir Path folder;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
    SafeTensors.Content content = SafeTensors.read(trained.model());
    foreign = shared.resolve("state.safetensors");
    SafeTensors.write(foreign, new SafeTensors.Content(Map.of("format", "pt"), content.tensors()));
  }

  private static Vgg ok(Object... args) {
    Vgg vgg = Vgg.run(args);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return vgg;
  }

  @Test
  void importSaysWhatItFound() throws IOException {
    Path model = folder.resolve("m.safetensors");
    Path classes = Files.writeString(folder.resolve("classes.txt"), "ant\nbee\ncat\n");
    Vgg vgg = ok("import", foreign, "--out", model, "--classes", classes);
    assertThat(vgg.out())
        .contains("safetensors weights, torchvision names")
        .contains("Network A (width 0.03125, crop 32, 3 classes)")
        .containsPattern("conv1_1 +features.0 +F32 +conv 3x3, 3 to 16\n")
        .containsPattern("fc8 +classifier.6 +F32 +fc, 128 to 3\n")
        .contains("(profile torchvision)")
        .contains("ant ... cat")
        .contains("checksum: SHA-256 ")
        .contains("release:  none that is known");
    assertThat(ModelFile.read(model).classNames()).containsExactly("ant", "bee", "cat");
    Path pictures = trained.data().resolve("test").resolve("blue");
    assertThat(ok("classify", pictures, "--model", model).out()).containsPattern("ant|bee|cat");
  }

  /** Of two networks in one file, --state chooses. */
  @Test
  void stateChoosesANetwork() throws IOException {
    SafeTensors.Content one = SafeTensors.read(foreign);
    Map<String, SafeTensors.Tensor> both = new LinkedHashMap<>();
    one.tensors()
        .forEach(
            (name, tensor) -> {
              both.put("student." + name, tensor);
              float[] doubled = tensor.values().clone();
              for (int i = 0; i < doubled.length; i++) {
                doubled[i] *= 2;
              }
              both.put("teacher." + name, new SafeTensors.Tensor(tensor.shape(), doubled));
            });
    Path file = folder.resolve("both.safetensors");
    SafeTensors.write(file, new SafeTensors.Content(Map.of(), both));
    Path model = folder.resolve("m.safetensors");
    Vgg asked = Vgg.run("import", file, "--out", model);
    assertThat(asked.exitCode()).isEqualTo(1);
    assertThat(asked.err()).contains("it holds 2 networks").contains("--state student");
    assertThat(ok("import", file, "--out", model, "--state", "teacher").out())
        .contains("the weights are those at teacher");
    assertThat(ModelFile.read(model).arrays().get("classifier.6.bias"))
        .isEqualTo(both.get("teacher.classifier.6.bias").values());
    Vgg unknown = Vgg.run("import", file, "--out", model, "--state", "nobody");
    assertThat(unknown.exitCode()).isEqualTo(1);
    assertThat(unknown.err()).contains("no network in it is called 'nobody'");
  }

  /** The weights may lie in a file beside the one that is named. */
  @Test
  void importOverAPart() throws IOException {
    Path part = Files.copy(foreign, folder.resolve("part.safetensors"));
    StringJoiner map = new StringJoiner(", ", "{\"weight_map\": {", "}}");
    SafeTensors.read(part)
        .tensors()
        .keySet()
        .forEach(name -> map.add("\"%s\": \"part.safetensors\"".formatted(name)));
    Path index = Files.writeString(folder.resolve("m.safetensors.index.json"), map.toString());
    byte[] before = Files.readAllBytes(part);
    Vgg vgg = Vgg.run("import", index, "--out", part);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).startsWith("vgg: " + part + " is the file that is read");
    assertThat(part).hasBinaryContent(before);
    ok("import", index, "--out", folder.resolve("other.safetensors"));
  }

  @Test
  void importAsJson() throws IOException {
    Path model = folder.resolve("m.safetensors");
    Vgg vgg = ok("import", foreign, "--out", model, "--json", "--profile", "caffe");
    JsonNode json = new ObjectMapper().readTree(vgg.out());
    assertThat(json.path("arch").asText()).isEqualTo("A");
    assertThat(json.path("profile").asText()).isEqualTo("caffe");
    assertThat(json.path("preprocessing").path("channelOrder").asText()).isEqualTo("BGR");
    assertThat(json.path("layers")).hasSize(11);
    assertThat(json.path("sha256").asText()).hasSize(64);
  }

  /**
   * Every command that reads a model takes the foreign file as it takes what import makes of it.
   */
  @Test
  void aForeignModelIsUsedAsItIsOnceImported() throws IOException {
    Path model = folder.resolve("m.safetensors");
    ok("import", foreign, "--out", model);
    Path picture = trained.data().resolve("test/red/0.png");
    Path numbered = Pictures.writeParts(folder.resolve("numbered"));
    for (String part : List.of("train", "val", "test")) {
      Files.move(numbered.resolve(part).resolve("blue"), numbered.resolve(part).resolve("0"));
      Files.move(numbered.resolve(part).resolve("green"), numbered.resolve(part).resolve("1"));
      Files.move(numbered.resolve(part).resolve("red"), numbered.resolve(part).resolve("2"));
    }
    for (List<Object> command :
        List.<List<Object>>of(
            List.of("classify", "--json", trained.data()),
            List.of("evaluate", "--data", numbered),
            List.of("heatmap", picture, "--json", "--out", folder.resolve("map.png")),
            List.of("export", folder.resolve("copy.safetensors")))) {
      String imported = ok(with(command, "--model", model)).out();
      String direct = ok(with(command, "--model", foreign)).out();
      assertThat(withoutTimes(direct))
          .as("%s", command)
          .isEqualTo(withoutTimes(imported).replace(model.toString(), foreign.toString()));
    }
    assertThat(folder.resolve("copy.safetensors")).hasSameBinaryContentAs(model);
  }

  private static String withoutTimes(String output) {
    return output.replaceAll("[0-9.]+ ms per image", "N ms per image");
  }

  @Test
  void whatImportRefuses() {
    Vgg over = Vgg.run("import", foreign, "--out", foreign);
    assertThat(over.exitCode()).isEqualTo(1);
    assertThat(over.err()).contains("is the file that is read, and would be lost");
    Vgg nothing =
        Vgg.run("import", foreign, "--out", folder.resolve("m.safetensors"), "--reorder-classes");
    assertThat(nothing.exitCode()).isEqualTo(2);
    Vgg again = Vgg.run("import", trained.model(), "--out", folder.resolve("m.safetensors"));
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("is a model of vgg4j already");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void exportsAndChecks() throws IOException {
    Path onnx = folder.resolve("m.onnx");
    assertThat(ok("export", onnx, "--model", trained.model(), "--softmax", "--preprocessing").out())
        .contains("differ by 0.00 at most");
    assertThat(Files.readString(folder.resolve("m.onnx.md")))
        .contains("onnxruntime.InferenceSession(\"m.onnx\")")
        .contains("RGB, 0..255")
        .contains("0. blue");
    Path weights = folder.resolve("w.safetensors");
    ok("export", weights, "--model", trained.model());
    assertThat(weights).hasSameBinaryContentAs(trained.model());
    assertThat(folder.resolve("w.safetensors.md")).content().contains("load_state_dict");

    Vgg other = Vgg.run("export", folder.resolve("m.pth"), "--model", trained.model());
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err()).contains("ends neither with .onnx nor with .safetensors");
    Vgg itself = Vgg.run("export", trained.model(), "--model", trained.model());
    assertThat(itself.exitCode()).isEqualTo(1);
    assertThat(itself.err()).contains("is the file that is read");
    Path mine = Files.writeString(folder.resolve("n.onnx.md"), "mine");
    Vgg card = Vgg.run("export", folder.resolve("n.onnx"), "--model", trained.model());
    assertThat(card.exitCode()).isEqualTo(1);
    assertThat(card.err()).contains("n.onnx.md is in the way");
    assertThat(mine).hasContent("mine");
    assertThat(folder.resolve("n.onnx")).doesNotExist();
  }

  @Test
  void whatWasExportedIsImportedWithItsClasses() {
    Path onnx = folder.resolve("m.onnx");
    ok("export", onnx, "--model", trained.model());
    Path again = folder.resolve("again.safetensors");
    assertThat(ok("import", onnx, "--out", again).out())
        .contains("blue ... red (as the file says; --classes names others)");
    ModelFile before = ModelFile.read(trained.model());
    assertThat(ModelFile.read(again).classNames()).isEqualTo(before.classNames());
    assertThat(ModelFile.read(again).preprocessing()).isEqualTo(before.preprocessing());
  }

  @Test
  void listsReleases() throws IOException {
    assertThat(ok("models").out())
        .containsPattern("torchvision-vgg16 +D +528 +28.4 / 9.6 +BSD-3-Clause +SHA-256")
        .containsPattern("authors-19 +E +548 +25.5 / 8.0 +CC BY 4.0 +none published");
    JsonNode json = new ObjectMapper().readTree(ok("models", "--json").out());
    assertThat(json.size()).isGreaterThan(15);
    assertThat(json.get(0).path("source").asText()).startsWith("https://");
  }

  @Test
  void downloadsOnceAndChecks() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/good",
        exchange -> {
          byte[] body = "weights".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.createContext(
        "/cut",
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write(1);
          exchange.getResponseBody().flush();
          exchange.close();
        });
    server.start();
    String url = "http://localhost:" + server.getAddress().getPort();
    try {
      Path cache = folder.resolve("cache");
      Path file = cache.resolve("VGG_ILSVRC_16_layers.caffemodel");
      List<Object> get = List.of("models", "get", "authors-16", "--cache", cache);
      Vgg small = Vgg.run(with(get, "--from", url + "/good"));
      assertThat(small.exitCode()).isEqualTo(1);
      assertThat(small.err()).contains("does not have the size of the release, 528 MiB");
      assertThat(file).doesNotExist();
      try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
        sparse.setLength((long) (527.8 * (1 << 20)));
      }
      assertThat(ok(with(get, "--from", url + "/nothing")).out())
          .contains("was there already")
          .contains("no checksum was published; this file has SHA-256 ")
          .contains("vgg import " + file);

      Vgg wrong =
          Vgg.run("models", "get", "torchvision-vgg16", "--cache", cache, "--from", url + "/good");
      assertThat(wrong.exitCode()).isEqualTo(1);
      assertThat(wrong.err()).contains("but the release has SHA-256 397923af...");
      Vgg missing =
          Vgg.run("models", "get", "keras-16", "--cache", cache, "--from", url + "/nothing");
      assertThat(missing.exitCode()).isEqualTo(1);
      assertThat(missing.err())
          .contains("the server answers 404")
          .contains("save it as " + cache.resolve("vgg16_weights_tf_dim_ordering_tf_kernels.h5"));
      Vgg cut = Vgg.run("models", "get", "keras-19", "--cache", cache, "--from", url + "/cut");
      assertThat(cut.exitCode()).isEqualTo(1);
      try (var files = Files.list(cache)) {
        assertThat(files).containsExactly(file);
      }
    } finally {
      server.stop(0);
    }
  }

  private static Object[] with(List<Object> words, Object... more) {
    Object[] all = Arrays.copyOf(words.toArray(), words.size() + more.length);
    System.arraycopy(more, 0, all, words.size(), more.length);
    return all;
  }

  @Test
  void finetunesToOtherClasses() throws IOException {
    Path data = Pictures.writeParts(folder.resolve("others"));
    Files.move(data.resolve("train/blue"), data.resolve("train/azure"));
    Files.move(data.resolve("val/blue"), data.resolve("val/azure"));
    Files.move(data.resolve("test/blue"), data.resolve("test/azure"));
    Path run = folder.resolve("run");
    Vgg vgg =
        ok(
            "finetune",
            "--model",
            trained.model(),
            "--data",
            data,
            "--out",
            run,
            "--epochs=2",
            "--batch=16",
            "--freeze=features");
    assertThat(vgg.out()).contains("drawn (glorot): fc8");
    ModelFile before = ModelFile.read(trained.model());
    ModelFile after = ModelFile.read(run.resolve("last/model.safetensors"));
    assertThat(after.classNames()).contains("azure").doesNotContain("blue");
    assertThat(after.preprocessing().mean()).isEqualTo(before.preprocessing().mean());
    assertThat(after.arrays().get("features.0.weight"))
        .isEqualTo(before.arrays().get("features.0.weight"));
    assertThat(after.arrays().get("classifier.3.weight"))
        .isNotEqualTo(before.arrays().get("classifier.3.weight"));
    assertThat(Files.readString(run.resolve("config.yaml")))
        .contains("lr-head: 0.01")
        .contains("lr: 0.001")
        .contains("width: 0.03");
    assertThat(ok("finetune", "--resume", run).out()).contains("is finished");
  }

  /** A file of options asks for no other network, and another crop is no secret. */
  @Test
  void optionsOfAFileDoNotContradictTheModel() throws IOException {
    Path run = folder.resolve("run");
    Path file = folder.resolve("options.yaml");
    Object[] command = {
      "finetune",
      "--model",
      trained.model(),
      "--data",
      trained.data(),
      "--out",
      run,
      "--epochs=1",
      "--batch=16",
      "--config",
      file
    };
    Files.writeString(file, "arch: D\n");
    assertThat(Vgg.run(command).err())
        .contains("options.yaml: key 'arch' is D, but the model's is A, which cannot be changed");
    Files.writeString(file, "width: 0.5\n");
    assertThat(Vgg.run(command).err()).contains("key 'width' is 0.5, but the model's is 0.03");
    assertThat(run).doesNotExist();
    Files.writeString(file, "arch: vgg-11\nwidth: 3.0e-2\ninit: he\ncrop: 32\nlr: 0.002\n");
    assertThat(ok(command).out()).contains("fc8");
    assertThat(Files.readString(run.resolve("config.yaml")))
        .contains("lr: 0.002")
        .contains("from:" + trained.model());
  }

  @Test
  void finetunesAForeignModel() {
    Path run = folder.resolve("run");
    Object[] options = {"--data", trained.data(), "--out", run, "--epochs=1", "--freeze=features"};
    ok(with(List.of("finetune", "--model", foreign), options));
    ModelFile before = ModelFile.read(trained.model());
    ModelFile after = ModelFile.read(run.resolve("last/model.safetensors"));
    assertThat(after.architecture()).isEqualTo(before.architecture());
    assertThat(after.arrays().get("features.0.weight"))
        .isEqualTo(before.arrays().get("features.0.weight"));
  }

  @Test
  void finetuneNeedsAModelAndData() {
    Vgg data = Vgg.run("finetune", "--model", trained.model());
    assertThat(data.exitCode()).isEqualTo(2);
    assertThat(data.err()).contains("missing required option: --data");
    Vgg model = Vgg.run("finetune", "--data", "fashion-mini");
    assertThat(model.exitCode()).isEqualTo(2);
    assertThat(model.err()).contains("missing required option: --model");
    Vgg drawn =
        Vgg.run("finetune", "--data", "fashion-mini", "--model", trained.model(), "--init", "he");
    assertThat(drawn.exitCode()).isEqualTo(1);
    assertThat(drawn.err()).contains("option init contradicts --model");
    Vgg recipe =
        Vgg.run(
            "finetune", "--data", "x", "--model", trained.model(), "--recipe", "r", "--out", "o");
    assertThat(recipe.exitCode()).isEqualTo(2);
    assertThat(recipe.err()).contains("--recipe is for vgg train");
    Vgg missing = Vgg.run("finetune", "--data", "fashion-mini", "--model", "no.safetensors");
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.err()).contains("there is no file no.safetensors");
  }
}
