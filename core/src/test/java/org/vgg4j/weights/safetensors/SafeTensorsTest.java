package org.vgg4j.weights.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

class SafeTensorsTest {
  private static final String GOLDEN = "/goldens/safetensors/small.safetensors";

  @TempDir Path root;

  private static byte[] golden() throws IOException {
    try (var stream = SafeTensorsTest.class.getResourceAsStream(GOLDEN)) {
      return stream.readAllBytes();
    }
  }

  private static byte[] file(long headerLength, String header, int dataLength) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + text.length + dataLength)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(headerLength)
        .put(text)
        .array();
  }

  private static byte[] file(String header, int dataLength) {
    return file(header.getBytes(StandardCharsets.UTF_8).length, header, dataLength);
  }

  private Path write(byte[] content) throws IOException {
    return Files.write(root.resolve("model.safetensors"), content);
  }

  private void assertBroken(byte[] content, String what) throws IOException {
    Path file = write(content);
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(InputException.class)
        .hasMessage("%s is not a valid safetensors file: %s", file, what);
  }

  @Test
  void readsWhatAnotherProgramWrote() throws IOException {
    SafeTensors.Content content = SafeTensors.read(write(golden()));
    assertThat(content.metadata())
        .containsExactlyInAnyOrderEntriesOf(Map.of("format", "pt", "Über", "猫 🐈"));
    assertThat(content.tensors().keySet())
        .containsExactly("features.0.weight", "naïve 名前", "empty", "scalar");
    SafeTensors.Tensor weight = content.tensors().get("features.0.weight");
    assertThat(weight.shape()).containsExactly(2, 3);
    assertThat(weight.values())
        .containsExactly(1f, -2.5f, 3.25f, Float.MIN_VALUE, -0f, Float.MAX_VALUE);
    assertThat(content.tensors().get("naïve 名前").values())
        .containsExactly(Float.POSITIVE_INFINITY, 0.1f);
    assertThat(content.tensors().get("empty").shape()).containsExactly(0, 4);
    assertThat(content.tensors().get("empty").values()).isEmpty();
    assertThat(content.tensors().get("scalar").shape()).isEmpty();
    assertThat(content.tensors().get("scalar").values()).containsExactly(42f);
  }

  @Test
  void readsIntoArraysThatAreThereAlready() throws IOException {
    // longer than the buffer that it is read through
    float[] values = new float[700_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Path file = root.resolve("long.safetensors");
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    tensors.put("short", new SafeTensors.Tensor(List.of(1), new float[] {5}));
    tensors.put("long", new SafeTensors.Tensor(List.of(values.length), values));
    SafeTensors.write(file, new SafeTensors.Content(Map.of(), tensors));
    Map<String, float[]> places = Map.of("short", new float[1], "long", new float[values.length]);

    SafeTensors.Content content = SafeTensors.read(file, (name, length) -> places.get(name));

    assertThat(places.get("long")).isEqualTo(values);
    assertThat(places.get("short")).containsExactly(5f);
    assertThat(content.tensors().get("long").values()).isSameAs(places.get("long"));
    assertThatThrownBy(
            () ->
                SafeTensors.read(
                    file, (name, length) -> name.equals("short") ? new float[3] : places.get(name)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 values of short do not fit 3");
  }

  @Test
  void roundTrip() throws IOException {
    SafeTensors.Content content = SafeTensors.read(write(golden()));
    Path copy = root.resolve("copy.safetensors");
    SafeTensors.write(copy, content);
    SafeTensors.Content read = SafeTensors.read(copy);
    assertThat(read.metadata()).isEqualTo(content.metadata());
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(content.tensors().keySet());
    content
        .tensors()
        .forEach(
            (name, tensor) -> {
              assertThat(read.tensors().get(name).shape()).isEqualTo(tensor.shape());
              assertThat(read.tensors().get(name).values()).isEqualTo(tensor.values());
            });
  }

  @Test
  void writesWhatTheFormatSays() throws IOException {
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    tensors.put("b", new SafeTensors.Tensor(List.of(2, 1), new float[] {1, -2}));
    tensors.put("a", new SafeTensors.Tensor(List.of(1), new float[] {0.5f}));
    Path file = root.resolve("written.safetensors");
    SafeTensors.write(file, new SafeTensors.Content(Map.of("k", "v\"\n"), tensors));
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = Math.toIntExact(bytes.getLong());
    assertThat(length % 8).isZero();
    byte[] header = new byte[length];
    bytes.get(header);
    assertThat((char) header[0]).isEqualTo('{');
    JsonNode json = new ObjectMapper().readTree(header);
    JsonNode expected =
        new ObjectMapper()
            .readTree(
                """
                {"__metadata__":{"k":"v\\"\\n"},
                 "b":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
                 "a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}
                """);
    assertThat(json).isEqualTo(expected);
    byte[] data = new byte[bytes.remaining()];
    bytes.get(data);
    // 1 is 0x3f800000, -2 is 0xc0000000, 0.5 is 0x3f000000: the least significant byte first
    assertThat(data).containsExactly(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "2", "3", "4", "5", "6", "7", "8"})
  void numbersAreAlignedWhateverTheNames(int length) throws IOException {
    Path file = root.resolve("aligned.safetensors");
    SafeTensors.Tensor tensor = new SafeTensors.Tensor(List.of(1), new float[] {3});
    SafeTensors.write(file, new SafeTensors.Content(Map.of(), Map.of("x".repeat(length), tensor)));
    byte[] bytes = Files.readAllBytes(file);
    assertThat(bytes.length % 8).isEqualTo(4);
    assertThat(SafeTensors.read(file).tensors().get("x".repeat(length)).values())
        .containsExactly(3);
  }

  /** Larger than the buffer that numbers pass through. */
  @Test
  void largeTensor() {
    float[] values = new float[(1 << 18) * 2 + 17];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Path file = root.resolve("large.safetensors");
    SafeTensors.Tensor tensor = new SafeTensors.Tensor(List.of(values.length), values);
    SafeTensors.write(file, new SafeTensors.Content(Map.of(), Map.of("t", tensor)));
    assertThat(SafeTensors.read(file).tensors().get("t").values()).isEqualTo(values);
  }

  @Test
  void missing() {
    Path file = root.resolve("nowhere.safetensors");
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(InputException.class)
        .hasMessage("there is no file %s: check the path", file);
  }

  @Test
  void folder() {
    assertThatThrownBy(() -> SafeTensors.read(root))
        .isInstanceOf(InputException.class)
        .hasMessage("%s is a folder: give the .safetensors file in it", root);
  }

  @Test
  void unreadable() throws IOException {
    Path file = write(golden());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeFalse(Files.isReadable(file), "root may read everything");
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(InputException.class)
        .hasMessage("cannot read %s: permission denied", file);
  }

  @Test
  void headerLengthOutOfReason() throws IOException {
    String what =
        "its header has no sensible length (vgg import reads files of other tools and formats)";
    assertBroken(new byte[0], what);
    assertBroken(new byte[7], what);
    assertBroken(new byte[8], what);
    for (long length : new long[] {0, 1, 3, 1L << 40, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
      assertBroken(file(length, "{}", 0), what);
    }
    assertThat(SafeTensors.read(write(file(2, "{}", 0))).tensors()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]                     | its header is not a JSON object",
        "12                     | its header is not a JSON object",
        "null                   | its header is not a JSON object",
        "`   `                  | its header is not a JSON object",
      })
  void headerIsNoObject(String header, String what) throws IOException {
    assertBroken(file(header, 0), what);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":      | Unexpected end-of-input",
        "a picture    | Unrecognized token 'a'",
        "{} {}        | Trailing token",
        "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}} | Duplicate field 'a'",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
            + "\"t\":{\"dtype\":\"F32\",\"shape\":[1,0],\"data_offsets\":[0,0]}}"
            + " | Duplicate field 't'",
      })
  void headerIsNotJson(String header, String detail) throws IOException {
    Path file = write(file(header, 0));
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + " is not a valid safetensors file: its header is not JSON: ")
        .hasMessageContaining(detail);
  }

  @Test
  void deepHeader() throws IOException {
    Path file = write(file("[".repeat(100_000), 0));
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            file + " is not a valid safetensors file: its header is not JSON: ");
  }

  @Test
  void otherTypes() throws IOException {
    Path half = write(file("{\"t\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4));
    assertThat(SafeTensors.read(half).tensors().get("t").values()).hasSize(2);
    Path file =
        write(file("{\"t\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4));
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s: tensor 't' has type F8_E4M3, which is not supported: convert it to F32", file);
    Path whole = write(file("{\"t\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8));
    assertThatThrownBy(() -> SafeTensors.read(whole))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tensor 't' holds integers (I64)");
  }

  /** Four numbers, sixteen bytes, and everything that a header may say of them but should not. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[2] ; [0,8] ; [2] ; [4,12]   | tensor 'b' does not begin where the last one ends",
        "[2] ; [0,8] ; [2] ; [0,8]    | tensor 'b' does not begin where the last one ends",
        "[1] ; [0,4] ; [2] ; [8,16]   | tensor 'b' does not begin where the last one ends",
        "[2] ; [4,12] ; [1] ; [12,16] | tensor 'a' does not begin where the last one ends",
        "[2] ; [0,8] ; [4] ; [8,24]   | it has 16 bytes of numbers, but its header describes 24"
            + " (was it cut short?)",
        "[2] ; [0,8] ; [1] ; [8,12]   | it has 16 bytes of numbers, but its header describes 12"
            + " (was it cut short?)",
        "[2] ; [-8,0] ; [2] ; [0,8]   | tensor 'a' has impossible data_offsets",
        "[2] ; [8,0] ; [2] ; [8,16]   | tensor 'a' of shape 2 has another number of bytes",
        "[3] ; [0,8] ; [2] ; [8,16]   | tensor 'a' of shape 3 has another number of bytes",
        "[2,2] ; [0,8] ; [2] ; [8,16] | tensor 'a' of shape 2x2 has another number of bytes",
        "[2] ; [0,8] ; [] ; [8,16]    | tensor 'b' of shape  has another number of bytes",
        "[-2,-1] ; [0,8] ; [2] ; [8,16] | tensor 'a' has an impossible shape",
        "[2.0] ; [0,8] ; [2] ; [8,16] | tensor 'a' has an impossible shape",
        "[\"2\"] ; [0,8] ; [2] ; [8,16] | tensor 'a' has an impossible shape",
        "[4294967298] ; [0,8] ; [2] ; [8,16] | tensor 'a' has an impossible shape",
        "[65536,65536,2] ; [0,8] ; [2] ; [8,16] | tensor 'a' of shape 65536x65536x2 is larger than"
            + " a Java array",
        "[2147483647,2147483647,2147483647,8] ; [0,8] ; [2] ; [8,16] | tensor 'a' of shape"
            + " 2147483647x2147483647x2147483647x8 is larger than a Java array",
        "2 ; [0,8] ; [2] ; [8,16]     | tensor 'a' has no shape",
        "{\"x\":2} ; [0,8] ; [2] ; [8,16] | tensor 'a' has no shape",
        "null ; [0,4] ; [3] ; [4,16]  | tensor 'a' has no shape",
        "[2] ; [0] ; [2] ; [8,16]     | tensor 'a' has no data_offsets",
        "[2] ; [0,8,8] ; [2] ; [8,16] | tensor 'a' has no data_offsets",
        "[2] ; 8 ; [2] ; [8,16]       | tensor 'a' has no data_offsets",
        "[2] ; {\"x\":0,\"y\":8} ; [2] ; [8,16] | tensor 'a' has no data_offsets",
        "[2] ; [0.0,8.0] ; [2] ; [8,16] | tensor 'a' has no data_offsets",
        "[2] ; [18446744073709551616,18446744073709551624] ; [2] ; [8,16]"
            + " | tensor 'a' has no data_offsets",
        "[2] ; [9223372036854775807,-9223372036854775801] ; [2] ; [0,8]"
            + " | tensor 'a' has impossible data_offsets",
      })
  void brokenTensor(String fields, String what) throws IOException {
    String[] field = fields.split(" ; ");
    String header =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":%s},\"b\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":%s}}"
            .formatted((Object[]) field);
    assertBroken(file(header, 16), what);
  }

  @Test
  void tensorIsNoObject() throws IOException {
    Path file = write(file("{\"t\":[1,2]}", 0));
    assertThatThrownBy(() -> SafeTensors.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(file + ": tensor 't' has ");
  }

  @Test
  void truncated() throws IOException {
    byte[] golden = golden();
    assertBroken(
        Arrays.copyOf(golden, golden.length - 1),
        "it has 35 bytes of numbers, but its header describes 36 (was it cut short?)");
    assertBroken(
        Arrays.copyOf(golden, golden.length + 1),
        "it has 37 bytes of numbers, but its header describes 36 (was it cut short?)");
    assertBroken(
        Arrays.copyOf(golden, 100),
        "its header has no sensible length (vgg import reads files of other tools and formats)");
  }

  @Test
  void metadataOtherThanStrings() throws IOException {
    assertBroken(
        file("{\"__metadata__\":{\"a\":\"b\",\"epoch\":3}}", 0),
        "its metadata 'epoch' is not a string");
    assertBroken(file("{\"__metadata__\":[1]}", 0), "its metadata are not a JSON object");
    assertBroken(file("{\"__metadata__\":null}", 0), "its metadata are not a JSON object");
  }

  /** Whatever happens to a file, it is read, or it is refused in a sentence that names it. */
  @Test
  void damagedFiles() throws IOException {
    Path original = root.resolve("original.safetensors");
    TestModels.random(Configuration.A, "cat", "dog").write(original);
    byte[] model = Files.readAllBytes(original);
    int modelHeader =
        Long.BYTES + (int) ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN).getLong();
    byte[] golden = golden();
    Random random = new Random(1);
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      boolean small = i % 2 == 0;
      byte[] damaged = damage(small ? golden : model, small ? golden.length : modelHeader, random);
      Path file = write(damaged);
      long before = allocatedBytes();
      try {
        if (small) {
          assertThat(SafeTensors.read(file)).isNotNull();
        } else {
          assertThat(ModelFile.read(file)).isNotNull();
        }
      } catch (InputException e) {
        assertThat(e).hasMessageContaining(file.toString());
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("file " + i + " is met with " + e, e);
      }
      assertThat(allocatedBytes() - before).as("bytes for file %d", i).isLessThan(8 << 20);
    }
    assertThat(refused).isGreaterThan(200);
  }

  private static byte[] damage(byte[] whole, int headerEnd, Random random) {
    if (random.nextInt(8) == 0) {
      return Arrays.copyOf(whole, random.nextInt(whole.length));
    }
    byte[] damaged = whole.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int place = random.nextInt(headerEnd);
      // digits often become other digits, which JSON parsers let pass
      damaged[place] ^= (byte) (random.nextBoolean() ? 1 + random.nextInt(7) : random.nextInt(256));
    }
    return damaged;
  }

  private static long allocatedBytes() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
  }
}
