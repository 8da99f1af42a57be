package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.System.Logger.Level;
import org.junit.jupiter.api.Test;

/**
 * Checks that this JVM gets the kernels that the build expects. Runs twice, with the Vector API's
 * module and without, since a lookup that falls back when it should not is only slow, never wrong.
 */
class KernelProviderTest {
  private static final String EXPECTED = System.getProperty("vgg.test.expectedKernels", "");

  @Test
  void theBuildSaysWhatItExpects() {
    assertThat(EXPECTED).as("-Dvgg.test.expectedKernels, which the pom sets").isNotEmpty();
  }

  @Test
  void theExpectedKernelsWereChosen() {
    KernelLookup.Choice choice = KernelLookup.get();
    assertThat(choice.kernels().name()).as(choice.reason()).isEqualTo(EXPECTED);
    assertThat(choice.reason()).isNotBlank();
    assertThat(choice.fallback()).isEqualTo(EXPECTED.equals("scalar"));
  }

  @Test
  void fallbackIsAWarningWithItsRemedy() {
    KernelLookup.Choice choice = KernelLookup.get();
    if (EXPECTED.equals("vector")) {
      assertThat(choice.logLevel()).isEqualTo(Level.INFO);
    } else {
      assertThat(choice.logLevel()).isEqualTo(Level.WARNING);
      assertThat(choice.logLine())
          .startsWith(
              "kernels: scalar (plain Java loops), many times slower than the vector kernels")
          .endsWith("need --add-modules jdk.incubator.vector on the java command line");
    }
  }

  @Test
  void forcedVectorKernelsWorkOrAnErrorSaysWhatToDo() {
    if (EXPECTED.equals("vector")) {
      assertThat(KernelLookup.choose("vector").kernels().name()).isEqualTo("vector");
    } else {
      assertThatThrownBy(() -> KernelLookup.choose("vector"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("-Dvgg.kernels=vector is not possible: ")
          .hasMessageContaining("-Dvgg.kernels=scalar");
    }
  }
}
