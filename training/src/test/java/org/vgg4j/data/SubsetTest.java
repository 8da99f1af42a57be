package org.vgg4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.vgg4j.image.TestImages;

class SubsetTest {
  private final Dataset whole =
      new TestDataset("a", "b")
          .add(0, TestImages.noise(3, 3, 1))
          .add(1, TestImages.noise(3, 3, 2))
          .add(1, TestImages.noise(3, 3, 3));

  @Test
  void showsTheChosenPictures() {
    int[] indices = {2, 0};
    Subset subset = new Subset(whole, "some", indices);
    indices[0] = 1;
    assertThat(subset.name()).isEqualTo("some");
    assertThat(subset.size()).isEqualTo(2);
    assertThat(subset.classNames()).isEqualTo(whole.classNames());
    assertThat(subset.label(0)).isEqualTo(1);
    assertThat(subset.id(0)).isEqualTo("test/2");
    assertThat(subset.image(1)).isSameAs(whole.image(0));
  }

  @Test
  void fingerprintTellsChoicesApart() {
    assertThat(new Subset(whole, "x", new int[] {0, 1}).fingerprint())
        .isEqualTo(new Subset(whole, "y", new int[] {0, 1}).fingerprint())
        .isNotEqualTo(new Subset(whole, "x", new int[] {1, 0}).fingerprint());
  }

  @Test
  void refusesIndicesOutside() {
    assertThatThrownBy(() -> new Subset(whole, "x", new int[] {3}))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("image 3 of the 3 of test");
  }
}
