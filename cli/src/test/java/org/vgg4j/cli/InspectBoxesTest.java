package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.image.RgbImage;

class InspectBoxesTest {
  private static final int OWN = 0xFFFFE000; // with alpha, as AWT has it
  private static final int OTHER = 0xFF40B0FF;

  @TempDir Path root;
  private Path boxes;

  @BeforeEach
  void makeData() throws IOException {
    for (String file : new String[] {"cat/a.png", "cat/b.png", "dog/c.png"}) {
      new RgbImage(96, 96, new byte[3 * 96 * 96]).writePng(root.resolve("pets").resolve(file));
    }
    boxes = root.resolve("pets/boxes.csv");
    Files.writeString(
        boxes,
        """
        file,label,xmin,ymin,xmax,ymax
        cat/a.png,cat,12,24,36,72
        cat/a.png,cat,36,72,12,24
        cat/a.png,dog,48,48,200,96
        cat/b.png,cat,100,100,200,200
        """);
  }

  private JsonNode json(Object... args) throws IOException {
    Vgg vgg = Vgg.run(args);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return new ObjectMapper().readTree(vgg.out());
  }

  @Test
  void countsSizesAndWhatIsOdd() throws IOException {
    Path data = root.resolve("pets");
    String text = Vgg.run("data", "inspect", data, "--quiet").out();
    assertThat(text.lines())
        .contains(
            "boxes: " + boxes,
            "part   boxes  per image  % of the image  images without own class",
            "train      3      0 0 3  12.5 12.5 25.0                         2",
            "train, boxes with edges in the wrong order (min > max), which are exchanged: 1, such"
                + " as in "
                + data.resolve("cat/a.png"),
            "train, boxes that reach beyond the image, and are cut at its edge: 1, such as in "
                + data.resolve("cat/a.png"),
            "train, boxes outside the image, which are left out: 1, such as in "
                + data.resolve("cat/b.png"));
    JsonNode part = json("data", "inspect", data, "--json", "--quiet").at("/parts/train/boxes");
    assertThat(part.at("/objects").asInt()).isEqualTo(3);
    assertThat(part.at("/perImage/largest").asInt()).isEqualTo(3);
    assertThat(part.at("/shares/largest").asDouble()).isEqualTo(0.25);
    assertThat(part.at("/withoutOwn").asInt()).isEqualTo(2);
    assertThat(part.at("/odd")).hasSize(3);
    assertThat(part.at("/odd/0/oddity").asText()).isEqualTo("SWAPPED");
    Files.delete(boxes);
    assertThat(json("data", "inspect", data, "--json", "--quiet").at("/parts/train").has("boxes"))
        .isFalse();
  }

  @Test
  void boxesElsewhereAreNamed() throws IOException {
    Path elsewhere = Files.move(boxes, root.resolve("elsewhere.csv"));
    JsonNode part =
        json("data", "inspect", root.resolve("pets"), "--boxes", elsewhere, "--json", "--quiet");
    assertThat(part.at("/parts/train/boxes/objects").asInt()).isEqualTo(3);
    assertThat(Vgg.run("data", "inspect", root.resolve("pets"), "--boxes", boxes).err().strip())
        .isEqualTo("vgg: there are no boxes at " + boxes + ": check the path");
  }

  /** Each image is drawn at its own size, the first at (2, 22). */
  @Test
  void sheetShowsThem() throws IOException {
    Path file = root.resolve("sheet.png");
    assertThat(Vgg.run("data", "inspect", root.resolve("pets"), "--sheet", file).exitCode())
        .isZero();
    BufferedImage sheet = ImageIO.read(file.toFile());
    int left = 2;
    int top = 0;
    while ((sheet.getRGB(left + 90, top) & 0xFFFFFF) != 0) {
      top++;
    }
    assertThat(sheet.getRGB(left + 12, top + 24)).isEqualTo(OWN);
    assertThat(sheet.getRGB(left + 35, top + 71)).isEqualTo(OWN);
    assertThat(sheet.getRGB(left + 36, top + 40)).isEqualTo(0xFF000000);
    assertThat(sheet.getRGB(left + 48, top + 48)).isEqualTo(OTHER);
    assertThat(sheet.getRGB(left + 95, top + 95)).isEqualTo(OTHER);
  }
}
