package org.vgg4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

class EventFilesTest {
  @TempDir Path folder;

  private static byte[] golden(String name) throws IOException {
    try (InputStream in = EventFilesTest.class.getResourceAsStream("/goldens/events/" + name)) {
      return in.readAllBytes();
    }
  }

  /** A file of four events with steps 0 (the head), 10, 20, 20. */
  private Path small() {
    Path file = EventFiles.create(folder, 1e9);
    EventFiles.append(file, Event.scalars(1e9 + 1, 10, Map.of("a", 1.0)));
    EventFiles.append(file, Event.scalars(1e9 + 2, 20, Map.of("a", 2.0)));
    EventFiles.append(file, Event.scalars(1e9 + 3, 20, Map.of("b", 3.0)));
    return file;
  }

  /** The golden file was made by TensorBoard's own writer. */
  @Test
  void sameBytesAsTensorBoards() throws IOException {
    Path file = EventFiles.create(folder, 1700000000.25);
    EventFiles.append(file, Event.scalars(1700000001.5, 10, Map.of("loss/train", 2.302585)));
    Map<String, Double> two = new LinkedHashMap<>();
    two.put("loss/validation", 0.5);
    two.put("naïve", -1e-30);
    EventFiles.append(file, Event.scalars(1700000002.75, 128, two));
    EventFiles.append(
        file, Event.scalars(1700000003.0, 3_000_000_000L, Map.of("error", Double.NaN)));
    assertThat(Files.readAllBytes(file)).isEqualTo(golden("scalars.tfevents"));
  }

  @Test
  void readBack() throws Exception {
    Path file = small();
    assertThat(file.getFileName().toString()).isEqualTo("events.out.tfevents.1000000000.0.vgg4j");
    assertThat(EventReader.read(file))
        .containsExactly(
            new EventReader.Read(1e9, 0, "brain.Event:2", Map.of()),
            new EventReader.Read(1e9 + 1, 10, "", Map.of("a", 1f)),
            new EventReader.Read(1e9 + 2, 20, "", Map.of("a", 2f)),
            new EventReader.Read(1e9 + 3, 20, "", Map.of("b", 3f)));
  }

  @Test
  void eachProcessHasItsFile() {
    Path first = EventFiles.create(folder, 1e9);
    Path second = EventFiles.create(folder, 1e9);
    assertThat(EventFiles.in(folder)).containsExactly(first, second);
  }

  @Test
  void cutKeepsWhatIsUpToTheStep() throws Exception {
    Path file = small();
    Path later = EventFiles.create(folder, 2e9);
    EventFiles.append(later, Event.scalars(2e9, 30, Map.of("a", 4.0)));
    EventFiles.cut(folder, 19);
    assertThat(EventFiles.in(folder)).containsExactly(file); // of the other nothing would be left
    assertThat(EventReader.read(file)).map(EventReader.Read::step).containsExactly(0L, 10L);
    EventFiles.append(file, Event.scalars(2e9, 20, Map.of("a", 5.0)));
    assertThat(EventReader.values(folder, "a")).isEqualTo(Map.of(10L, 1f, 20L, 5f));
  }

  @Test
  void cutLeavesAFileThatNeedsNoCut() throws Exception {
    Path file = small();
    Object before = Files.readAttributes(file, "unix:ino").get("ino");
    EventFiles.cut(folder, 20);
    assertThat(Files.readAttributes(file, "unix:ino").get("ino")).isEqualTo(before);
    assertThat(EventReader.read(file)).hasSize(4);
  }

  @Test
  void cutBeforeTheFirstStepLeavesNothing() {
    small();
    EventFiles.cut(folder, 0);
    assertThat(EventFiles.in(folder)).isEmpty();
  }

  @Test
  void cutOfAFolderWithoutEvents() throws IOException {
    Files.writeString(folder.resolve("metrics.csv"), "kept");
    EventFiles.cut(folder, 5);
    assertThat(folder.resolve("metrics.csv")).hasContent("kept");
  }

  /** A process that is killed may leave any part of its last event. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8, 13, 30})
  void cutTakesAwayABrokenEnd(int missing) throws Exception {
    Path file = small();
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - missing));
    EventFiles.cut(folder, 20);
    assertThat(EventReader.read(file)).hasSize(3);
  }

  @Test
  void cutTakesAwayWhatIsBehindAFlippedBit() throws Exception {
    Path file = small();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 60] ^= 4; // in the third event
    Files.write(file, bytes);
    EventFiles.cut(folder, 20);
    assertThat(EventReader.read(file)).hasSize(2);
  }

  /** Its events with steps 0, 0, 1, 300 and 2^40 have fields that ours never have. */
  @Test
  void cutOfAForeignFile() throws IOException {
    byte[] whole = golden("foreign.tfevents");
    Path file = folder.resolve("events.out.tfevents.1700000000.host");
    List<Integer> lengths = new ArrayList<>();
    for (long step : new long[] {1L << 40, (1L << 40) - 1, 299}) {
      Files.write(file, whole);
      EventFiles.cut(folder, step);
      byte[] kept = Files.readAllBytes(file);
      assertThat(kept).isEqualTo(Arrays.copyOf(whole, kept.length));
      lengths.add(kept.length);
    }
    assertThat(RecordFraming.read(whole).records()).hasSize(5);
    int last = 12 + RecordFraming.read(whole).records().get(4).length + 4;
    int previous = 12 + RecordFraming.read(whole).records().get(3).length + 4;
    assertThat(lengths)
        .containsExactly(whole.length, whole.length - last, whole.length - last - previous);
  }

  @Test
  void eventThatIsNone() {
    for (byte[] bytes : new byte[][] {{0x08}, {0x0A, 5, 1}, {0x0B}, {0x09, 1, 2}}) {
      assertThatThrownBy(() -> Event.stepOf(bytes)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void folderThatIsNotThere() {
    Path missing = folder.resolve("no");
    assertThatThrownBy(() -> EventFiles.create(missing, 1e9))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot write " + missing)
        .hasMessageEndingWith("there is no such file");
  }
}
