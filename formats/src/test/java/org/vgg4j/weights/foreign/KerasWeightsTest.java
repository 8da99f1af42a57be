package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.WritableGroup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.ModelFile;

/** Files of Keras with weights only, whose names say what there is to know. */
class KerasWeightsTest {
  @TempDir Path folder;

  private static final List<String> NAMES = KerasImportTest.NAMES;

  /**
   * The library writes an attribute over what follows the last numbers, which are therefore to be
   * at the end; by its hash, this name is.
   */
  private static final String LAST = "o";

  private static final String ASKED = "takes one value of each channel, as for images of 32 pixels";

  private static final String POOLS =
      "max_pooling2d max_pooling2d_1 max_pooling2d_2 max_pooling2d_3 max_pooling2d_4";

  private static final List<String> BLOCKS =
      List.of(
          "block1_conv1",
          "block2_conv1",
          "block3_conv1",
          "block3_conv2",
          "block4_conv1",
          "block4_conv2",
          "block5_conv1",
          "block5_conv2");

  /** As Keras 2 writes a nested base, in the order of {@code base}, and a head of one layer. */
  private Path nested(List<String> names, List<String> base, String... between) {
    Path file = folder.resolve("base.h5");
    List<String> all = new ArrayList<>(names);
    all.addAll(List.of("fc6", "fc7", "fc8"));
    Map<String, Object[]> layers = KerasImportTest.layers(all);
    List<String> order = new ArrayList<>(List.of("vgg11"));
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      WritableGroup group = hdf.putGroup("vgg11");
      List<String> weights = new ArrayList<>();
      for (String name : base) {
        WritableGroup inner = group.putGroup(name);
        inner.putDataset("kernel:0", layers.get(name)[0]);
        inner.putDataset("bias:0", layers.get(name)[1]);
        weights.addAll(List.of(name + "/kernel:0", name + "/bias:0"));
      }
      group.putAttribute("weight_names", weights.toArray(String[]::new));
      for (String name : between) {
        hdf.putGroup(name);
        order.add(name);
      }
      WritableGroup dense = hdf.putGroup("dense");
      WritableGroup own = dense.putGroup("dense");
      own.putDataset("kernel:0", new float[16][12]);
      own.putDataset("bias:0", new float[12]);
      dense.putAttribute("weight_names", new String[] {"dense/kernel:0", "dense/bias:0"});
      order.add("dense");
      hdf.putAttribute("layer_names", order.toArray(String[]::new));
      hdf.putDataset(LAST, new float[64]);
    }
    return file;
  }

  /** The pools of the base are not listed, but what follows it is. */
  @Test
  void aMeanAfterANestedBaseIsOfItsLastMap() {
    WeightsImport options = new WeightsImport(null, null, Configuration.A, 0);
    WeightsImport.Imported mean = options.read(nested(NAMES, NAMES, "global_average_pooling2d"));
    assertThat(mean.model().architecture().head().averaged()).isTrue();
    assertThat(mean.model().architecture().crop()).isEqualTo(224);
    WeightsImport.Imported open = options.read(nested(NAMES, NAMES));
    assertThat(open.model().architecture().crop()).isEqualTo(32);
    assertThat(open.notes()).hasSize(1).first().asString().contains(ASKED);
    Path largest = nested(NAMES, NAMES, "global_max_pooling2d");
    assertThatThrownBy(() -> options.read(largest))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'global_max_pooling2d' has no weights")
        .hasMessageContaining("save the whole model (model.save)");
  }

  /** Keras writes weights that were being trained before those that were frozen. */
  @Test
  void anUnfrozenBlockComesFirst() {
    WeightsImport options = new WeightsImport(null, null, Configuration.A, 0);
    ModelFile expected = options.read(nested(BLOCKS, BLOCKS)).model();
    List<String> unfrozen = new ArrayList<>(BLOCKS.subList(6, 8));
    unfrozen.addAll(BLOCKS.subList(0, 6));
    ModelFile model = options.read(nested(BLOCKS, unfrozen)).model();
    expected
        .arrays()
        .forEach((name, values) -> assertThat(model.arrays().get(name)).as(name).isEqualTo(values));
    List<String> others = new ArrayList<>(NAMES.subList(6, 8));
    others.addAll(NAMES.subList(0, 6));
    Path file = nested(NAMES, others);
    assertThatThrownBy(() -> options.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("its first convolution, conv_7, reads 16 channels")
        .hasMessageContaining("conv_1, the image")
        .hasMessageContaining("save the whole model (model.save)");
  }

  /** As Keras 3 writes weights, with some layers that have none. */
  private Path kinds(String... others) {
    Path file = folder.resolve("kinds.weights.h5");
    List<String> names = new ArrayList<>(NAMES);
    names.addAll(List.of("fc6", "fc7", "fc8"));
    Map<String, Object[]> layers = KerasImportTest.layers(names);
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      WritableGroup root = hdf.putGroup("layers");
      for (int i = 0; i < NAMES.size(); i++) {
        WritableGroup vars = root.putGroup(i == 0 ? "conv2d" : "conv2d_" + i).putGroup("vars");
        vars.putDataset("0", layers.get(NAMES.get(i))[0]);
        vars.putDataset("1", layers.get(NAMES.get(i))[1]);
      }
      WritableGroup vars = root.putGroup("dense").putGroup("vars");
      vars.putDataset("0", new float[16][12]);
      vars.putDataset("1", new float[12]);
      for (String other : others) {
        root.putGroup(other).putGroup("vars");
      }
      hdf.putDataset(LAST, new float[64]);
    }
    return file;
  }

  /** Earlier releases of Keras 3 list all layers, later ones those with weights. */
  @Test
  void layersWithoutWeightsSayWhatBecomesOfTheLastMap() {
    WeightsImport options = new WeightsImport(null, null, Configuration.A, 0);
    String[] pools = POOLS.split(" ");
    List<String> others = new ArrayList<>(List.of(pools));
    others.add("global_average_pooling2d");
    WeightsImport.Imported mean = options.read(kinds(others.toArray(String[]::new)));
    assertThat(mean.model().architecture().head().averaged()).isTrue();
    assertThat(mean.model().architecture().crop()).isEqualTo(224);
    others.set(pools.length, "flatten");
    WeightsImport.Imported flat = options.read(kinds(others.toArray(String[]::new)));
    assertThat(flat.model().architecture().crop()).isEqualTo(32);
    assertThat(flat.notes()).isEmpty();
    for (String[] unsaid : new String[][] {{}, pools}) {
      WeightsImport.Imported open = options.read(kinds(unsaid));
      assertThat(open.model().architecture().crop()).isEqualTo(32);
      assertThat(open.notes()).hasSize(1).first().asString().contains(ASKED);
    }
    WeightsImport answer = new WeightsImport(null, null, Configuration.A, 64, true, null);
    assertThat(answer.read(kinds()).notes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "global_max_pooling2d, 'global_max_pooling2d' has no weights",
    "average_pooling2d_1, 'average_pooling2d_1' has no weights",
    "leaky_re_lu, 'leaky_re_lu' has no weights",
    "max_pooling2d_5, it has 6 pools",
  })
  void layersWithoutWeightsThatNoVggNetworkHasAreRefused(String name, String sentence) {
    Path file = kinds((POOLS + " input_layer re_lu dropout flatten " + name).split(" "));
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(sentence);
  }
}
