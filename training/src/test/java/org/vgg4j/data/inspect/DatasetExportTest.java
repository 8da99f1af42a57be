package org.vgg4j.data.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.folder.ImageFolderDataset;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.TestImages;

class DatasetExportTest {
  @TempDir Path folder;

  private static Dataset clothes() {
    TestDataset dataset = new TestDataset("T-shirt/top", "Bag");
    for (int i = 0; i < 6; i++) {
      dataset.add(i < 4 ? 0 : 1, TestImages.noise(5, 4, i));
    }
    return dataset;
  }

  @Test
  void writesTheFirstOfEachClass() {
    Path out = folder.resolve("new/export");
    List<Path> files = DatasetExport.write(clothes(), out, 2);
    assertThat(files)
        .containsExactly(
            out.resolve("T-shirt_top/00000.png"),
            out.resolve("T-shirt_top/00001.png"),
            out.resolve("Bag/00004.png"),
            out.resolve("Bag/00005.png"));
    assertThat(ImageDecoder.decode(files.get(3)).pixels())
        .isEqualTo(TestImages.noise(5, 4, 5).pixels());
  }

  @Test
  void anExportOpensAsImageFolder() {
    DatasetExport.write(clothes(), folder, Integer.MAX_VALUE);
    Dataset dataset = new ImageFolderDataset(folder, "export");
    assertThat(dataset.classNames()).containsExactly("Bag", "T-shirt_top");
    assertThat(dataset.size()).isEqualTo(6);
  }

  @Test
  void saysWhereAFolderCannotBeMade() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> DatasetExport.write(clothes(), file, 1))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot make the folder " + file.resolve("T-shirt_top") + " (")
        .hasMessageEndingWith("): choose another place");
  }

  @Test
  void folderNamesAreSafeAndDifferent() {
    assertThat(
            DatasetExport.folderNames(
                List.of("Ankle boot", "a/b", "a\\b", "A_B", "..", ".git", "Käse", " ", "what?")))
        .containsExactly(
            "Ankle boot", "a_b", "a_b_2", "A_B_3", "__", "_git", "Käse", "_7", "what_");
  }
}
