package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
  @TempDir static Path root;
  private static Trained trained;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(root);
    run = trained.model().getParent().getParent();
  }

  /** What training wrote at its end is what the command makes of the folder. */
  @Test
  void writesTheSamePageAgain() throws IOException {
    Path report = run.resolve("report.html");
    byte[] before = Files.readAllBytes(report);
    Files.delete(report);
    Vgg vgg = Vgg.run("report", run);
    assertThat(vgg.err()).isEmpty();
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out()).isEqualToIgnoringNewLines(report.toString());
    assertThat(Files.readAllBytes(report)).isEqualTo(before);
  }

  @Test
  void dataThatMoved() throws IOException {
    Path moved = root.resolve("moved");
    Files.move(trained.data(), moved);
    try {
      Vgg lost = Vgg.run("report", run);
      assertThat(lost.exitCode()).isEqualTo(1);
      assertThat(lost.err()).startsWith("vgg: there is no data set " + trained.data());
      Vgg found = Vgg.run("report", run, "--data", moved);
      assertThat(found.err()).isEmpty();
      assertThat(found.exitCode()).isZero();
    } finally {
      Files.move(moved, trained.data());
    }
  }

  @Test
  void noRun() {
    Vgg vgg = Vgg.run("report", root);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err())
        .isEqualToIgnoringNewLines(
            "vgg: there is no run in "
                + root
                + " (no config.yaml): give a folder that vgg train made");
    assertThat(Vgg.run("report").exitCode()).isEqualTo(2);
  }
}
