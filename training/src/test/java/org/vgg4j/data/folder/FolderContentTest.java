package org.vgg4j.data.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.image.TestImages;

/** Which files of a class folder are its images, whatever they are called. */
class FolderContentTest {
  @TempDir Path root;

  @BeforeEach
  void classes() throws IOException {
    TestImages.write(root, "cat/1.png", 3);
    TestImages.write(root, "dog/1.png", 4);
  }

  private ImageFolderDataset open() {
    return new ImageFolderDataset(root, "pets");
  }

  private void head(String file, String latin1) throws IOException {
    Files.write(
        root.resolve(file), (latin1 + "\0".repeat(40)).getBytes(StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2.jfif",
        "2.jpe",
        "2",
        "2.photo",
        "2.txt",
        "2.heic",
        "2.PNG",
        "2.jpg_large",
        "2."
      })
  void aPictureIsOneByItsContent(String name) throws IOException {
    Files.copy(root.resolve("cat/1.png"), root.resolve("cat").resolve(name));
    ImageFolderDataset dataset = open();
    assertThat(IntStream.range(0, 3).mapToObj(dataset::id))
        .contains(root.resolve("cat").resolve(name).toString());
    assertThat(dataset.image(1).width()).isEqualTo(3);
    assertThat(dataset.notes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "x.heic, '\0\0\0\u0018ftypheic', HEIC",
    "x, '\0\0\0\u0018ftypmif1', HEIC",
    "x.avif, '\0\0\0\u001cftypavif', AVIF",
    "x.bin, '8BPS\0\u0001', Photoshop",
    "x.jxl, '\u00ff\n', JPEG XL",
    "x, '\0\0\0\fjP  ', JPEG 2000",
    "x.NEF, 'II*\0', camera raw",
    "x.dng, 'MM\0*', camera raw",
    "x.cr3, '\0\0\0\u0018ftypcrx ', camera raw",
    "x.svg, '<svg>', SVG",
    "x.tga, '\0\0\u0002', TGA"
  })
  void aPictureThatCannotBeReadIsNamed(String name, String begin, String format)
      throws IOException {
    head("dog/" + name, begin);
    assertThat(open().size()).isEqualTo(2);
    assertThat(open().notes())
        .containsExactly(
            "1 %s file of %s is passed over, since that format is not read (convert to JPEG or PNG): dog/%s"
                .formatted(format, root, name));
  }

  @Test
  void manyAreCountedAndTheFirstNamed() throws IOException {
    for (int i = 9; i >= 1; i--) {
      head("cat/" + i + ".heic", "\0\0\0\u0018ftypheic");
    }
    assertThat(open().notes())
        .containsExactly(
            "9 HEIC files of %s are passed over, since that format is not read (convert to JPEG or PNG): cat/1.heic, cat/2.heic, cat/3.heic, ..."
                .formatted(root));
  }

  @Test
  void aClassOfNothingElse() throws IOException {
    Files.delete(root.resolve("dog/1.png"));
    head("dog/1.heic", "\0\0\0\u0018ftypheic");
    assertThatThrownBy(this::open)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("class folder %s holds no image".formatted(root.resolve("dog")))
        .hasMessageContaining("1 HEIC file");
  }

  /** Texts may begin like images of formats with a short mark. */
  @ParameterizedTest
  @ValueSource(strings = {"notes.txt", "BMW", "1.xml", "labels.csv", "video.mp4"})
  void whatIsNoPictureIsCounted(String name) throws IOException {
    Files.writeString(root.resolve("cat").resolve(name), "BMW and P6 and other cars, as text");
    assertThat(open().size()).isEqualTo(2);
    assertThat(open().notes())
        .containsExactly(
            "1 file of %s is passed over (not an image): cat/%s".formatted(root, name));
  }

  @Test
  void whatSystemsLeaveIsNothing() throws IOException {
    for (String name :
        List.of("Thumbs.db", "desktop.ini", ".DS_Store", "._1.png", "@eaDir/1.png/SYNO.png")) {
      Path file = root.resolve("cat").resolve(name);
      Files.createDirectories(file.getParent());
      Files.copy(root.resolve("cat/1.png"), file);
    }
    assertThat(open().size()).isEqualTo(2);
    assertThat(open().notes()).isEmpty();
  }

  @Test
  void straysAndBrokenLinksAreNamed() throws IOException {
    Files.copy(root.resolve("cat/1.png"), root.resolve("loose.jpg"));
    Files.copy(root.resolve("cat/1.png"), root.resolve("stray"));
    Files.writeString(root.resolve("README"), "text");
    Files.createSymbolicLink(root.resolve("cat/7.jpg"), root.resolve("gone.jpg"));
    assertThat(open().notes())
        .containsExactly(
            "2 images beside the class folders of %s are passed over (not in a class folder): loose.jpg, stray"
                .formatted(root),
            "1 link in %s is passed over (target missing): cat/7.jpg".formatted(root));
  }
}
