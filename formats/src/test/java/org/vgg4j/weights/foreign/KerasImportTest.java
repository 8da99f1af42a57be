package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.WritableGroup;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.ModelFile;

/** Models that state their network, see goldens/keras/make_goldens.py. */
class KerasImportTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"convolutional.h5", "nested.keras"})
  void givesThePictureTheScoresOfPyTorch(String name) {
    JsonNode expected = Goldens.expected("keras").get(name);
    WeightsImport.Imported imported = WeightsImport.AS_FOUND.read(file(name));
    assertThat(imported.model().architecture().configuration().label())
        .isEqualTo(expected.get("arch").asText());
    assertThat(imported.profile().label()).isEqualTo(expected.get("profile").asText());
    Goldens.assertScores(imported.model(), expected.get("logits"));
  }

  @Test
  void saysWhichLayersItLeftOutAndTakesNoOtherProfile() {
    assertThat(WeightsImport.AS_FOUND.read(file("nested.keras")).notes())
        .containsExactly(
            "its layer 'random_flip' (RandomFlip) changes images in training only, and was left"
                + " out");
    WeightsImport options = new WeightsImport(Profile.KERAS, null, null, 0);
    assertThatThrownBy(() -> options.read(file("nested.keras")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it prepares its images itself")
        .hasMessageContaining("leave out the profile (vgg import --profile)");
  }

  /** One word of the description changed: what is then no VGG network is refused by name. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"activation\": \"linear\" | \"activation\": \"elu\" | 'conv2d_1' (Conv2D) has activation"
            + " elu",
        "\"activation\": \"softmax\" | \"activation\": \"sigmoid\" | 'dense_2' (Dense) has"
            + " activation sigmoid",
        "\"config\": \"relu\" | \"config\": \"tanh\" | 'dense_0' (Dense) has activation tanh",
        "\"padding\": \"same\" | \"padding\": \"valid\" | 'conv2d_1' (Conv2D, 3x3) has padding"
            + " 'valid'",
        "\"strides\": [1, 1] | \"strides\": [2, 2] | 'conv2d_1' (Conv2D) has strides 2x2",
        "\"dilation_rate\": [1, 1] | \"dilation_rate\": [2, 2] | has dilation_rate 2x2",
        "\"groups\": 1 | \"groups\": 4 | has groups 4",
        "\"pool_size\": [2, 2] | \"pool_size\": [3, 3] | 'pool_0' (MaxPooling2D) has pool_size 3x3",
        "\"class_name\": \"MaxPooling2D\" | \"class_name\": \"AveragePooling2D\" | 'pool_0'"
            + " (AveragePooling2D) pools a map",
        "\"data_format\": \"channels_last\" | \"data_format\": \"channels_first\" | has data_format"
            + " 'channels_first'",
        "\"max_value\": null | \"max_value\": 6.0 | 're_lu_0' (ReLU) has max_value 6",
        "\"negative_slope\": 0.0 | \"negative_slope\": 0.1 | 're_lu_0' (ReLU) has negative_slope"
            + " 0.1",
        "\"class_name\": \"ReLU\" | \"class_name\": \"PReLU\" | 're_lu_0' of type 'PReLU' does not"
            + " belong to a VGG network",
        "\"class_name\": \"Flatten\" | \"class_name\": \"Lambda\" | 'flatten' of type 'Lambda' does"
            + " not belong",
        "\"class_name\": \"Flatten\" | \"class_name\": \"GlobalAveragePooling2D\" | its first"
            + " fully connected layer takes 64 values, but the mean of its last map has 16: it is",
        "\"class_name\": \"Flatten\" | \"class_name\": \"GlobalMaxPooling2D\" | 'flatten'"
            + " (GlobalMaxPooling2D) pools a map of 2x2, where a VGG network takes all of its"
            + " positions, or the mean of each channel",
        "\"class_name\": \"RandomFlip\" | \"class_name\": \"RandomCrop\" | 'random_flip' of type"
            + " 'RandomCrop' does not belong",
        "\"axis\": -1 | \"axis\": 1 | 'bn_0' (BatchNormalization) has axis 1",
        "\"use_bias\": true | \"use_bias\": false | has 2 weights, but its description says 1",
        "\"keras_history\": [\"flatten\", 0, 0] | \"keras_history\": [\"random_flip\", 0, 0] | is"
            + " not on the path",
        "[null, 64, 64, 3] | [null, 64, 96, 3] | takes images of 64x96 pixels",
      })
  void whatIsNoVggNetworkIsRefusedByName(String from, String to, String sentence)
      throws IOException {
    Path file = changed(from, to);
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("changed.keras")
        .hasMessageContaining(sentence);
  }

  /**
   * After a convolution over the whole map it changes nothing; over a part it is another network.
   */
  @Test
  void aMeanWithinTheHeadMustBeOfOnePosition() throws IOException {
    String dropout =
        "\"Dropout\", \"config\": {\"name\": \"dropout_8\", \"trainable\": true, \"dtype\":"
            + " \"float32\", \"rate\": 0.5, \"noise_shape\": null, \"seed\": null}";
    String mean = "\"GlobalAvgPool2D\", \"config\": {\"name\": \"dropout_8\", \"keepdims\": true}";
    mean += " ".repeat(dropout.length() - mean.length());
    String text = Files.readString(file("convolutional.h5"), StandardCharsets.ISO_8859_1);
    assertThat(text).contains(dropout).contains("[null, 64, 64, 3]");
    text = text.replace(dropout, mean);
    Path one = folder.resolve("one.h5");
    Files.writeString(one, text, StandardCharsets.ISO_8859_1);
    assertIsTheModel(WeightsImport.AS_FOUND.read(one));
    Path more = folder.resolve("more.h5");
    text = text.replace("[null, 64, 64, 3]", "[null, 96, 96, 3]");
    Files.writeString(more, text, StandardCharsets.ISO_8859_1);
    String sentence = " takes the mean of a map after the fully connected layer ";
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(more))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(more + ": its 'dropout_8'" + sentence + "'conv2d_8', where");
    Path listed = listed("1 2 4 6 8", "pool", "global_average_pooling2d", "tensorflow");
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(listed))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(": its 'fc6/global_average_pooling2d'" + sentence + "'fc6', where");
  }

  /** The epsilon that the description states is the one that the network has. */
  @Test
  void anotherEpsilonIsAnotherNetwork() throws IOException {
    ModelFile model = WeightsImport.AS_FOUND.read(file("nested.keras")).model();
    Path other = changed("\"epsilon\": 0.001", "\"epsilon\": 0.01");
    float[] before = Goldens.scores(model);
    float[] after = Goldens.scores(WeightsImport.AS_FOUND.read(other).model());
    assertThat(after).isNotEqualTo(before);
  }

  private Path changed(String from, String to) throws IOException {
    Path file = folder.resolve("changed.keras");
    try (ZipFile archive = new ZipFile(file("nested.keras").toFile());
        OutputStream stream = Files.newOutputStream(file);
        ZipOutputStream out = new ZipOutputStream(stream)) {
      for (String name : List.of("config.json", "model.weights.h5")) {
        byte[] content = archive.getInputStream(archive.getEntry(name)).readAllBytes();
        if (name.equals("config.json")) {
          String text = new String(content, StandardCharsets.UTF_8);
          assertThat(text).contains(from);
          int at = text.indexOf(from);
          content =
              (text.substring(0, at) + to + text.substring(at + from.length()))
                  .getBytes(StandardCharsets.UTF_8);
        }
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        out.putNextEntry(entry);
        out.write(content);
      }
    }
    return file;
  }

  // -------------------------------------------------- Keras 1 and 2, the weights of a known model

  static final List<String> NAMES =
      List.of("conv_1", "conv_2", "conv_3", "conv_4", "conv_5", "conv_6", "conv_7", "conv_8");

  /** The model of convolutional.h5, its layers by a name of one's own. */
  static Map<String, Object[]> layers(List<String> names) {
    ModelFile model = WeightsImport.AS_FOUND.read(file("convolutional.h5")).model();
    List<float[]> arrays = new ArrayList<>();
    model.architecture().parameters().forEach(p -> arrays.add(model.arrays().get(p.name())));
    Map<String, Object[]> layers = new LinkedHashMap<>();
    for (int i = 0; i < 11; i++) {
      float[] weight = arrays.get(2 * i);
      float[] bias = arrays.get(2 * i + 1);
      int in = weight.length / bias.length;
      int kernel = i < 8 ? 3 : i == 8 ? 2 : 1;
      int channels = in / kernel / kernel;
      float[][][][] conv = new float[kernel][kernel][channels][bias.length];
      float[][] dense = new float[in][bias.length];
      for (int o = 0; o < bias.length; o++) {
        for (int c = 0; c < channels; c++) {
          for (int k = 0; k < kernel * kernel; k++) {
            float value = weight[o * in + c * kernel * kernel + k];
            conv[k / kernel][k % kernel][c][o] = value;
            dense[k * channels + c][o] = value;
          }
        }
      }
      layers.put(names.get(i), new Object[] {i < 8 ? conv : dense, bias});
    }
    return layers;
  }

  private static void assertIsTheModel(WeightsImport.Imported imported) {
    assertThat(imported.model().architecture().configuration().label()).isEqualTo("A");
    Goldens.assertScores(
        imported.model(), Goldens.expected("keras").get("convolutional.h5").get("logits"));
  }

  @Test
  void readsWhatKeras1Wrote() throws IOException {
    Path file = keras1(Files.readString(Goldens.resource("/goldens/keras/keras1.json")));
    assertIsTheModel(WeightsImport.AS_FOUND.read(file));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"subsample\": [1, 1] | \"subsample\": [2, 2] | 'convolution2d_1' (Conv2D) has strides"
            + " 2x2",
        "\"border_mode\": \"same\" | \"border_mode\": \"valid\" | has padding 'valid'",
        "\"dim_ordering\": \"tf\" | \"dim_ordering\": \"th\" | has data_format 'channels_first'",
        "\"nb_row\": 3 | \"nb_row\": 5 | has kernel_size 5x3",
        "\"activation\": \"relu\" | \"activation\": \"softplus\" | has activation softplus",
        "convolution2d_8 | other | it has weights of a layer 'convolution2d_8'",
      })
  void checksWhatKeras1Wrote(String from, String to, String sentence) throws IOException {
    String config = Files.readString(Goldens.resource("/goldens/keras/keras1.json"));
    assertThat(config).contains(from);
    int at = config.indexOf(from);
    Path file = keras1(config.substring(0, at) + to + config.substring(at + from.length()));
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(sentence);
  }

  private Path keras1(String config) {
    Path file = folder.resolve("keras1.h5");
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= 11; i++) {
      names.add(i <= 8 ? "convolution2d_" + i : "dense_" + (i - 8));
    }
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      hdf.putAttribute("model_config", config);
      WritableGroup root = hdf.putGroup("model_weights");
      root.putAttribute("layer_names", names.toArray(String[]::new));
      layers(names)
          .forEach(
              (name, arrays) -> {
                WritableGroup group = root.putGroup(name);
                group.putAttribute("weight_names", new String[] {name + "_W", name + "_b"});
                group.putDataset(name + "_W", arrays[0]);
                group.putDataset(name + "_b", arrays[1]);
              });
    }
    return file;
  }

  /** The weights of a nested model are those of all its layers, in one group. */
  @Test
  void flattensNestedModelsThatSayNothingElse() {
    Path file = folder.resolve("nested.h5");
    List<String> names = new ArrayList<>(NAMES);
    names.addAll(List.of("fc6", "fc7", "fc8"));
    Map<String, Object[]> layers = layers(names);
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      hdf.putAttribute("layer_names", new String[] {"vgg11", "flatten", "fc6", "fc7", "fc8"});
      hdf.putGroup("flatten");
      WritableGroup base = hdf.putGroup("vgg11");
      List<String> weights = new ArrayList<>();
      for (String name : names) {
        WritableGroup group = name.startsWith("conv") ? base : hdf.putGroup(name);
        group.putGroup(name).putDataset("kernel:0", layers.get(name)[0]);
        ((WritableGroup) group.getChild(name)).putDataset("bias:0", layers.get(name)[1]);
        List<String> own = List.of(name + "/kernel:0", name + "/bias:0");
        weights.addAll(own);
        if (group != base) {
          group.putAttribute("weight_names", own.toArray(String[]::new));
        }
      }
      base.putAttribute("weight_names", weights.subList(0, 16).toArray(String[]::new));
    }
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("may be network A or A-LRN: choose one (vgg import --arch)");
    assertIsTheModel(new WeightsImport(null, null, Configuration.A, 0).read(file));
  }

  /** Names of pools say where they are; the layers of VGG-Face, whose images they take. */
  @ParameterizedTest
  @CsvSource({"1 2 4 6 8, ''", "2 3 4 6 8, are elsewhere"})
  void poolsLieWhereTheirNamesStand(String places, String wrong) {
    Path file = listed(places, "pool", "", "tensorflow");
    WeightsImport options = new WeightsImport(null, null, Configuration.A, 0);
    if (wrong.isEmpty()) {
      assertIsTheModel(options.read(file));
    } else {
      assertThatThrownBy(() -> options.read(file))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(wrong);
    }
  }

  @Test
  void theNamesOfVggFaceSayItsImagesAndTheanosKernelsAreRefused() {
    WeightsImport options = new WeightsImport(null, null, Configuration.A, 0);
    Path face = listed("1 2 4 6 8", "pool", "relu", "tensorflow");
    assertThat(options.read(face).profile()).isEqualTo(Profile.VGG_FACE);
    Path theano = listed("1 2 4 6 8", "pool", "", "theano");
    assertThatThrownBy(() -> options.read(theano))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("rotated by 180 degrees");
  }

  /** Weights alone, layer after layer. */
  private Path listed(String places, String pool, String within, String backend) {
    Path file = folder.resolve("listed-" + within + backend + ".h5");
    List<String> heads = List.of("fc6", "fc7", "fc8");
    List<String> names = new ArrayList<>(NAMES);
    names.addAll(heads);
    Map<String, Object[]> layers = layers(names);
    List<String> order = new ArrayList<>();
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      for (int i = 0; i < names.size(); i++) {
        String name = names.get(i);
        order.add(name);
        WritableGroup group = hdf.putGroup(name);
        group.putAttribute("weight_names", new String[] {name + "/kernel:0", name + "/bias:0"});
        WritableGroup inner = group.putGroup(name);
        inner.putDataset("kernel:0", layers.get(name)[0]);
        inner.putDataset("bias:0", layers.get(name)[1]);
        if (List.of(places.split(" ")).contains(String.valueOf(i + 1))) {
          order.add(pool + (i + 1));
          hdf.putGroup(pool + (i + 1));
        }
        if (heads.contains(name) && !within.isEmpty()) {
          order.add(name + "/" + within);
          group.putGroup(within);
        }
      }
      hdf.putAttribute("layer_names", order.toArray(String[]::new));
      hdf.putAttribute("backend", backend);
    }
    return file;
  }

  /** The first releases of Keras numbered everything. */
  @Test
  void readsNumberedLayers() {
    Path file = folder.resolve("numbered.h5");
    List<String> names = new ArrayList<>(NAMES);
    names.addAll(List.of("fc6", "fc7", "fc8"));
    Map<String, Object[]> layers = layers(names);
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      hdf.putAttribute("nb_layers", names.size());
      for (int i = 0; i < names.size(); i++) {
        WritableGroup group = hdf.putGroup("layer_" + i);
        group.putDataset("param_0", layers.get(names.get(i))[0]);
        group.putDataset("param_1", layers.get(names.get(i))[1]);
      }
    }
    assertIsTheModel(new WeightsImport(null, null, Configuration.A, 0).read(file));
  }

  /** Keras 3 writes arrays as objects, which were passed over, and the default taken. */
  @Test
  void settingsMayBeArraysAndWhatIsNoneHasNoDefault() throws IOException {
    String scale = "\"scale\": 0.00784313725490196";
    String array =
        "\"scale\": {\"class_name\": \"__numpy__\", \"config\": {\"value\":"
            + " [0.00784313725490196, 0.00784313725490196, 0.00784313725490196], \"dtype\":"
            + " \"float64\"}}";
    WeightsImport.Imported imported = WeightsImport.AS_FOUND.read(changed(scale, array));
    Goldens.assertScores(
        imported.model(), Goldens.expected("keras").get("nested.keras").get("logits"));
    Path other = changed(scale, "\"scale\": {\"class_name\": \"Schedule\", \"config\": {}}");
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(other))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'rescaling' (Rescaling) does not scale and shift three colours");
  }

  private static Path file(String name) {
    return Goldens.resource("/goldens/keras/" + name);
  }
}
