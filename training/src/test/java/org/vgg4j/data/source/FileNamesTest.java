package org.vgg4j.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;

/** Names in Latin-1, which Linux allows and Java, in a locale of UTF-8, cannot say. */
@EnabledOnOs(OS.LINUX)
class FileNamesTest {
  @TempDir Path root;

  @BeforeEach
  void twoClasses() throws IOException {
    assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "a locale of UTF-8");
    for (String file : new String[] {"a/1.png", "a/2.png", "b/1.png", "b/2.png"}) {
      Files.createDirectories(root.resolve(file).getParent());
      BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
      assertThat(ImageIO.write(image, "png", root.resolve(file).toFile())).isTrue();
    }
  }

  private void shell(String command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("sh", "-c", command).directory(root.toFile()).inheritIO().start();
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void nameOfAPicture() throws Exception {
    shell("mv a/2.png a/$(printf 'caf\\351').png");
    assertThatThrownBy(() -> DataSources.open(root.toString(), 0.5, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("the name of " + root.resolve("a"))
        .hasMessageContaining("characters that are not UTF-8: rename it");
  }

  @Test
  void nameOfAClass() throws Exception {
    shell("mv b $(printf 'caf\\351')");
    assertThatThrownBy(() -> DataSources.open(root.toString(), 0.5, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("characters that are not UTF-8: rename it");
  }

  @Test
  void othersAreNobodysBusiness() throws Exception {
    shell("echo x >$(printf '\\334bersicht').txt; echo x >a/$(printf '\\334bersicht').txt");
    Files.move(root.resolve("a/2.png"), root.resolve("a/\u6771\uFFFD\u4eac.png"));
    assertThat(DataSources.open(root.toString(), 0.5, 1).train().size()).isEqualTo(2);
  }
}
