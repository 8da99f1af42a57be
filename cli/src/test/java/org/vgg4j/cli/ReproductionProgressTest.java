package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReproductionProgressTest {
  private final StringWriter out = new StringWriter();

  private ReproductionProgress progress(boolean quiet) {
    PrintWriter writer = new PrintWriter(out, true);
    return new ReproductionProgress(writer, new ProgressLine(writer, quiet), quiet);
  }

  /** What a run notes, such as that it will not come to its last epoch. */
  @Test
  void notesOfRunsArePrinted() {
    progress(false).noted("training ends in epoch 3");
    assertThat(out.toString()).isEqualToIgnoringNewLines("  training ends in epoch 3\n");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void quietLeavesOutNotesButNotWarnings(boolean quiet) {
    ReproductionProgress progress = progress(quiet);
    progress.explained("weights of conv1_1 from elsewhere");
    if (quiet) {
      progress.noted("a note");
    }
    progress.warned("a warning");
    assertThat(out.toString()).isEqualToIgnoringNewLines("  a warning\n");
  }
}
