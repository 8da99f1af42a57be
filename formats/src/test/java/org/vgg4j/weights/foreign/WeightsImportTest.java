package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.safetensors.SafeTensors;

class WeightsImportTest {
  @TempDir Path folder;

  static Stream<String> files() {
    return Goldens.expected().properties().stream().map(Map.Entry::getKey);
  }

  @ParameterizedTest
  @MethodSource("files")
  void givesThePictureTheScoresThatTheOriginGivesIt(String name) {
    JsonNode expected = Goldens.expected().get(name);
    WeightsImport.Imported imported = WeightsImport.AS_FOUND.read(Goldens.file(name));
    Architecture network = imported.model().architecture();

    assertThat(network.configuration().label()).isEqualTo(expected.get("arch").asText());
    assertThat(network.crop()).isEqualTo(64);
    assertThat(network.classes()).isEqualTo(12);
    assertThat(imported.dialect()).isEqualTo(expected.get("dialect").asText());
    assertThat(imported.profile().label()).isEqualTo(expected.get("profile").asText());
    assertThat(imported.norms()).isEqualTo(expected.path("norms").asInt());
    assertThat(imported.layers()).hasSize(network.configuration().weightLayers());
    assertThat(imported.release()).isNull();
    Goldens.assertScores(imported.model(), expected.get("logits"));
  }

  /** Folding some normalisations only is no network that anyone has. */
  @Test
  void refusesANetworkOfWhichPartIsNormalised() {
    ModelFile model = WeightsImport.AS_FOUND.read(Goldens.file("torchvision-bn.pth")).model();
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    for (ParameterShape shape : model.architecture().parameters()) {
      if (!shape.layer().equals("bn2_2")) {
        float[] values = model.arrays().get(shape.name());
        tensors.put(shape.name(), new SafeTensors.Tensor(shape.dimensions(), values));
      }
    }
    Path file = folder.resolve("part.safetensors");
    SafeTensors.write(file, new SafeTensors.Content(Map.of(), tensors));
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("batch normalisation follows 9 of its 10 convolutions");
  }

  @Test
  void theModelThatIsWrittenSaysWhereItComesFrom() {
    Path file = folder.resolve("m.safetensors");
    WeightsImport.Imported imported =
        WeightsImport.AS_FOUND.read(Goldens.file("caffe-old.caffemodel"));
    imported.model().write(file);
    ModelFile model = ModelFile.read(file);

    assertThat(model.preprocessing().channelOrder()).isEqualTo(ChannelOrder.BGR);
    assertThat(model.preprocessing().scale()).isEqualTo(73);
    assertThat(model.classNames()).startsWith("0", "1").hasSize(12);
    assertThat(model.provenance().configuration())
        .containsEntry("importedFrom", "caffe-old.caffemodel")
        .containsEntry("sha256", imported.sha256())
        .containsEntry("format", "Caffe");
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is a model of vgg4j already");
  }

  @Test
  void aProfileThatIsAskedForWins() {
    WeightsImport options = new WeightsImport(Profile.PAPER, null, null, 0);
    WeightsImport.Imported imported = options.read(Goldens.file("torchvision.pth"));
    assertThat(imported.profile()).isEqualTo(Profile.PAPER);
    assertThat(imported.model().preprocessing().valueRange()).isEqualTo(255);
    assertThat(imported.model().preprocessing().mean().red()).isEqualTo(123.68f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "refused-torchscript.pt | is a TorchScript archive",
        "refused-module.pth     | holds a whole model (an object of class"
            + " torchvision.models.vgg.VGG)",
        "refused-features.pth   | 5120 of 5120 values of classifier.0.weight (classifier.0.weight)"
            + " are not finite",
        "refused-order.onnx     | does not directly follow a convolution or a product",
        "refused-average.caffemodel | (Pooling) has pool 1 where a VGG network has 0",
        "expected.json          | is JSON, a description without weights",
        "make_goldens.py        | its format is not one that can be read",
      })
  void refusesWhatIsNoStateDict(String name, String sentence) {
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(Goldens.file(name)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "version https://git-lfs.github.com/spec/v1 | is a Git LFS pointer",
        "<!DOCTYPE html><html>                      | is a web page",
        "''                                         | is empty",
      })
  void saysWhatAFileIsInstead(String content, String sentence) throws IOException {
    Path file = Files.writeString(folder.resolve("vgg16.pth"), content);
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(sentence);
  }

  @Test
  void missingFilesAndFoldersGetASentence() {
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(folder.resolve("no.pth")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("there is no file");
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(folder))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is a folder");
  }

  @Test
  void everyFileThatEndsTooEarlyIsRefused() throws IOException {
    for (String name : files().toList()) {
      byte[] whole = Files.readAllBytes(Goldens.file(name));
      for (double share : new double[] {0.01, 0.3, 0.7, 0.999}) {
        Path file = folder.resolve("cut-" + name);
        Files.write(file, Arrays.copyOf(whole, (int) (whole.length * share)));
        assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
            .as("%s cut to %s", name, share)
            .isInstanceOf(InputException.class)
            .hasMessageContaining("cut-" + name);
      }
    }
  }

  /** Keras says nothing of LRN, so eight convolutions may be A or A-LRN. */
  @Test
  void whatIsAmbiguousIsAskedFor() {
    Path file = Goldens.file("ambiguous.weights.h5");
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("may be network A or A-LRN: choose one (vgg import --arch)");
    WeightsImport options = new WeightsImport(null, null, Configuration.A_LRN, 0);
    assertThat(options.read(file).model().architecture().configuration())
        .isEqualTo(Configuration.A_LRN);
  }

  @Test
  void otherNetworksAreDescribed() {
    WeightsImport options = new WeightsImport(null, null, Configuration.E, 0);
    assertThatThrownBy(() -> options.read(Goldens.file("torchvision.pth")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("any network of the family called E")
        .hasMessageContaining("conv 3x3, 3 to 16");
    WeightsImport crop = new WeightsImport(null, null, null, 224);
    assertThatThrownBy(() -> crop.read(Goldens.file("torchvision.pth")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("option crop is 224")
        .hasMessageContaining("crops from 64 to 95");
    assertThat(
            new WeightsImport(null, null, null, 80)
                .read(Goldens.file("torchvision.pth"))
                .model()
                .architecture()
                .crop())
        .isEqualTo(80);
  }

  @Test
  void tensorsThatNoVggHasAreNamed() {
    SafeTensors.Content content = SafeTensors.read(Goldens.file("torchvision-f32.safetensors"));
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>(content.tensors());
    tensors.put("aux.weight", new SafeTensors.Tensor(List.of(1), new float[1]));
    Path file = folder.resolve("aux.safetensors");
    SafeTensors.write(file, new SafeTensors.Content(content.metadata(), tensors));
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tensors that no VGG network has, such as aux.weight");
  }

  @Test
  void classNamesThatAreNotSortedMustBeMapped() throws IOException {
    List<String> names =
        new ArrayList<>(IntStream.range(0, 12).mapToObj("n%08d class"::formatted).toList());
    Path sorted = Files.write(folder.resolve("sorted.txt"), names);
    Collections.swap(names, 2, 7);
    Path devkit = Files.write(folder.resolve("devkit.txt"), names);
    Path file = Goldens.file("torchvision.pth");

    ModelFile straight = model(file, ClassOrder.read(sorted, false));
    assertThat(straight.classNames()).startsWith("n00000000 class");
    assertThatThrownBy(() -> model(file, ClassOrder.read(devkit, false)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("devkit.txt lists WNIDs that are not sorted");

    ModelFile mapped = model(file, ClassOrder.read(devkit, true));
    assertThat(mapped.classNames()).isEqualTo(straight.classNames());
    float[] before = Goldens.scores(straight);
    float[] after = Goldens.scores(mapped);
    assertThat(after[2]).isEqualTo(before[7]);
    assertThat(after[7]).isEqualTo(before[2]);
    assertThat(after[3]).isEqualTo(before[3]);
  }

  private static ModelFile model(Path file, ClassOrder classes) {
    return new WeightsImport(null, classes, null, 0).read(file).model();
  }

  /** As a Windows editor saves a development kit's list. */
  @Test
  void aMarkBeforeTheFirstNameDoesNotHideTheOrder() throws IOException {
    List<String> names =
        new ArrayList<>(IntStream.range(0, 12).mapToObj("n%08d_class"::formatted).toList());
    Collections.swap(names, 0, 7);
    names.set(0, "\uFEFF" + names.get(0));
    Path file = Files.write(folder.resolve("devkit.txt"), names);
    assertThatThrownBy(() -> model(Goldens.file("torchvision.pth"), ClassOrder.read(file, false)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("lists WNIDs that are not sorted");
    names.set(3, "cat");
    Files.write(file, names);
    assertThatThrownBy(() -> model(Goldens.file("torchvision.pth"), ClassOrder.read(file, true)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has WNIDs on 11 of 12 lines");
  }

  /** Names alone do not say that the layer between is an LRN. */
  @Test
  void netALrnByItsNamesMustBeAskedFor() {
    Path file = folder.resolve("lrn.safetensors");
    ModelFile model = WeightsImport.AS_FOUND.read(Goldens.file("lrn.onnx")).model();
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    model
        .architecture()
        .parameters()
        .forEach(
            shape ->
                tensors.put(
                    shape.name(),
                    new SafeTensors.Tensor(shape.dimensions(), model.arrays().get(shape.name()))));
    SafeTensors.write(file, new SafeTensors.Content(Map.of(), tensors));
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("import it as A-LRN (vgg import --arch A-LRN)");
    WeightsImport options = new WeightsImport(null, null, Configuration.A_LRN, 0);
    assertThat(options.read(file).model().architecture()).isEqualTo(model.architecture());
  }

  @Test
  void classNamesMustBeAsManyAsTheScoresAndDifferent() throws IOException {
    Path few = Files.writeString(folder.resolve("few.txt"), "cat\ndog\n");
    assertThatThrownBy(() -> model(Goldens.file("torchvision.pth"), ClassOrder.read(few, false)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has 2 class names, but the network has 12 classes");
    Path twice = Files.writeString(folder.resolve("twice.txt"), "crane\ncrane\n");
    assertThatThrownBy(() -> ClassOrder.read(twice, false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has the class name 'crane' twice");
  }

  @Test
  void knowsTheClassesOfIlsvrc() {
    List<String> names = ImageNetClasses.names();
    assertThat(names).hasSize(1000).isSorted().doesNotHaveDuplicates();
    assertThat(names.get(0)).isEqualTo("n01440764 tench");
    assertThat(names.get(207)).isEqualTo("n02099601 golden retriever");
    assertThat(names.get(134)).isEqualTo("n02012849 crane");
    assertThat(names.get(517)).isEqualTo("n03126707 crane");
    assertThat(names.get(999)).isEqualTo("n15075141 toilet tissue");
  }

  /** Its names are torchvision's, but it was trained with another preprocessing. */
  @Test
  void theFeaturesOfTorchvisionHaveTheirOwnPreprocessing() throws IOException {
    Path file = folder.resolve("vgg16_features-amdegroot-88682ab5.pth");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength((long) (527.802 * (1 << 20)));
    }
    Release release = Release.of(file, "88682ab5" + "0".repeat(56));
    assertThat(release).isNotNull();
    assertThat(release.name()).isEqualTo("torchvision-vgg16-features");
    assertThat(release.fileName()).isEqualTo(String.valueOf(file.getFileName()));
    assertThat(release.profile().sentence()).isEqualTo("RGB, 0..255, minus (123, 117, 104)");
    assertThat(Profile.of(release.profile().label())).isEqualTo(release.profile());
    assertThat(release.errors()).isEqualTo("not published");
    assertThat(release.hasHead()).isFalse();
    assertThat(Release.named("torchvision-vgg16").hasHead()).isTrue();
  }

  @Test
  void releasesAreTold() {
    assertThat(Release.all()).extracting(Release::name).doesNotHaveDuplicates();
    Release release = Release.named("torchvision-vgg16");
    assertThat(release.fileName()).isEqualTo("vgg16-397923af.pth");
    assertThat(release.errors())
        .isEqualTo("top-1 28.41 %, top-5 9.62 % (centre crop of 224 at 256)");
    assertThatThrownBy(() -> Release.named("vgg99"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("there is no release 'vgg99'");
  }
}
