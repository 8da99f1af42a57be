package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.views.Protocol;

/** Stored posteriors, fusion, and the figures that are made of them. */
class PosteriorsTest {
  private static final Posteriors.About ABOUT =
      new Posteriors.About(
          "m.safetensors",
          "pets",
          Protocol.DENSE,
          true,
          0,
          List.of(64, 73),
          64,
          8,
          "1x1",
          "2x1",
          3.5,
          0.25,
          List.of());

  @TempDir Path folder;

  private static Posteriors posteriors(List<String> ids, int[] labels, float... values) {
    return new Posteriors(List.of(ABOUT), List.of("cat", "dog"), ids, labels, values);
  }

  private static Posteriors three() {
    return posteriors(List.of("x", "y", "z"), new int[] {0, 1, 1}, .9f, .1f, .6f, .4f, .2f, .8f);
  }

  @Test
  void evaluation() {
    Evaluation evaluation = three().evaluation();
    assertThat(evaluation.confusion()).isDeepEqualTo(new int[][] {{1, 0}, {1, 1}});
    assertThat(evaluation.top1Error()).isCloseTo(100 / 3.0, within(1e-9));
    assertThat(evaluation.meanLoss())
        .isCloseTo(-(Math.log(.9) + Math.log(.4) + Math.log(.8)) / 3, within(1e-6));
  }

  /** As files of before mirror images and grids could be chosen. */
  @Test
  void olderFilesSayWhatWasAlwaysSo() throws IOException {
    Path file = folder.resolve("p.npy");
    PosteriorsFile.write(file, three());
    Path table = folder.resolve("p.json");
    String text = Files.readString(table);
    String older =
        text.replaceAll("\\s*\"mirrored\" : true,", "")
            .replaceAll("\\s*\"grid\" : 0,", "")
            .replaceAll(",\\s*\"unreadable\" : \\[ ]", "");
    assertThat(older).doesNotContain("mirrored", "grid", "unreadable").contains("DENSE");
    Files.writeString(table, older);
    assertThat(PosteriorsFile.read(file).about()).containsExactly(ABOUT);
  }

  @Test
  void storedAndReadAgain() {
    Path file = folder.resolve("p.npy");
    Posteriors before = three();
    PosteriorsFile.write(file, before);
    Posteriors after = PosteriorsFile.read(file);
    assertThat(after.values()).isEqualTo(before.values());
    assertThat(after.labels()).isEqualTo(before.labels());
    assertThat(after.ids()).isEqualTo(before.ids());
    assertThat(after.classNames()).isEqualTo(before.classNames());
    assertThat(after.about()).isEqualTo(before.about());
  }

  /** The format as NumPy documents it: numpy/lib/format.py, version 1.0. */
  @Test
  void theFileIsWhatNumpyReads() throws IOException {
    Path file = folder.resolve("p.npy");
    PosteriorsFile.write(file, three());
    ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[8];
    content.get(magic);
    assertThat(magic).containsExactly(0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0);
    int length = content.getShort();
    assertThat((10 + length) % 64).isZero();
    byte[] text = new byte[length];
    content.get(text);
    assertThat(new String(text, StandardCharsets.US_ASCII))
        .startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }")
        .endsWith("\n");
    assertThat(content.remaining()).isEqualTo(6 * Float.BYTES);
    assertThat(content.getFloat()).isEqualTo(.9f);
    assertThat(content.getFloat()).isEqualTo(.1f);
  }

  @Test
  void damagedFilesAreRefused() throws IOException {
    Path file = folder.resolve("p.npy");
    PosteriorsFile.write(file, three());
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {0, 9, 20, whole.length - 1}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> PosteriorsFile.read(file))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(file + " holds no posteriors of vgg4j (");
    }
    Files.write(file, whole);
    Path table = folder.resolve("p.json");
    String json = Files.readString(table);
    Files.writeString(table, json.replace("[ 0, 1, 1 ]", "[ 0, 1, 2 ]"));
    assertThatThrownBy(() -> PosteriorsFile.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(table + " holds no posteriors");
    Files.delete(table);
    assertThatThrownBy(() -> PosteriorsFile.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("keep both together");
    assertThatThrownBy(() -> PosteriorsFile.write(folder.resolve("p.txt"), three()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("must end with .npy");
  }

  @Test
  void fusionIsTheMeanWhateverTheOrder() {
    Posteriors other =
        posteriors(List.of("z", "x", "y"), new int[] {1, 0, 1}, .4f, .6f, .5f, .5f, .1f, .9f);
    Posteriors fused = Posteriors.fused(List.of(three(), other));
    float[] expected = {.7f, .3f, .35f, .65f, .3f, .7f};
    for (int i = 0; i < expected.length; i++) {
      assertThat(fused.values()[i]).isCloseTo(expected[i], within(1e-6f));
    }
    assertThat(fused.evaluation().top1Error()).isZero();
    assertThat(fused.about()).containsExactly(ABOUT, ABOUT);
  }

  @Test
  void onlyTheSameImagesCanBeFused() {
    Posteriors otherLabels =
        posteriors(List.of("x", "y", "z"), new int[] {0, 0, 1}, .9f, .1f, .6f, .4f, .2f, .8f);
    Posteriors more =
        posteriors(List.of("x", "y", "z", "w"), new int[] {0, 1, 1, 1}, 1, 0, 1, 0, 1, 0, 1, 0);
    Posteriors otherClasses =
        new Posteriors(
            List.of(ABOUT),
            List.of("dog", "cat"),
            three().ids(),
            three().labels(),
            three().values());
    for (Posteriors wrong : List.of(otherLabels, more, otherClasses)) {
      assertThatThrownBy(() -> Posteriors.fused(List.of(three(), wrong)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("m.safetensors and m.safetensors");
    }
  }

  @Test
  void wilsonIntervals() {
    // R: binom::binom.wilson(x, n)
    Significance.Interval interval = Significance.wilson(10, 100);
    assertThat(interval.low()).isCloseTo(5.522914, within(1e-5));
    assertThat(interval.high()).isCloseTo(17.436566, within(1e-5));
    assertThat(Significance.wilson(0, 50).low()).isCloseTo(0, within(1e-9));
    assertThat(Significance.wilson(0, 50).high()).isCloseTo(7.134759, within(1e-5));
    assertThat(Significance.wilson(50, 50).high()).isEqualTo(100);
  }

  @Test
  void mcNemarsExactTest() {
    assertThat(Significance.mcNemar(0, 0)).isEqualTo(1);
    assertThat(Significance.mcNemar(5, 5)).isEqualTo(1);
    // 2 * (1 + 10 + 45) / 1024
    assertThat(Significance.mcNemar(2, 8)).isCloseTo(112 / 1024.0, within(1e-12));
    assertThat(Significance.mcNemar(8, 2)).isCloseTo(112 / 1024.0, within(1e-12));
    assertThat(Significance.mcNemar(0, 10)).isCloseTo(2 / 1024.0, within(1e-12));
    // as large as the test sets there are, where 2^-n is no double: about the normal's 0.0455
    assertThat(Significance.mcNemar(2450, 2550)).isCloseTo(0.1615, within(0.002));
  }

  @Test
  void comparison() {
    Posteriors better =
        posteriors(List.of("y", "z", "x"), new int[] {1, 1, 0}, 0, 1, 1, 0, .8f, .2f);
    Significance.Comparison comparison = Significance.compare(three(), better);
    assertThat(comparison.onlyFirstRight()).isEqualTo(1);
    assertThat(comparison.onlySecondRight()).isEqualTo(1);
    assertThat(comparison.probability()).isEqualTo(1);
  }

  @Test
  void calibration() {
    // bins of .9 (right), .6 (wrong), .8 (right)
    assertThat(Significance.calibrationError(three())).isCloseTo((.1 + .6 + .2) / 3, within(1e-6));
  }

  /** As numpy.save writes them after arithmetic in another type, or of a transposed array. */
  @Test
  void otherTablesOfNumpyAreNamed() throws IOException {
    Path file = folder.resolve("p.npy");
    for (String header :
        List.of(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }",
            "{'descr': '>f4', 'fortran_order': False, 'shape': (3, 2), }",
            "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }")) {
      PosteriorsFile.write(file, three());
      byte[] content = Files.readAllBytes(file);
      System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, content, 10, header.length());
      Files.write(file, content);
      assertThatThrownBy(() -> PosteriorsFile.read(file))
          .as(header)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("not that of a table of '<f4', row after row");
    }
  }

  @Test
  void whatIsNoProbabilityIsRefused() throws IOException {
    Path file = folder.resolve("p.npy");
    PosteriorsFile.write(file, three());
    byte[] whole = Files.readAllBytes(file);
    for (float value : new float[] {Float.NaN, -0.5f, 7.25f}) {
      ByteBuffer content = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
      content.putFloat(whole.length - 3 * Float.BYTES, value);
      Files.write(file, content.array());
      assertThatThrownBy(() -> PosteriorsFile.read(file))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("row 1 has the value " + value + ", which is no probability");
    }
  }

  @Test
  void imagesThatComeTwiceOrAreHalfLabelledAreRefused() throws IOException {
    Path file = folder.resolve("p.npy");
    PosteriorsFile.write(file, three());
    Path table = folder.resolve("p.json");
    String json = Files.readString(table);
    for (String wrong :
        List.of(
            json.replace("[ 0, 1, 1 ]", "[ 0, -1, 1 ]"),
            json.replace("\"y\"", "\"x\""),
            json.replace("[ 0, 1, 1 ]", "null"))) {
      assertThat(wrong).isNotEqualTo(json);
      Files.writeString(table, wrong);
      assertThatThrownBy(() -> PosteriorsFile.read(file))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(table + " holds no posteriors");
    }
  }
}
