package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The layout of maps and the shapes of convolutions. */
class MapLayoutTest {
  @ParameterizedTest
  @CsvSource({
    "1,6", "2,6", "4,6", "5,10", "8,10", "14,18", "28,30", "95,98", "96,98", "112,116", "224,230"
  })
  void paddedSideIsWholeTilesAndTheirBorder(int side, int padded) {
    assertThat(new MapLayout(16, side, 1).paddedHeight()).isEqualTo(padded);
    assertThat(new MapLayout(16, 1, side).paddedWidth()).isEqualTo(padded);
  }

  @Test
  void indexWalksLanesColumnsRowsBlocksImages() {
    MapLayout map = new MapLayout(32, 5, 3);
    assertThat(map.blocks()).isEqualTo(2);
    assertThat(map.blockLength()).isEqualTo(10 * 6 * 16);
    assertThat(map.imageLength()).isEqualTo(2 * 10 * 6 * 16);
    assertThat(map.index(0, 0, -1, -1)).isZero();
    assertThat(map.index(0, 0, -1, 0)).isEqualTo(16);
    assertThat(map.index(0, 0, 0, -1)).isEqualTo(6 * 16);
    assertThat(map.index(0, 1, -1, -1)).isEqualTo(10 * 6 * 16);
    assertThat(map.index(3, 1, 4, 2)).isEqualTo(((3 * 2 + 1) * 10 + 5) * 6 * 16 + 3 * 16);
  }

  @ParameterizedTest
  @CsvSource({"1,1", "3,5", "4,4", "5,4", "7,2", "8,8"})
  void clearHaloLeavesTheMapAndTheOtherBlocks(int height, int width) {
    MapLayout map = new MapLayout(32, height, width);
    float[] maps = new float[2 * map.imageLength()];
    Arrays.fill(maps, 1f);

    map.clearHalo(maps, 1, 0);

    int ones = 0;
    int first = map.index(1, 0, -1, -1);
    for (int i = 0; i < maps.length; i++) {
      boolean inBlock = i >= first && i < first + map.blockLength();
      int pixel = (i - first) / MapLayout.LANES;
      int row = pixel / map.paddedWidth() - 1;
      int column = pixel % map.paddedWidth() - 1;
      boolean inMap = row >= 0 && row < height && column >= 0 && column < width;
      assertThat(maps[i]).as("index %d", i).isEqualTo(inBlock && !inMap ? 0f : 1f);
      ones += inBlock && inMap ? 1 : 0;
    }
    assertThat(ones).isEqualTo(height * width * MapLayout.LANES);
  }

  @Test
  void impossibleLayoutsAreRefused() {
    assertThatThrownBy(() -> new MapLayout(24, 1, 1)).hasMessageContaining("multiple of 16");
    assertThatThrownBy(() -> new MapLayout(0, 1, 1)).hasMessageContaining("multiple of 16");
    assertThatThrownBy(() -> new MapLayout(16, 0, 3)).hasMessageContaining("0x3");
    assertThatThrownBy(() -> new MapLayout(16, 3, 0)).hasMessageContaining("3x0");
  }

  @Test
  void impossibleConvolutionsAreRefused() {
    assertThatThrownBy(() -> new ConvolutionShape(16, 16, 2, 4, 4))
        .hasMessageContaining("kernel must be odd");
    assertThatThrownBy(() -> new ConvolutionShape(4, 16, 3, 4, 4))
        .hasMessageContaining("multiple of 16");
    assertThatThrownBy(() -> new ConvolutionShape(3, 10, 3, 4, 4))
        .hasMessageContaining("multiple of 16");
    assertThatThrownBy(() -> new ConvolutionShape(3, 16, 3, 0, 4))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void convolutionKnowsItsLengths() {
    ConvolutionShape image = new ConvolutionShape(3, 64, 3, 10, 7);
    assertThat(image.readsImage()).isTrue();
    assertThat(image.inputLength()).isEqualTo(3 * 10 * 7);
    assertThat(image.weightLength()).isEqualTo(64 * 27);
    assertThat(image.multiplyAdds()).isEqualTo(64L * 27 * 70);
    assertThat(image.pooled()).isEqualTo(new MapLayout(64, 5, 3));
    ConvolutionShape map = new ConvolutionShape(32, 64, 5, 10, 7);
    assertThat(map.readsImage()).isFalse();
    assertThat(map.inputLength()).isEqualTo(new MapLayout(32, 10, 7).imageLength());
    assertThat(map.output()).isEqualTo(new MapLayout(64, 10, 7));
  }
}
