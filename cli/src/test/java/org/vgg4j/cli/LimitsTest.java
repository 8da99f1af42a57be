package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

/** What is too much for the machine is refused before anything begins. */
class LimitsTest {
  @TempDir Path root;

  private static void assertRefused(Vgg vgg, String beginning) {
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err().lines()).hasSize(1);
    assertThat(vgg.err()).startsWith("vgg: " + beginning);
  }

  @ParameterizedTest
  @CsvSource({
    "0, must be at least 1",
    "-3, must be at least 1",
    "100000, but this machine has",
    "2147483647, but this machine has"
  })
  void processes(int count, String complaint) {
    for (String command : List.of("train", "evaluate")) {
      List<String> args = new ArrayList<>(List.of(command, "--nproc=" + count));
      if (command.equals("train")) {
        args.add("--out=" + root.resolve("run"));
      }
      Vgg vgg = Vgg.run(args.toArray());
      assertRefused(vgg, "option nproc is " + count);
      assertThat(vgg.err()).contains(complaint);
    }
    assertThat(root).isEmptyDirectory();
  }

  /** One process is tried, which says nothing of several. */
  @ParameterizedTest
  @ValueSource(strings = {"train", "localize train", "sweep sweep.yaml", "train --recipe r.yaml"})
  void severalProcessesAreNotTried(String command) {
    List<String> args = new ArrayList<>(List.of(command.split(" ")));
    args.addAll(List.of("--dry-run", "--nproc=2", "--out=" + root.resolve("run")));
    Vgg vgg = Vgg.run(args.toArray());
    assertThat(vgg.exitCode()).as(vgg.out()).isEqualTo(2);
    assertThat(vgg.out()).isEmpty();
    assertThat(vgg.err())
        .contains("--dry-run tries one process, and says nothing of several: leave out --nproc");
    assertThat(root).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"train --out=run", "summary", "bench", "data inspect fashion-mini"})
  void threads(String command) {
    List<String> args = new ArrayList<>(List.of(command.split(" ")));
    args.add("--threads=100000");
    assertRefused(Vgg.run(args.toArray()), "option threads is 100000, but Java sees ");
    assertThat(Path.of("run")).doesNotExist();
  }

  /** 4 GB have room for four processes of 700 MB each, with 300 MB for Java and libtorch. */
  @Test
  void memoryOfAllProcesses() {
    RankOptions.requireMemory(4, 700_000_000, 4_000_000_000L);
    assertThatThrownBy(() -> RankOptions.requireMemory(5, 700_000_000, 4_000_000_000L))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "5 processes need 5,000 MB of memory, 1,000 MB each, but this machine has 4,000 MB:"
                + " take --nproc 4 or less");
    assertThatThrownBy(() -> RankOptions.requireMemory(2, 3_000_000_000L, 4_000_000_000L))
        .hasMessageEndingWith("but this machine has 4,000 MB: leave --nproc out");
  }
}
