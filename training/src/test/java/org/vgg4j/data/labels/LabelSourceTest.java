package org.vgg4j.data.labels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.Source;
import org.vgg4j.data.Split;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.data.voc.VocTree;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.model.LabelSet;

/** Tables of labels, and the images that they name. */
class LabelSourceTest {
  private static final Geometry ANY = Geometry.centered(TestImages.plain(32, 32, 1, 2, 3), 32, 32);

  @TempDir Path root;
  private Path folder;

  @BeforeEach
  void pictures() throws IOException {
    folder = root.resolve("pictures");
    for (String name : List.of("a.png", "b.png", "deep/c.png", "deep/er/d.png")) {
      picture(name);
    }
  }

  private void picture(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    TestImages.plain(32, 32, 9, 9, 9).writePng(file);
  }

  private Path table(String text) throws IOException {
    return Files.writeString(root.resolve("labels.csv"), text);
  }

  private Source open(String text) throws IOException {
    return LabelSource.open(folder, "pictures", table(text), 2);
  }

  private static List<String> states(Dataset part) {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < part.size(); i++) {
      StringBuilder row = new StringBuilder(part.id(i).replaceFirst(".*pictures.", "") + ":");
      for (int k = 0; k < part.classNames().size(); k++) {
        row.append(' ').append(part.state(i, k));
      }
      rows.add(row.toString().replace('\\', '/'));
    }
    return rows;
  }

  /** A table that was typed, and names as macOS gives them to files. */
  @Test
  void eitherFormOfUnicode() throws IOException {
    String apart = Normalizer.normalize("über/café.png", Normalizer.Form.NFD);
    picture(apart);
    picture("naïve.png");
    String naive = Normalizer.normalize("naïve", Normalizer.Form.NFD);
    Source source = open("image,labels\nüber/café.png,dog\n" + naive + ",cat\nb,dog\n");
    assertThat(states(source.train()))
        .containsExactly("b.png: -1 1", "naïve.png: 1 -1", apart + ": -1 1");
    assertThat(states(open("image,labels\ncafé,dog\nb.png,cat\n").train()))
        .containsExactly("b.png: 1 -1", apart + ": -1 1");
  }

  /** Copies between systems can leave both; then each is called as it is written. */
  @Test
  void bothFormsOfUnicode() throws IOException {
    String apart = Normalizer.normalize("café.png", Normalizer.Form.NFD);
    picture(apart);
    picture("café.png");
    Source source = open("image,labels\ncafé.png,dog\n" + apart + ",cat\n");
    assertThat(states(source.train())).containsExactly(apart + ": 1 -1", "café.png: -1 1");
  }

  /** Names of classes come from several hands, and one of them may type as macOS does. */
  @Test
  void eitherFormOfUnicodeIsTheSameClass() throws IOException {
    String apart = Normalizer.normalize("café", Normalizer.Form.NFD);
    Source lists = open("image,labels\na.png,café;dog\nb.png," + apart + "\n");
    assertThat(lists.train().classNames()).containsExactly("café", "dog");
    assertThat(states(lists.train())).containsExactly("a.png: 1 1", "b.png: 1 -1");
    assertThat(open("image," + apart + ",dog\na.png,1,0\n").train().classNames())
        .containsExactly("café", "dog");
    assertThatThrownBy(() -> open("image,café," + apart + "\na.png,1,0\n"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has the column " + apart + " twice: rename or remove one");
  }

  /** They may be meant, so they are no mistake. */
  @Test
  void classesThatDifferInCapitalsAreNoted() throws IOException {
    String note =
        root.resolve("labels.csv")
            + ": Dog and dog count as two classes: write them alike if they are one";
    Source lists = open("image,labels\na.png,Dog;cat\nb.png,dog\n");
    assertThat(lists.train().classNames()).containsExactly("Dog", "cat", "dog");
    assertThat(lists.notes()).contains(note);
    assertThat(open("image,Dog,dog\na.png,1,0\n").notes()).contains(note);
    assertThat(open("image,labels\na.png,dog;cat\nb.png,dog\n").notes()).doesNotContain(note);
  }

  @Test
  void listsOfLabels() throws IOException {
    Source source =
        open(
            "\uFEFFimage,labels\r\n"
                + "a.png,dog;cat\r\n"
                + "\"deep/c.png\",\" cat ; big, red dog;\"\r\n"
                + "b,\r\n");
    Dataset train = source.train();
    assertThat(train.classNames()).containsExactly("big, red dog", "cat", "dog");
    assertThat(states(train))
        .containsExactly("a.png: -1 1 1", "b.png: -1 -1 -1", "deep/c.png: 1 1 -1");
    assertThat(train.hasLabelSets()).isTrue();
    assertThat(train.isLabelled()).isFalse();
    assertThat(train.label(0)).isEqualTo(Dataset.UNKNOWN);
    assertThat(train.target(0, ANY)).isEqualTo(new LabelSet(0, 1, 1));
    assertThat(source.validation()).isNull();
    assertThat(source.notes())
        .anyMatch(note -> note.endsWith("left out: 1 of 4, such as deep/er/d.png"));
  }

  @Test
  void barsAndColumnsThatArePassedOver() throws IOException {
    Source source = open("Image,Labels,age\na.png,x|y,7\nb.png,y,8\n");
    assertThat(source.train().classNames()).containsExactly("x", "y");
    assertThat(source.notes())
        .anyMatch(note -> note.endsWith("image, labels and part are passed over: age"));
  }

  @Test
  void aColumnForEachClass() throws IOException {
    Source source =
        open(
            "cat,image,dog,part\n"
                + "1,a.png,0,train\n"
                + "0.0,b.png,1.0,TRAIN\n"
                + "-1,c.png,,val\n"
                + "1,d.png,-1.0,test\n");
    assertThat(source.train().classNames()).containsExactly("cat", "dog");
    assertThat(states(source.train())).containsExactly("a.png: 1 -1", "b.png: -1 1");
    assertThat(states(source.validation())).containsExactly("deep/c.png: 0 0");
    assertThat(states(source.test())).containsExactly("deep/er/d.png: 1 0");
    assertThat(source.validation().target(0, ANY))
        .isEqualTo(new LabelSet(LabelSet.UNKNOWN, LabelSet.UNKNOWN));
  }

  @Test
  void partsByFolders() throws IOException {
    folder = root.resolve("parted");
    picture("train/a.png");
    picture("valid/b.png");
    picture("test/c.png");
    Source source = open("image,x,y\ntrain/a.png,1,0\nb.png,0,1\nc.png,1,1\n");
    assertThat(source.train().size()).isEqualTo(1);
    assertThat(source.validation().size()).isEqualTo(1);
    assertThat(source.test().size()).isEqualTo(1);
    assertThat(source.notes())
        .anyMatch(note -> note.endsWith("has no column part: train 1, val 1, test 1"))
        .anyMatch(note -> note.equals("1 of 2 labels are shown by no training image, such as y"));
  }

  /** Or what lies outside would be learnt, test images perhaps among it. */
  @Test
  void partsByFoldersAreOfAllImagesOrOfNone() throws IOException {
    picture("test/e.png");
    picture("train/f.png");
    String text = "image,x,y\ne.png,1,0\nf.png,0,1\n";
    assertThat(open(text).test().size()).isEqualTo(1);
    assertThatThrownBy(() -> open(text + "b.png,1,1\n"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "train/f.png lies in a folder that is called as a part of a data set, but b.png does"
                + " not: add a column part to %s that says train, val or test of each image",
            root.resolve("labels.csv"));
    Source said = open("image,x,y,part\ne.png,1,0,train\nf.png,0,1,val\nb.png,1,1,train\n");
    assertThat(states(said.train())).containsExactly("b.png: 1 1", "test/e.png: 1 -1");
  }

  @Test
  void oneClassIsEnoughToMeasure() throws IOException {
    Path one = table("image,labels\na.png,x\nb.png,\n");
    assertThat(
            states(
                DataSources.openLabelSetsPart(folder.toString(), one.toString(), null, 0, 0.1, 1)))
        .containsExactly("a.png: 1", "b.png: -1");
    assertThatThrownBy(
            () -> DataSources.openLabelSets(folder.toString(), one.toString(), 0, 0.1, 1))
        .hasMessageContaining("has one class only, x: a network needs at least two; its first");
    Path none = table("image,labels\na.png,\n");
    assertThatThrownBy(
            () ->
                DataSources.openLabelSetsPart(folder.toString(), none.toString(), null, 0, 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no labels: there is nothing to measure a network on; its first");
  }

  @Test
  void imagesThatAreNotThere() throws IOException {
    Source source = open("image,x,y\na.png,1,0\nnone.png,0,1\nother/b.png,1,0\nb.png,0,1\n");
    assertThat(states(source.train())).containsExactly("a.png: 1 -1", "b.png: -1 1");
    assertThat(source.notes())
        .anyMatch(note -> note.contains("are left out: 2 of 4, such as none.png"));
  }

  /** Where a folder is missing, an image of the same name in another folder is not taken for it. */
  @Test
  void imagesOfFoldersThatAreNotThere() throws IOException {
    folder = root.resolve("studies/pictures");
    for (String name : List.of("p1/s1/front.png", "p3/s1/front.png", "p3/s2/front.png")) {
      picture(name);
    }
    for (String above : List.of("", "pictures/", "/home/me/pictures/")) {
      Source source =
          open(
              "image,x,y\n%1$sp1/s1/front.png,1,0\n%1$sp2/s1/front.png,0,1\n%1$sp2/s2/front.png,0,1\n"
                  .formatted(above));
      assertThat(states(source.train())).containsExactly("p1/s1/front.png: 1 -1");
      assertThat(source.notes())
          .anyMatch(note -> note.contains("left out: 2 of 3, such as " + above + "p2/s1/front.png"))
          .anyMatch(note -> note.endsWith("left out: 2 of 3, such as p3/s1/front.png"));
    }
  }

  private static String table(String... names) {
    StringBuilder text = new StringBuilder("image,x,y\n");
    for (String name : names) {
      text.append(name).append(text.indexOf(",1,0") < 0 ? ",1,0\n" : ",0,1\n");
    }
    return text.toString();
  }

  /** An image of that name further up, or anywhere else, is another one. */
  @Test
  void aPathWithoutItsFoldersIsAnotherImage() throws IOException {
    folder = root.resolve("front/pictures");
    picture("front.png");
    picture("p1/front.png");
    for (String above : List.of("", "pictures/", "/home/me/pictures/", "E:/pictures/")) {
      Source source = open(table(above + "p1/front.png", above + "p2/front.png"));
      assertThat(states(source.train())).containsExactly("p1/front.png: 1 -1");
      source = open(table(above + "p1/front.png", above + "front.png"));
      assertThat(states(source.train())).containsExactly("front.png: -1 1", "p1/front.png: 1 -1");
    }
  }

  /** Images may lie below folders that a table does not name, of several depths. */
  @Test
  void foldersThatTheTableDoesNotName() throws IOException {
    folder = root.resolve("wrapped/pictures");
    for (String name : List.of("1.png", "set/cats/1.png", "set/cats/2.png", "old/dogs/3.png")) {
      picture(name);
    }
    Source source = open(table("cats/1.png", "cats/2.png", "dogs/3.png", "birds/1.png"));
    assertThat(states(source.train()))
        .containsExactly("old/dogs/3.png: -1 1", "set/cats/1.png: 1 -1", "set/cats/2.png: -1 1");
    assertThat(source.notes()).anyMatch(note -> note.contains("1 of 4, such as birds/1.png"));
    assertThat(open(table("/mnt/cats/1.png", "dogs/3.png")).train().size()).isEqualTo(2);
  }

  /**
   * A line that is written otherwise, or a copy of an image elsewhere, says nothing of the rest.
   */
  @Test
  void foldersOfMostPathsDecide() throws IOException {
    folder = root.resolve("most/pictures");
    for (String name : List.of("cats/1.png", "cats/2.png", "cats/3.png", "old/data/cats/2.png")) {
      picture(name);
    }
    Source source = open(table("data/cats/1.png", "data/cats/2.png", "data/cats/3.png"));
    assertThat(states(source.train()))
        .containsExactly("cats/1.png: 1 -1", "cats/2.png: -1 1", "cats/3.png: -1 1");
    source = open(table("data/cats/1.png", "data/cats/3.png", "cats/2.png", "data/cats/4.png"));
    assertThat(states(source.train()))
        .containsExactly("cats/1.png: 1 -1", "cats/2.png: -1 1", "cats/3.png: -1 1");
  }

  @Test
  void severalImagesOfOnePathAreRefused() throws IOException {
    folder = root.resolve("twice/pictures");
    for (String name : List.of("a/x.png", "a/x.jpg", "a/y.png")) {
      picture(name);
    }
    assertThatThrownBy(() -> open(table("a/y", "a/x")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a/x may mean ");
  }

  /** As the folders of COCO and YOLO lie, and those of archives with a folder around all. */
  @Test
  void partsByFoldersBelowFoldersOfAll() throws IOException {
    folder = root.resolve("coco/pictures");
    picture("images/train/a.png");
    picture("images/val/b.png");
    picture("images/test/c.png");
    picture("labels/d.png");
    Source source =
        open("image,x,y\nimages/train/a.png,1,0\nimages/val/b.png,0,1\nimages/test/c.png,1,1\n");
    assertThat(states(source.train())).containsExactly("images/train/a.png: 1 -1");
    assertThat(source.validation().size()).isEqualTo(1);
    assertThat(source.test().size()).isEqualTo(1);
    assertThat(open("image,x,y\ntrain/a.png,1,0\n").train().size()).isEqualTo(1);
  }

  /** As CelebA has it: -1 is no for them, and not known here. */
  @Test
  void tablesWithoutAnythingThatIsNotShownAreRefused() throws IOException {
    for (String text : List.of("image,x,y\na.png,1,-1\nb.png,-1,1\n", "image,x,y\na.png,1,\n")) {
      assertThatThrownBy(() -> open(text))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "%s says of no image that it does not show a class: write 0 for that, since -1 and nothing mean that it is not known",
              root.resolve("labels.csv"));
    }
    assertThat(open("image,x,y\na.png,1,-1\nb.png,-1,0\n").notes())
        .contains(
            "1 of 2 labels have no training image that is known not to show them, so that a network learns nothing about them, such as x");
  }

  /** 1, -1 and 0 for shown, not shown and difficult would be read as shown, unknown and not. */
  @Test
  void statesOfPascalVocAreRefused() throws IOException {
    assertThatThrownBy(() -> open("image,w,x,y,z\na.png,1,-1,-1,-1\nb.png,-1,1,0,-1\n"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s says -1 most often, and 0 least: for PASCAL VOC -1 is what an image does not show, and 0 what is difficult to see, but here 0 is what it does not show, and -1 what is not known; write 0 for what it does not show, and nothing for what is not known",
            root.resolve("labels.csv"));
    assertThat(open("image,w,x,y,z\na.png,1,-1,-1,-1\nb.png,-1,1,0,\n").train().size())
        .as("an empty cell says what -1 is not")
        .isEqualTo(2);
    assertThat(states(open("image,x,y,z\na.png,1,,\nb.png,,1,0\n").train()))
        .containsExactly("a.png: 1 0 0", "b.png: 0 1 -1");
    assertThat(states(open("image,x,y,z\na.png,1,-1,-1\nb.png,0,1,0\n").train()))
        .containsExactly("a.png: 1 0 0", "b.png: -1 1 -1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      ignoreLeadingAndTrailingWhitespace = true,
      value = {
        "'' ! is empty: its first line must be image,labels (with",
        "file,labels/a.png,x ! has no column image: its first line must be image,labels (with",
        "image,labels ! names no image below its first line: add some",
        "image,labels/a.png ! line 2 has 1 fields, but the first line has 2: correct it, and put",
        "image,labels/,x ! line 2: image is empty: fill it in",
        "image,labels/a.png,x;y/b.png,x|y ! has ; between labels in line 2 and | in line 3: take"
            + " one",
        "image,labels/a.png,x/b.png,x y ! line 3: 'x y' may be one label or several, since no line",
        "image,labels/a.png,x ! has one class only, x: a network needs at least two; its first"
            + " line",
        "image,labels/a.png, ! has no labels: a network needs at least two; its first line",
        "image,x/a.png,1 ! has one class only, x: a network needs at least two; its first line",
        "image,x,x/a.png,1,0 ! has the column x twice: rename or remove one",
        "image,x,/a.png,1,0 ! has a column without a name in its first line: name or remove it",
        "image,x,y/a.png,1,2 ! line 2: column y is '2' but must be 1 (the image shows it), 0 (it"
            + " does",
        "image,x,y/a.png,1,yes ! line 2: column y is 'yes' but must be 1 (the image shows it), 0"
            + " (it",
        "image,x,y/a.png,1,.0 ! line 2: column y is '.0' but must be 1 (the image shows it), 0 (it"
            + " does",
        "image,x,y,part/a.png,1,0,dev ! line 2: part is 'dev' but must be train, val or test",
        "image,x,y/a.png,1,0/a.png,0,1 ! line 3: a.png is the image of line 2 again: write all"
            + " that",
        "image,x,y/a.png,1,0/a,0,1 ! line 3: a is the image of line 2 again: write all that it",
        "image,x,y/q.png,1,0 ! names none of the images below",
        "image,labels/a.png,\"x;y ! a quote is not closed: add the missing",
      })
  void whatIsUnclearIsRefused(String text, String sentence) {
    assertThatThrownBy(() -> open(text.replace('/', '\n')))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("labels.csv")
        .hasMessageContaining(sentence);
  }

  @Test
  void blanksAreNamesWhereSomethingElseSeparates() throws IOException {
    assertThat(open("image,labels\na.png,ankle boot;\nb.png,bag\n").train().classNames())
        .containsExactly("ankle boot", "bag");
  }

  @Test
  void whatIsNoFolderOrNoFile() throws IOException {
    Path table = table("image,x,y\na.png,1,0\n");
    assertThatThrownBy(() -> DataSources.openLabelSets("fashion-mini", table.toString(), 0, 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "fashion-mini is no folder: option multi-label needs a folder of images as option"
                + " data");
    String none = root.resolve("none.csv").toString();
    assertThatThrownBy(() -> DataSources.openLabelSets(folder.toString(), none, 0, 0.1, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot read " + none);
    Path empty = Files.createDirectories(root.resolve("empty"));
    assertThatThrownBy(() -> LabelSource.open(empty, "empty", table, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("holds no image");
  }

  /** Each label is held out in its share, the rarest first. */
  @Test
  void heldOutImagesShowAllLabels() throws IOException {
    folder = root.resolve("many");
    StringBuilder text = new StringBuilder("image,rare,half,all\n");
    for (int i = 0; i < 40; i++) {
      picture("%02d.png".formatted(i));
      text.append("%02d.png,%d,%d,%d\n".formatted(i, i % 20 == 3 ? 1 : 0, i % 2, i < 39 ? 1 : 0));
    }
    String table = table(text.toString()).toString();
    DataSplits splits = DataSources.openLabelSets(folder.toString(), table, 0, 0.2, 5);
    assertThat(splits.train().size() + splits.validation().size()).isEqualTo(40);
    assertThat(shown(splits.validation(), 0)).isEqualTo(1);
    assertThat(shown(splits.train(), 0)).isEqualTo(1);
    assertThat(shown(splits.validation(), 1)).isEqualTo(4);
    assertThat(shown(splits.validation(), 2)).isBetween(8L, 9L);
    assertThat(DataSources.openLabelSets(folder.toString(), table, 0, 0.2, 5).validation())
        .satisfies(again -> assertThat(states(again)).isEqualTo(states(splits.validation())));
    assertThat(states(DataSources.openLabelSets(folder.toString(), table, 0, 0.2, 6).validation()))
        .isNotEqualTo(states(splits.validation()));
    DataSplits few = DataSources.openLabelSets(folder.toString(), table, 20, 0.2, 5);
    assertThat(few.train().size() + few.validation().size()).isEqualTo(20);
    assertThat(few.fingerprint()).isEqualTo(splits.fingerprint());
    assertThat(DataSources.openLabelSetsPart(folder.toString(), table, Split.VAL, 0, 0.2, 5).size())
        .isEqualTo(splits.validation().size());
  }

  /** A is shown by 1 and 2, B by 3 and 4, C by 1 and 3: what A and B leave of C may be one part. */
  @Test
  void labelsThatAPartLacksAreNoted() throws IOException {
    folder = root.resolve("collide");
    for (int i = 1; i <= 4; i++) {
      picture(i + ".png");
    }
    String table = table("image,labels\n1,A;C\n2,A\n3,B;C\n4,B\n").toString();
    int noted = 0;
    for (int seed = 1; seed <= 20; seed++) {
      DataSplits splits = DataSources.openLabelSets(folder.toString(), table, 0, 0.5, seed);
      for (int k = 0; k < 2; k++) {
        assertThat(shown(splits.train(), k)).isEqualTo(1);
        assertThat(shown(splits.validation(), k)).isEqualTo(1);
      }
      List<String> notes =
          splits.notes().stream().filter(note -> note.contains("are shown by no image")).toList();
      if (shown(splits.train(), 2) == 1) {
        assertThat(notes).isEmpty();
        continue;
      }
      noted++;
      assertThat(notes)
          .containsExactly(
              "1 of 3 labels are shown by no image that is %s, such as C: add images that show it, or say the parts in a column part"
                  .formatted(
                      shown(splits.train(), 2) == 0
                          ? "left to learn from"
                          : "held out for validation"));
    }
    assertThat(noted).isBetween(1, 19);
  }

  private static long shown(Dataset part, int label) {
    return IntStream.range(0, part.size()).filter(i -> part.state(i, label) == 1).count();
  }

  @Test
  void otherLabelsHaveAnotherFingerprint() throws IOException {
    String one = open("image,x,y\na.png,1,0\nb.png,0,1\n").fingerprint();
    assertThat(open("image,x,y\nb.png,0,1\na.png,1,0\n").fingerprint()).isEqualTo(one);
    assertThat(open("image,x,y\na.png,1,0\nb.png,0,-1\n").fingerprint()).isNotEqualTo(one);
    assertThat(open("image,x,z\na.png,1,0\nb.png,0,1\n").fingerprint())
        .isNotEqualTo(one)
        .matches(other -> Fingerprint.areOfSameImages(one, other));
    assertThat(open("image,x,y\na.png,1,0\nd.png,0,1\n").fingerprint())
        .matches(other -> !Fingerprint.areOfSameImages(one, other));
    assertThat(Fingerprint.areOfSameImages("0123", "0123")).isFalse();
  }

  @Test
  void pascalVoc() throws IOException {
    Path year = root.resolve("VOC2007");
    Files.createDirectories(year.resolve("JPEGImages"));
    new VocTree(year).classification();
    DataSplits splits = DataSources.openLabelSets(year.toString(), "voc", 0, 0.1, 1);
    assertThat(splits.train().classNames()).containsExactly("dog", "train");
    for (Split split : Split.values()) {
      Dataset part = splits.part(split);
      assertThat(part.size()).isEqualTo(3);
      assertThat(part.target(0, ANY)).isEqualTo(new LabelSet(1, 0));
      assertThat(part.target(2, ANY)).isEqualTo(new LabelSet(1, LabelSet.UNKNOWN));
    }
  }
}
