package org.vgg4j.weights.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;

class PickleTest {
  @TempDir Path folder;

  /** A pickle; \xNN in the text is one byte. */
  private static byte[] pickle(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(0x80);
    bytes.write(2);
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\\x", i)) {
        bytes.write(Integer.parseInt(text.substring(i + 2, i + 4), 16));
        i += 3;
      } else if (text.startsWith("\\n", i)) {
        bytes.write('\n');
        i++;
      } else {
        bytes.write(text.charAt(i));
      }
    }
    return bytes.toByteArray();
  }

  private static Object read(byte[] pickle) {
    return Pickle.read(ByteBuffer.wrap(pickle), new PytorchPickle());
  }

  /** Each would run a command or reach a function by a detour, if it were executed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cos\\nsystem\\nX\\x04\\x00\\x00\\x00echo\\x85R.                  | os system",
        "cposix\\nsystem\\nX\\x04\\x00\\x00\\x00echo\\x85R.               | posix system",
        "c__builtin__\\neval\\nX\\x01\\x00\\x00\\x001\\x85R.              | __builtin__ eval",
        "cbuiltins\\ngetattr\\n(NNtR.                                     | builtins getattr",
        "X\\x02\\x00\\x00\\x00osX\\x06\\x00\\x00\\x00system\\x93)R.       | os system",
        "ctorch\\nload\\nX\\x01\\x00\\x00\\x00a\\x85R.                    | torch load",
        "ctorch.storage\\n"
            + "_load_from_bytes\\n"
            + "B\\x00\\x00\\x00\\x00\\x85R. | torch.storage _load_from_bytes",
        "(ios\\nsystem\\n.                                               | os system",
        "(cos\\nsystem\\nX\\x01\\x00\\x00\\x00ao.                         | os system",
        "cos\\nsystem\\n)\\x81}b.                                        | os system",
        "cos\\nsystem\\n)}\\x92.                                         | os system",
        "cos\\nsystem\\n)R)R.                                            | os system",
        "ctorch\\nFloatStorage\\n)R.                                      | torch FloatStorage",
        "\\x82\\x07)R.                                                   | copyreg extension7",
      })
  void executesNothing(String text, String name) {
    assertThat(read(pickle(text)))
        .isInstanceOfSatisfying(
            Pickle.Opaque.class, object -> assertThat(object.name()).isEqualTo(name));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "X\\xff\\xff\\xff\\x7fabc.  | ends within a string",
        "B\\xff\\xff\\xff\\xffabc.  | ends within a string",
        "(NN                        | ends too early",
        "N                          | ends too early",
        ".                          | lacks an object",
        "(.                         | lacks an object",
        "t.                         | lacks a mark",
        "Na.                        | lacks an object",
        "NNa.                       | adds to something that is not a list",
        "}(Nu.                      | a key without a value",
        "NNR.                       | calls something that is not a function",
        "1.                         | lacks a mark",
        "0.                         | lacks an object",
        "(d}(Nu.                    | a key without a value",
        "Iabc\\ng1x\\n.              | an object that is not there",
        "Fabc\\n.                   | a malformed number",
        "\\x8e\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xffabc. | ends within a string",
        "\\xff.                     | opcode 0xff",
        "\\x97.                     | keeps parts elsewhere",
        "P5\\n.                     | has protocol 0",
        "h\\x07.                    | an object that is not there",
        "NN.                        | leaves more than one object",
      })
  void brokenOnesGetASentence(String text, String sentence) {
    assertThatThrownBy(() -> read(pickle(text)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(sentence);
  }

  /** Lists in lists, ten million deep: nothing may follow them by recursion. */
  @Test
  void deepNestingIsNoMatter() {
    byte[] start = pickle("");
    int depth = 3_000_000;
    byte[] bytes = new byte[start.length + 2 * depth + 2];
    System.arraycopy(start, 0, bytes, 0, start.length);
    Arrays.fill(bytes, start.length, start.length + depth + 1, (byte) ']');
    Arrays.fill(bytes, start.length + depth + 1, bytes.length - 1, (byte) 'a');
    bytes[bytes.length - 1] = '.';
    assertThat(read(bytes)).isInstanceOf(Pickle.Sequence.class);
  }

  /** Each list holds the one before ten times: 10^300 items, if anyone counted them. */
  @Test
  void sharedListsAreNotMultiplied() {
    StringBuilder text = new StringBuilder("]q\\x00");
    for (int i = 0; i < 300; i++) {
      text.append("](").append("h\\x00".repeat(10)).append("eq\\x00");
    }
    text.append("\\x85");
    String list = text.toString();
    assertThatThrownBy(
            () ->
                StateDicts.of(
                    folder, read(pickle(list.substring(0, list.length() - 4) + ".")), key -> 0))
        .isInstanceOf(InputException.class);
  }

  /** One long list that is looked through again and again would take hours. */
  @Test
  void longListsAreNotLookedThroughForEver() {
    StringBuilder text = new StringBuilder("ccollections\\nOrderedDict\\nq\\x01]q\\x02(");
    text.append("NN\\x86".repeat(20_000)).append("e\\x85q\\x03");
    text.append("h\\x01h\\x03R0".repeat(100_000)).append(".");
    String pairs = text.toString().replace("NN\\x86", "K\\x01N\\x86");
    assertThatThrownBy(() -> read(pickle(pairs)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("more entries than any checkpoint");
  }

  @Test
  void valuesComeAsTheyWere() {
    Pickle.Dictionary read =
        (Pickle.Dictionary)
            read(
                pickle(
                    "}(X\\x01\\x00\\x00\\x00aJ\\xfe\\xff\\xff\\xffU\\x01bG\\x3f\\xf8\\x00\\x00\\x00\\x00\\x00\\x00"
                        + "\\x8c\\x01cM\\x00\\x01\\x8c\\x01d\\x8a\\x02\\x00\\xff\\x8c\\x01e\\x88u."));
    assertThat(read.entries())
        .containsEntry("a", -2L)
        .containsEntry("b", 1.5)
        .containsEntry("c", 256L)
        .containsEntry("d", -256L)
        .containsEntry("e", true);
  }

  /** As Python's pickletools reads the same bytes. */
  @Test
  void textOfProtocolZeroComesAsItIs() {
    Pickle.Dictionary read =
        (Pickle.Dictionary)
            read(
                pickle(
                    "(dp0\\n"
                        + "S'a'\\n"
                        + "I-7\\n"
                        + "sVb\\n"
                        + "L12L\\n"
                        + "sS'c'\\n"
                        + "I01\\n"
                        + "sS'd'\\n"
                        + "F-inf\\n"
                        + "sS'e'\\n"
                        + "(lp1\\n"
                        + "NasS'f'\\n"
                        + "L99999999999999999999L\\n"
                        + "sS'g'\\n"
                        + "g1\\n"
                        + "s."));
    assertThat(read.entries())
        .containsEntry("a", -7L)
        .containsEntry("b", 12L)
        .containsEntry("c", true)
        .containsEntry("d", Double.NEGATIVE_INFINITY)
        .containsKey("f");
    assertThat(read.entries().get("g")).isSameAs(read.entries().get("e"));
    assertThat(((Pickle.Sequence) read.entries().get("e")).items()).containsExactly(Pickle.NONE);
  }

  /** An archive as torch.save writes it, with a pickle of ours. */
  private Path archive(byte[] pickle, long storedNumbers) throws IOException {
    Path file = folder.resolve("evil.pth");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      add(zip, "archive/data.pkl", pickle);
      add(zip, "archive/data/0", new byte[(int) (storedNumbers * Float.BYTES)]);
    }
    return file;
  }

  private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private static final String TENSOR =
      "ctorch._utils\\n_rebuild_tensor_v2\\n((X\\x07\\x00\\x00\\x00storagectorch\\nFloatStorage\\n"
          + "X\\x01\\x00\\x00\\x000X\\x03\\x00\\x00\\x00cpuK\\x0ctQ";

  /** A state dict of one tensor in a storage of twelve numbers. */
  private static byte[] stateDict(String offsetShapeStride) {
    return pickle("}X\\x08\\x00\\x00\\x00a.weight" + TENSOR + offsetShapeStride + "\\x89}tRs.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "K\\x00K\\x04K\\x03\\x86K\\x03K\\x01\\x86                  | 12 | ''",
        "K\\x00K\\x03K\\x04\\x86K\\x01K\\x03\\x86                  | 12 | ''",
        "K\\x01K\\x04K\\x03\\x86K\\x03K\\x01\\x86                  | 12 | goes beyond its storage",
        "K\\x00J\\xff\\xff\\xff\\x7fK\\x03\\x86K\\x00K\\x01\\x86   | 12 | larger than a Java array",
        "K\\x00J\\xff\\xff\\x00\\x00K\\x03\\x86K\\x00K\\x01\\x86   | 12 | several elements in one"
            + " place",
        "K\\x00J\\xff\\xff\\xff\\xffK\\x03\\x86K\\x03K\\x01\\x86   | 12 | an impossible shape",
        "K\\x00K\\x04K\\x03\\x86K\\x03\\x85                        | 12 | 2 sizes and 1 strides",
        "K\\x00K\\x04K\\x03\\x86K\\x03K\\x01\\x86                  | 11 | has 44 bytes, not 12"
            + " numbers",
        "K\\x0dK\\x01\\x85K\\x01\\x85                              | 12 | begins outside its"
            + " storage",
      })
  void tensorsStayInsideTheirStorage(String text, int stored, String sentence) throws IOException {
    Path file = archive(stateDict(text), stored);
    if (sentence.isEmpty()) {
      assertThat(TensorFiles.open(file).tensors()).containsKey("a.weight");
    } else {
      assertThatThrownBy(() -> TensorFiles.open(file))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("evil.pth")
          .hasMessageContaining(sentence);
    }
  }

  /** Where the archive says that it is a large one, and that its contents begin before the file. */
  @Test
  void anArchiveWithAnImpossibleTableOfContentsIsRefused() throws IOException {
    Path file = archive(stateDict("K\\x00K\\x04K\\x03\\x86K\\x03K\\x01\\x86"), 12);
    byte[] sound = Files.readAllBytes(file);
    int end = sound.length - 22; // of the record that ends an archive without a comment
    ByteBuffer damaged = ByteBuffer.allocate(sound.length + 20).order(ByteOrder.LITTLE_ENDIAN);
    damaged.put(sound, 0, end).put(new byte[] {'P', 'K', 6, 7});
    damaged.putInt(0).putLong(-9_000_000_000L).putInt(1).put(sound, end, 22);
    Files.write(file, damaged.array());
    assertThatThrownBy(() -> TensorFiles.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("evil.pth")
        .hasMessageContaining("its archive is damaged");
  }

  @Test
  void tensorsMustNotOverlapButMayHaveSeveralNames() throws IOException {
    String first = "K\\x00K\\x04K\\x03\\x86K\\x03K\\x01\\x86\\x89}tR";
    String second = "K\\x02K\\x04K\\x02\\x86K\\x02K\\x01\\x86\\x89}tR";
    Path same = archive(two(first, first), 12);
    assertThat(TensorFiles.open(same).tensors()).containsKeys("a.weight", "b.weight");
    Path file = archive(two(first, second), 12);
    assertThatThrownBy(() -> TensorFiles.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tensors 'a.weight' and 'b.weight' overlap");
  }

  /** PyTorch 2 says of a tensor that its numbers are still to be negated, where they are. */
  @Test
  void aTensorWhoseNumbersAreYetToBeNegatedIsNotTakenAsItLies() throws IOException {
    byte[] pickle =
        pickle(
            "}X\\x08\\x00\\x00\\x00a.weight"
                + TENSOR
                + "K\\x00K\\x04K\\x03\\x86K\\x03K\\x01\\x86\\x89}}X\\x03\\x00\\x00\\x00neg\\x88stRs.");
    TensorFile file = TensorFiles.open(archive(pickle, 12));
    assertThat(file.tensors()).isEmpty();
    assertThat(file.states().get(0).others()).containsOnlyKeys("a.weight");
  }

  private static byte[] two(String first, String second) {
    return pickle(
        "}(X\\x08\\x00\\x00\\x00a.weight"
            + TENSOR
            + first
            + "X\\x08\\x00\\x00\\x00b.weight"
            + TENSOR
            + second
            + "u.");
  }

  @Test
  void aPickleThatIsNoneOfPytorchIsNamed() throws IOException {
    Path file = folder.resolve("plain.pkl");
    Files.write(file, pickle("cos\\nsystem\\nX\\x04\\x00\\x00\\x00echo\\x85R."));
    assertThatThrownBy(() -> TensorFiles.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is a plain pickle");
    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
        .contains("system");
  }
}
