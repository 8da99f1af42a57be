package org.vgg4j.data.voc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.LabelledImages;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.transform.Box;

/** PASCAL VOC's lists, boxes and submissions. */
class VocFolderTest {
  @TempDir Path folder;
  private Path root;
  private VocTree tree;

  @BeforeEach
  void makeTree() {
    root = folder.resolve("VOCdevkit").resolve("VOC2012");
    tree = new VocTree(root);
  }

  private VocFolder open() {
    return VocFolder.open(root);
  }

  @Test
  void classificationHasTheStatesOfTheLists() throws IOException {
    tree.classification();

    VocFolder voc = open();
    LabelledImages train = voc.classification("train");

    assertThat(voc.year()).isEqualTo(2012);
    assertThat(train.classNames()).containsExactly("dog", "train");
    assertThat(train.images().name()).isEqualTo("VOC2012/train");
    assertThat(train.images().size()).isEqualTo(3);
    assertThat(train.images().id(2)).isEqualTo(root + "/JPEGImages/000023.jpg");
    assertThat(train.images().isLabelled()).isFalse();
    assertThat(train.images().image(1).width()).isEqualTo(4);
    MultiLabels labels = Objects.requireNonNull(train.labels());
    assertThat(labels.column(0)).containsExactly(1, -1, 1);
    assertThat(labels.column(1)).containsExactly(-1, 1, 0);
    assertThat(voc.classification("val").images().id(0)).endsWith("000026.jpg");
  }

  @Test
  void filesLeftBehindByMacOsAreNoLists() throws IOException {
    tree.classification().text("ImageSets/Main/._dog_train.txt", "Mac OS X");

    assertThat(open().classification("train").classNames()).containsExactly("dog", "train");
  }

  @Test
  void theFolderIsFoundFromOutsideUnlessThereAreSeveral() throws IOException {
    tree.classification();
    assertThat(VocFolder.open(folder).root()).isEqualTo(root);
    assertThat(VocFolder.open(root.getParent()).root()).isEqualTo(root);

    new VocTree(root.resolveSibling("VOC2007")).classification();
    assertThatThrownBy(() -> VocFolder.open(folder))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s holds several years of PASCAL VOC: give one of them, such as %s",
            root.getParent(), root.resolveSibling("VOC2007"));
    assertThatThrownBy(() -> VocFolder.open(root.resolve("JPEGImages")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            root.resolve("JPEGImages") + " is not PASCAL VOC as its archives unpack: ");
    assertThatThrownBy(() -> VocFolder.open(folder.resolve("none")))
        .hasMessage("there is no folder %s: check the path", folder.resolve("none"));
  }

  @Test
  void aTestSetWithoutLabelsHasTheClassesOfTheOthers() throws IOException {
    tree.classification();
    Files.delete(root.resolve("ImageSets/Main/dog_test.txt"));
    Files.delete(root.resolve("ImageSets/Main/train_test.txt"));

    LabelledImages test = open().classification("test");

    assertThat(test.labels()).isNull();
    assertThat(test.classNames()).containsExactly("dog", "train");
    assertThat(test.images().size()).isEqualTo(3);
  }

  @Test
  void submissionsHaveALineForEachImage() throws IOException {
    tree.classification();
    VocFolder voc = open();
    LabelledImages test = voc.classification("test");
    double[][] scores = {{0.5, -1}, {1e-20, 0.1 + 0.2}, {-3, 2}};

    Path own =
        VocSubmission.writeClassification(
            folder.resolve("results"),
            voc,
            "test",
            test.images(),
            scores,
            VocSubmission.Competition.ANY_DATA);

    assertThat(own).isEqualTo(folder.resolve("results/VOC2012/Main"));
    assertThat(Files.readAllLines(own.resolve("comp2_cls_test_train.txt")))
        .containsExactly(
            "000001 -1.0000000000000000",
            "000002 0.30000000000000004",
            "000003 2.0000000000000000");
    assertThat(own.resolve("comp2_cls_test_dog.txt")).exists();
    VocSubmission.writeClassification(
        folder.resolve("results"),
        voc,
        "test",
        test.images(),
        scores,
        VocSubmission.Competition.OWN_DATA);
    assertThat(own.resolve("comp1_cls_test_dog.txt")).exists();
  }

  @Test
  void thePartsOfASetAreFoundInIt() throws IOException {
    tree.classification();
    tree.text(
        "ImageSets/Main/trainval.txt", "000012", "000026", "000017", "000032", "000033", "000023");
    VocFolder voc = open();

    assertThat(voc.positions("train", "trainval")).containsExactly(0, 2, 5);
    assertThat(voc.positions("val", "trainval")).containsExactly(1, 3, 4);
    assertThatThrownBy(() -> voc.positions("test", "trainval"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "image 000001 of test is not in trainval, according to the lists in %s: give a set that"
                + " holds the other",
            root.resolve("ImageSets/Main"));
  }

  @Test
  void damagedListsAreNamed() throws IOException {
    tree.classification();
    assertFails(
        "dog_train.txt",
        "000012 1\n000017 2\n",
        "line 2 of %s is '000017 2', but should be an image, and 1, -1 or 0: ");
    assertFails(
        "dog_train.txt",
        "000012\n",
        "line 1 of %s is '000012', but should be an image, and 1, -1 or 0: ");
    assertFails("dog_train.txt", "000012 1\n000012 1\n", "line 2 of %s names an image once more: ");
    assertFails(
        "dog_train.txt",
        "000012 1\n000017 1\n",
        "%s does not name 000023, unlike the other lists of train: ");
    assertFails(
        "dog_train.txt",
        "000012 1\n000017 1\n000023 1\n9 1\n",
        "%s also names 9, unlike the other lists of train: ");
    assertFails("dog_train.txt", "\n", "%s names no image: ");
  }

  private void assertFails(String list, String content, String start) throws IOException {
    Path file = root.resolve("ImageSets/Main").resolve(list);
    Files.writeString(file, content);
    assertThatThrownBy(() -> open().classification("train"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(start.formatted(file))
        .hasMessageEndingWith("unpack the archive again");
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    tree.classification();
    assertThatThrownBy(() -> open().classification("trainval"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s has no list trainval.txt: give another set, or unpack the archive that holds this"
                + " one",
            root.resolve("ImageSets/Main"));
    Files.delete(root.resolve("JPEGImages/000017.jpg"));
    assertThatThrownBy(() -> open().classification("train"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "1 of the 3 images of train are missing in %s, such as JPEGImages/000017.jpg: unpack"
                + " the archive that holds them",
            root);
    assertThatThrownBy(() -> open().actions("train"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s has no folder ImageSets/Action, so it is not data of the action task: unpack the"
                + " archive again",
            root);
  }

  private void actions() throws IOException {
    tree.text("ImageSets/Action/train.txt", "2010_000001 1", "2010_000001 3", "2010_000002 1");
    tree.text(
        "ImageSets/Action/jumping_train.txt",
        "2010_000001 1  1",
        "2010_000001 3 -1",
        "2010_000002 1 -1");
    tree.text(
        "ImageSets/Action/walking_train.txt",
        "2010_000001 1 -1",
        "2010_000001 3 -1",
        "2010_000002 1  0");
    tree.image("2010_000001", TestImages.coordinates(40, 30));
    tree.image("2010_000002", TestImages.coordinates(20, 20));
    tree.people("2010_000001", "1 1 10 20", "2 2 3 3", "11.5 6 39 30.2");
    tree.people("2010_000002", "5 5 25 10");
  }

  @Test
  void peopleHaveTheirBoxesAndOtherIsWhatIsNoAction() throws IOException {
    actions();

    VocActions train = open().actions("train");

    assertThat(train.people())
        .containsExactly(
            new VocActions.Person("2010_000001", 1, new Box(0, 0, 10, 20)),
            new VocActions.Person("2010_000001", 3, new Box(10.5, 5, 39, 30.2)),
            new VocActions.Person("2010_000002", 1, new Box(4, 4, 25, 10)));
    assertThat(train.whole().classNames()).containsExactly("jumping", "walking", "other");
    MultiLabels labels = Objects.requireNonNull(train.whole().labels());
    assertThat(labels.column(0)).containsExactly(1, -1, -1);
    assertThat(labels.column(1)).containsExactly(-1, -1, 0);
    assertThat(labels.column(2)).containsExactly(-1, 1, 0);
    Dataset boxes = train.boxes();
    assertThat(boxes.size()).isEqualTo(3);
    assertThat(boxes.id(1)).isEqualTo(root + "/JPEGImages/2010_000001.jpg#3");
    assertThat(boxes.image(1).pixels())
        .isEqualTo(TestImages.coordinates(40, 30).crop(10, 5, 29, 25).pixels());
    assertThat(boxes.image(2).pixels())
        .isEqualTo(TestImages.coordinates(20, 20).crop(4, 4, 16, 6).pixels());
    assertThat(train.whole().images().image(1).width()).isEqualTo(40);
  }

  @Test
  void aListOfOtherIsTakenAsItStands() throws IOException {
    actions();
    tree.text(
        "ImageSets/Action/other_train.txt",
        "2010_000001 1 -1",
        "2010_000001 3 -1",
        "2010_000002 1  1");

    VocActions train = open().actions("train");

    assertThat(train.whole().classNames()).containsExactly("jumping", "walking", "other");
    assertThat(Objects.requireNonNull(train.whole().labels()).column(2)).containsExactly(-1, -1, 1);
  }

  @Test
  void actionsWithoutLabelsAreSubmitted() throws IOException {
    actions();
    tree.text("ImageSets/Action/test.txt", "2010_000002 1", "2010_000001 3");
    VocFolder voc = open();

    VocActions test = voc.actions("test");
    Path own =
        VocSubmission.writeActions(
            folder.resolve("results"),
            voc,
            "test",
            test,
            new double[][] {{1, 2, 3}, {4, 5, 6}},
            VocSubmission.Competition.ANY_DATA);

    assertThat(test.whole().labels()).isNull();
    assertThat(own).isEqualTo(folder.resolve("results/VOC2012/Action"));
    assertThat(Files.readAllLines(own.resolve("comp10_action_test_walking.txt")))
        .containsExactly("2010_000002 1 2.0000000000000000", "2010_000001 3 5.0000000000000000");
  }

  @Test
  void boxesThatAreMissingOrDamagedAreNamed() throws IOException {
    actions();
    Path file = root.resolve("Annotations/2010_000002.xml");
    tree.text("Annotations/2010_000002.xml", "<annotation></annotation>");
    assertActionsFail(
        file + " has 0 objects, but the action lists name its object 1: unpack the archive again");
    tree.people("2010_000002", "no box");
    assertActionsFail(file + ", object 1 has no xmin in its bndbox: add it");
    tree.text("Annotations/2010_000002.xml", "<annotation>");
    assertActionsFail(file + " is not well-formed XML in line 2: correct it, or take it away");
    Files.delete(file);
    assertActionsFail(
        "cannot read the boxes in " + file + " (there is no such file): copy them again");
  }

  private void assertActionsFail(String message) {
    assertThatThrownBy(() -> open().actions("train"))
        .isInstanceOf(InputException.class)
        .hasMessage(message);
  }

  @Test
  void aBoxOutsideItsImageIsRefusedWhenItIsCut() throws IOException {
    actions();
    tree.people("2010_000002", "25 1 30 10");
    Dataset boxes = open().actions("train").boxes();

    assertThatThrownBy(() -> boxes.image(2))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "the box of " + boxes.id(2) + " is outside its image of 20 x 20 pixels: ");
  }

  @Test
  void theFingerprintOfBoxesChangesWithThem() throws IOException {
    actions();
    String before = open().actions("train").boxes().fingerprint();
    assertThat(open().actions("train").boxes().fingerprint()).isEqualTo(before);
    tree.people("2010_000002", "5 5 25 11");
    assertThat(List.of(before)).doesNotContain(open().actions("train").boxes().fingerprint());
  }
}
