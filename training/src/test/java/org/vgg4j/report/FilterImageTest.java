package org.vgg4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class FilterImageTest {
  /** Two filters of 2 x 2: the first from -1 to 1, the second of equal weights. */
  private static final float[] WEIGHTS = {
    -1, 1, 0, 0, /* red */ 0, 0, 1, -1, /* green */ 0.5f, 0, 0, -0.5f, /* blue */ 3, 3, 3, 3, 3, 3,
    3, 3, 3, 3, 3, 3
  };

  private static BufferedImage image(FilterImage filter) throws IOException {
    String data = filter.image().substring("data:image/png;base64,".length());
    return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(data)));
  }

  @Test
  void weightsAreColours() throws IOException {
    FilterImage filter = FilterImage.of(WEIGHTS, 0, 2, true);
    BufferedImage image = image(filter);
    int n = FilterImage.ENLARGED;
    assertThat(image.getWidth()).isEqualTo(2 * n).isEqualTo(filter.side());
    int[][] expected = {{0x0080BF, 0xFF8080}, {0x80FF80, 0x800040}};
    for (int y = 0; y < 2 * n; y++) {
      for (int x = 0; x < 2 * n; x++) {
        assertThat(image.getRGB(x, y) & 0xFFFFFF).isEqualTo(expected[y / n][x / n]);
      }
    }
    assertThat(filter.description()).isEqualTo("filter 1: weights from -1.000 to 1.000");
  }

  @Test
  void blueFirst() throws IOException {
    BufferedImage image = image(FilterImage.of(WEIGHTS, 0, 2, false));
    assertThat(image.getRGB(0, 0) & 0xFFFFFF).isEqualTo(0xBF8000);
  }

  @Test
  void equalWeights() throws IOException {
    BufferedImage image = image(FilterImage.of(WEIGHTS, 1, 2, true));
    assertThat(image.getRGB(0, 0) & 0xFFFFFF).isZero();
  }
}
