package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code -Dvgg.kernels} does; KernelProviderTest covers which kernels are found. */
class KernelLookupTest {
  @ParameterizedTest
  @ValueSource(strings = {"scalar", "SCALAR"})
  void scalarCanBeForced(String forced) {
    KernelLookup.Choice choice = KernelLookup.choose(forced);
    assertThat(choice.kernels().name()).isEqualTo("scalar");
    assertThat(choice.reason()).isEqualTo("forced by -Dvgg.kernels");
    assertThat(choice.fallback()).isFalse();
  }

  @Test
  void anUnknownValueIsAnErrorThatNamesTheKnownOnes() {
    assertThatThrownBy(() -> KernelLookup.choose("native"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("-Dvgg.kernels=native is unknown: use scalar or vector");
  }

  @Test
  void theChoiceIsMadeOnce() {
    assertThat(KernelLookup.get()).isSameAs(KernelLookup.get());
  }
}
