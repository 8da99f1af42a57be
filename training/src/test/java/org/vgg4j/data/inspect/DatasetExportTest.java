package org.vgg4j.data.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.folder.ImageFolderDataset;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.UnreadableImageException;

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
    List<Path> files = DatasetExport.write(clothes(), out, 2).files();
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
    assertThat(dataset.classNames()).containsExactly("Bag", "T-shirt/top");
    assertThat(dataset.size()).isEqualTo(6);
    assertThat(folder.resolve("classes.csv")).hasContent("folder,class\nT-shirt_top,T-shirt/top");
  }

  /** Names with commas and quotes, and those of two exports into one folder. */
  @Test
  void namesSurvive() {
    TestDataset dataset = new TestDataset("a,b", "say \"x\"", "plain");
    for (int i = 0; i < 3; i++) {
      dataset.add(i, TestImages.noise(5, 4, i));
    }
    DatasetExport.write(clothes(), folder, 1);
    DatasetExport.write(dataset, folder, 1);
    assertThat(new ImageFolderDataset(folder, "both").classNames())
        .containsExactlyInAnyOrder("Bag", "T-shirt/top", "a,b", "say \"x\"", "plain");
  }

  @Test
  void noFileWhereFoldersAreCalledLikeClasses() {
    TestDataset dataset = new TestDataset("cat", "dog");
    dataset.add(0, TestImages.noise(5, 4, 0));
    dataset.add(1, TestImages.noise(5, 4, 1));
    DatasetExport.write(dataset, folder, 1);
    assertThat(folder.resolve("classes.csv")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "T-shirt_top | line 2: must be a folder and the name of its class",
        "T-shirt_top, | line 2: must be a folder and the name of its class",
        "T-shirt_top,Bag | the folders Bag and T-shirt_top would both be of class Bag",
        "T-shirt_top,\"a | line 2: a quote is not closed",
      })
  void wrongLists(String line, String message) throws IOException {
    DatasetExport.write(clothes(), folder, 1);
    Files.writeString(folder.resolve("classes.csv"), "folder,class\n" + line + "\n");
    assertThatThrownBy(() -> new ImageFolderDataset(folder, "export"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(folder.resolve("classes.csv").toString())
        .hasMessageContaining(message);
  }

  /** macOS takes the names of folders apart, and people type them whole. */
  @Test
  void foldersInEitherFormOfUnicode() throws IOException {
    String apart = Normalizer.normalize("thé", Normalizer.Form.NFD);
    for (String name : List.of(apart, "vélo")) {
      Files.createDirectories(folder.resolve(name));
      TestImages.noise(5, 4, 0).writePng(folder.resolve(name).resolve("0.png"));
    }
    Files.writeString(
        folder.resolve("classes.csv"),
        "folder,class\nthé,tea/coffee\n%s,bicycle\n"
            .formatted(Normalizer.normalize("vélo", Normalizer.Form.NFD)));
    assertThat(new ImageFolderDataset(folder, "x").classNames())
        .containsExactlyInAnyOrder("tea/coffee", "bicycle");
  }

  /** Another tool's file of that name says nothing, and is not replaced. */
  @Test
  void filesOfOthers() throws IOException {
    Files.writeString(folder.resolve("classes.csv"), "id,name\n0,cat\n");
    assertThatThrownBy(() -> DatasetExport.write(clothes(), folder, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is another kind of file");
    Files.createDirectories(folder.resolve("Bag"));
    Files.createDirectories(folder.resolve("Tie"));
    TestImages.noise(5, 4, 0).writePng(folder.resolve("Bag/0.png"));
    TestImages.noise(5, 4, 1).writePng(folder.resolve("Tie/0.png"));
    assertThat(new ImageFolderDataset(folder, "x").classNames()).containsExactly("Bag", "Tie");
  }

  /** As spreadsheets save it. */
  @Test
  void listsThatWereSavedAnew() throws IOException {
    DatasetExport.write(clothes(), folder, 1);
    Path list = folder.resolve("classes.csv");
    Files.writeString(list, "\"folder\",\"class\"\n\"T-shirt_top\",\"T-shirt/top\"\n");
    assertThat(new ImageFolderDataset(folder, "x").classNames())
        .containsExactly("Bag", "T-shirt/top");
    for (String separator : List.of(";", "\t", " , ")) {
      Files.writeString(list, "\uFEFFfolder" + separator + "class\nT-shirt_top;T-shirt/top\n");
      assertThatThrownBy(() -> new ImageFolderDataset(folder, "x"))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "%s begins with the line 'folder%sclass' instead of folder,class: save it with commas"
                  + " between the columns, or rename it if it does not name the classes of folders",
              list, separator);
    }
    for (Charset letters : List.of(StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16)) {
      Files.write(list, "folder;class\nT-shirt_top;Käse\n".getBytes(letters));
      assertThatThrownBy(() -> new ImageFolderDataset(folder, "x"))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "%s is not UTF-8 text: save it as CSV in UTF-8, with commas between the columns",
              list);
    }
  }

  @Test
  void unreadableImagesArePassedOver() throws IOException {
    TestDataset dataset = new TestDataset("cat", "dog");
    for (int i = 0; i < 4; i++) {
      dataset.add(i % 2, TestImages.noise(5, 4, i));
    }
    dataset.beforeImage(
        index -> {
          if (index == 0) {
            throw new UnreadableImageException("it is no image");
          }
        });
    DatasetExport.Result result = DatasetExport.write(dataset, folder, 1);
    assertThat(result.files())
        .containsExactly(folder.resolve("dog/00001.png"), folder.resolve("cat/00002.png"));
    assertThat(result.unreadable()).containsExactly("test/0");
    dataset.beforeImage(
        index -> {
          throw new UnreadableImageException("it is no image");
        });
    assertThatThrownBy(() -> DatasetExport.write(dataset, folder.resolve("new"), 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "none of the 4 images of test can be read: vgg data inspect says what is wrong with"
                + " them");
  }

  /** The indices of each part begin at 0. */
  @Test
  void imagesThatAreThereAreNeitherReplacedNorMixed() throws IOException {
    DatasetExport.write(clothes(), folder, 1);
    Files.delete(folder.resolve("T-shirt_top/00000.png"));
    assertThatThrownBy(() -> DatasetExport.write(clothes(), folder, 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s already holds images, which would be replaced by these or mixed with them: choose"
                + " another place, or remove the folder",
            folder.resolve("Bag"));
    assertThat(folder.resolve("T-shirt_top")).isEmptyDirectory();
  }

  /** What editors and other tools leave: a byte order mark in ours, other letters in theirs. */
  @Test
  void filesAsPeopleHaveThem() throws IOException {
    DatasetExport.write(clothes(), folder, 1);
    Path list = folder.resolve("classes.csv");
    Files.writeString(list, "\uFEFFfolder,class\r\nT-shirt_top,T-shirt/top\r\n");
    assertThat(new ImageFolderDataset(folder, "x").classNames())
        .containsExactly("Bag", "T-shirt/top");
    Files.write(list, new byte[] {'i', 'd', ',', (byte) 0xE9, '\n'}); // Latin-1
    assertThat(new ImageFolderDataset(folder, "x").classNames())
        .containsExactly("Bag", "T-shirt_top");
  }

  /** A list that has become empty is still ours. */
  @Test
  void namesComeAndGo() throws IOException {
    DatasetExport.write(clothes(), folder, 1);
    TestDataset called = new TestDataset("T-shirt_top", "Tie");
    called.add(0, TestImages.noise(5, 4, 0));
    called.add(1, TestImages.noise(5, 4, 1));
    Files.delete(folder.resolve("T-shirt_top/00000.png"));
    DatasetExport.write(called, folder, 1);
    assertThat(folder.resolve("classes.csv")).hasContent("folder,class");
    Files.delete(folder.resolve("T-shirt_top/00000.png"));
    Files.delete(folder.resolve("Bag/00004.png"));
    DatasetExport.write(clothes(), folder, 1);
    assertThat(new ImageFolderDataset(folder, "x").classNames())
        .containsExactly("Bag", "T-shirt/top", "Tie");
  }

  @Test
  void saysWhereAFolderCannotBeMade() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> DatasetExport.write(clothes(), file, 1))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot make the folder " + file + " (")
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
