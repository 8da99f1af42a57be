package org.vgg4j.data.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Rescale;

/** What is wrong with boxes is said in a sentence, or put right and counted. */
class WrongBoxesTest {
  private static final String HEADER = "file,label,xmin,ymin,xmax,ymax\n";

  @TempDir Path temporary;
  private Path data;
  private Path csv;

  @BeforeEach
  void makeImages() {
    data = temporary.resolve("pets");
    csv = temporary.resolve("b.csv");
    for (String file : List.of("cat/a.png", "cat/b.png", "dog/c.png", "dog/d.png")) {
      Trees.image(data.resolve(file), 40, 20);
    }
  }

  private DataSplits open(@Nullable Path boxes) {
    return DataSources.openBoxed(data.toString(), boxes, 0, 0.5, 1);
  }

  private AbstractStringAssert<?> messageFor(Path boxes) {
    Throwable thrown = Assertions.catchThrowable(() -> open(boxes));
    assertThat(thrown).isInstanceOf(InputException.class);
    return assertThat(String.valueOf(thrown.getMessage()));
  }

  private AbstractStringAssert<?> messageForCsv(String content) {
    Trees.text(csv, content);
    return messageFor(csv);
  }

  private AbstractStringAssert<?> messageForXml(String content) {
    Path file = temporary.resolve("xml").resolve("a.xml");
    Trees.text(file, content);
    return messageFor(temporary.resolve("xml"));
  }

  @Test
  void csvThatIsWrong() throws IOException {
    messageForCsv("file,label,xmin,ymin,xmax\n")
        .isEqualTo(
            csv
                + " has no column ymax: its first line must name the columns"
                + " file,label,xmin,ymin,xmax,ymax");
    messageForCsv("").startsWith(csv + " has no column file: ");
    messageForCsv(HEADER).isEqualTo(csv + " has no box below its first line: add some");
    messageForCsv(HEADER + "cat/a.png,cat,1,2,x3,4\n")
        .isEqualTo(csv + ", line 2: xmax is 'x3', not a number of pixels: correct it");
    for (String none : List.of("", "NaN", "1d", "0x10", "1e999", "1,5")) {
      messageForCsv(HEADER + "cat/a.png,cat,1,2,\"%s\",4\n".formatted(none))
          .startsWith(csv + ", line 2: xmax is '" + none + "', not");
    }
    messageForCsv(HEADER + "\ncat/a.png,cat,1,2,3\n")
        .isEqualTo(csv + ", line 3 has 5 fields, but the first line has 6: correct it");
    messageForCsv(HEADER + "cat/a.png,,1,2,3,4\n")
        .isEqualTo(csv + ", line 2: label is empty: fill it in");
    messageForCsv(HEADER + "\"cat/a.png,cat,1,2,3,4\n")
        .isEqualTo(csv + ", line 2: a quote is not closed: add the missing \"");
    messageForCsv(HEADER + "cat/a.png,cat,0.1,0.2,0.3,1\n")
        .isEqualTo(
            csv + " has no edge beyond 1: edges must be in pixels, not in shares of the image");
    Files.write(csv, new byte[] {'f', (byte) 0xFF, '\n'});
    messageFor(csv).startsWith("cannot read " + csv).endsWith("give a CSV file in UTF-8");
  }

  @Test
  void sizesThatAreWrong() {
    String header = "width,height," + HEADER;
    for (String none : List.of("0", "-40", "39.5", "1e10")) {
      messageForCsv(header + "40,%s,cat/a.png,cat,1,2,3,4\n".formatted(none))
          .isEqualTo(
              "%s, line 2: height is '%s', but must be that of the image, in pixels: correct it, or remove the columns width and height"
                  .formatted(csv, none));
    }
    messageForCsv(header + ",20,cat/a.png,cat,1,2,3,4\n")
        .isEqualTo(csv + ", line 2: width is '', not a number of pixels: correct it");
    messageForCsv(header + "7,9,cat/a.png,cat,1,2,8,11\n")
        .isEqualTo(
            csv
                + ", line 2: width and height, 7 and 9, are those of the box, but must be those of"
                + " the image: correct them, or remove both columns");
    messageForCsv(header + "40,20,cat/a.png,cat,1,2,3,4\n7,9,cat/a.png,cat,1,2,3,4\n")
        .isEqualTo(
            csv
                + ", line 3: the image is 7 x 9 pixels large there, but 40 x 20 for another of its"
                + " boxes: correct one of them");
  }

  @Test
  void xmlThatIsWrong() {
    String file = temporary.resolve("xml").resolve("a.xml").toString();
    messageForXml("<annotation><object>")
        .startsWith(file + " is not well-formed XML in line 1: correct it");
    messageForXml("").startsWith(file + " is not well-formed XML");
    messageForXml("<html/>")
        .isEqualTo(
            file
                + " is no file of boxes: it begins with the element html, not annotation; take it"
                + " away, or give other boxes");
    messageForXml(Trees.xml("a.png", 40, 20, Trees.object("cat", 1, 1, "two", 2)))
        .isEqualTo(file + ", object 1: xmax is 'two', not a number of pixels: correct it");
    messageForXml("<annotation><object><name>cat</name></object></annotation>")
        .isEqualTo(file + ", object 1 has no xmin in its bndbox: add it");
    messageForXml("<annotation><object/></annotation>")
        .isEqualTo(file + ", object 1 has no name: give the name of its class");
    messageForXml(Trees.xml("a.png", -40, 20))
        .isEqualTo(file + ": size/width is '-40', not a whole number of pixels: correct it");
    messageForXml(Trees.xml("a.png", 40, 20))
        .isEqualTo(temporary.resolve("xml") + " has no boxes: give others");
  }

  /** A file from elsewhere must not read other files, fetch anything, or fill the memory. */
  @Test
  void entitiesAreNotRead() {
    Path secret = temporary.resolve("secret.txt");
    Trees.text(secret, "cat");
    String file = temporary.resolve("xml").resolve("a.xml").toString();
    for (String entity :
        List.of("<!ENTITY e SYSTEM '%s'>".formatted(secret.toUri()), "<!ENTITY e 'cat'>")) {
      messageForXml(
              "<!DOCTYPE annotation [%s]>".formatted(entity)
                  + Trees.xml("a.png", 40, 20, Trees.object("&e;", 1, 1, 2, 2)))
          .startsWith(file + " is not well-formed XML");
    }
  }

  @Test
  void placesThatHoldNoBoxes() throws IOException {
    Path none = temporary.resolve("none");
    messageFor(none).isEqualTo("there are no boxes at " + none + ": check the path");
    Files.createDirectories(none);
    messageFor(none)
        .isEqualTo(none + " holds no XML file of boxes: give boxes in another file or folder");
    Path json = temporary.resolve("boxes.json");
    Trees.text(json, "{}");
    messageFor(json).startsWith(json + " is no file of boxes that can be read: give boxes.csv (");
    Path tar = temporary.resolve("a.tar.gz");
    Trees.tar(tar, Map.of("a.xml", Trees.xml("a", 1, 1)));
    Files.write(tar, Arrays.copyOf(Files.readAllBytes(tar), 60));
    messageFor(tar).startsWith("cannot read the boxes in " + tar).endsWith("copy them again");
    assertThatThrownBy(() -> DataSources.openBoxed("fashion-boxes", csv, 0, 0.1, 1))
        .hasMessage("fashion-boxes has boxes of its own: leave boxes out");
    assertThatThrownBy(() -> DataSources.openBoxed("fashion-mini", null, 0, 0.1, 1))
        .hasMessageStartingWith("fashion-mini has no boxes, which localisation needs");
  }

  @Test
  void boxesOfOtherData() {
    messageForCsv(HEADER + "cow/x.png,cat,1,2,3,4\n")
        .isEqualTo(
            "%s has no boxes of these images: %s, line 2 names none of pets, whose first is called %s"
                .formatted(csv, csv, data.resolve("cat/a.png")));
    messageForCsv(HEADER + "cat/a.png,Cat,1,2,3,4\n")
        .isEqualTo(
            "the boxes in %s are of other classes than pets has: Cat is none of cat, dog"
                .formatted(csv));
    messageForCsv(HEADER + "cat/a.png,dog,1,2,3,4\n")
        .isEqualTo(
            "no image of pets has a box of its own class inside it: left out of pets, images with boxes of other classes only: 1 of 4, such as %s, which is of class cat, but has a box of dog"
                .formatted(data.resolve("cat/a.png")));
    messageForCsv(HEADER + "cat/a.png,cat,100,2,300,4\ncat/b.png,cat,-3,1,-2,4\n")
        .isEqualTo(
            "none of the boxes that were tried lies inside its image (%s has 40 x 20 pixels): give boxes in pixels of these images"
                .formatted(data.resolve("cat/b.png")));
  }

  @Test
  void someBoxesThatDoNotFit() {
    Trees.text(
        csv,
        HEADER
            + """
            cat/a.png,cat,1,2,3,4
            cat/b.png,cat,1,2,3,4
            dog/c.png,dog,1,2,3,4
            dog/d.png,cat,1,2,3,4
            dog/c.png,cow,1,2,3,4
            dog/x.png,dog,1,2,3,4
            """);
    Trees.image(data.resolve("dog/e.png"), 40, 20);
    Trees.text(csv, read(csv) + "dog/e.png,dog,1,2,3,4\n");
    Trees.image(data.resolve("dog/f.png"), 40, 20);
    DataSplits splits = open(csv);
    assertThat(splits.train().size() + splits.validation().size()).isEqualTo(4);
    assertThat(splits.notes())
        .containsExactly(
            "boxes: " + csv,
            "boxes of images that are not in the data: 1, such as %s, line 7".formatted(csv),
            "boxes of classes that the data does not have: 1, such as cow",
            "left out of pets, images without a box: 1 of 6, such as " + data.resolve("dog/f.png"),
            "left out of pets, images with boxes of other classes only: 1 of 6, such as %s, which is of class dog, but has a box of cat"
                .formatted(data.resolve("dog/d.png")));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private AnnotatedDataset annotated(Path boxes) {
    return (AnnotatedDataset)
        Objects.requireNonNull(
            DataSources.recogniseBoxed(data.toString(), boxes).parts().get("train"));
  }

  /** As the paper's own data has them: see ILSVRC's n03127925_147. */
  @Test
  void dirtyBoxesArePutRightAndCounted() {
    Trees.text(
        csv,
        HEADER
            + """
            cat/a.png,cat,30,15,10,5
            cat/a.png,cat,-5,5,10,25
            cat/a.png,cat,50,5,60,10
            cat/a.png,cat,5,5,5,10
            """);
    AnnotatedDataset images = annotated(csv);
    Rescale.Size size = new Rescale.Size(40, 20);
    assertThat(images.objects(0, size))
        .extracting(object -> object.box())
        .containsExactly(new Box(10, 5, 30, 15), new Box(0, 5, 10, 20));
    assertThat(images.oddities(0, size))
        .containsExactly(Oddity.SWAPPED, Oddity.CUT, Oddity.OUTSIDE, Oddity.EMPTY);
  }

  @Test
  void boxesFollowTheSizeThatTheyWereDrawnAt() {
    Path folder = temporary.resolve("xml");
    Trees.text(folder.resolve("a.xml"), Trees.xml("a", 80, 30, Trees.object("cat", 11, 4, 20, 6)));
    Trees.text(folder.resolve("b.xml"), Trees.xml("b", 20, 40, Trees.object("cat", 11, 4, 20, 6)));
    Trees.text(folder.resolve("c.xml"), Trees.xml("c", 80, 30, Trees.object("dog", 81, 4, 90, 6)));
    AnnotatedDataset images = annotated(folder);
    Rescale.Size size = new Rescale.Size(40, 20);
    assertThat(images.objects(0, size).get(0).box()).isEqualTo(new Box(5, 2, 10, 4));
    assertThat(images.oddities(0, size)).containsExactly(Oddity.OTHER_SIZE);
    assertThat(images.objects(1, size)).isEmpty();
    assertThat(images.oddities(1, size)).containsExactly(Oddity.TURNED);
    assertThat(images.oddities(2, size)).containsExactly(Oddity.OTHER_SIZE, Oddity.OUTSIDE);
    assertThat(images.hasOwn(2)).isFalse(); // known without decoding
    BoxedDataset boxed = new BoxedDataset(images);
    assertThat(boxed.image(0).width()).isEqualTo(40);
    assertThatThrownBy(() -> boxed.image(1))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessage(
            data.resolve("cat/b.png")
                + " has no box of its class cat that fits its 40 x 20 pixels: correct its boxes");
  }

  /** Windows writes folders of its own, and some tools no ending. */
  @Test
  void xmlNamesItsImageInManyWays() {
    Path folder = temporary.resolve("xml");
    String box = Trees.object("cat", 11, 5, 20, 6);
    Trees.text(folder.resolve("1.xml"), Trees.xml("C:\\photos\\cat\\a.png", 40, 20, box));
    Trees.text(folder.resolve("2.xml"), Trees.xml("b", 40, 20, box));
    Trees.text(folder.resolve("3.xml"), Trees.xml("dog/c", 40, 20, box));
    Trees.text(folder.resolve("4.xml"), Trees.xml("d.png", 40, 20, box));
    AnnotatedDataset images = annotated(folder);
    for (int i = 0; i < 4; i++) {
      assertThat(images.objects(i, new Rescale.Size(40, 20))).hasSize(1);
    }
  }

  /** As if it had been copied in part. */
  @Test
  void archiveWithoutItsEndIsRefused() throws IOException {
    Path tar = temporary.resolve("boxes.tar");
    String box = Trees.object("cat", 11, 5, 20, 6);
    Trees.tar(tar, Map.of("a.xml", Trees.xml("a", 40, 20, box)));
    byte[] whole = Files.readAllBytes(tar);
    assertThat(annotated(tar).objects(0, new Rescale.Size(40, 20))).hasSize(1);
    int end = whole.length;
    while (whole[end - 1] == 0) {
      end--;
    }
    Files.write(tar, Arrays.copyOf(whole, (end + 511) / 512 * 512));
    messageFor(tar)
        .isEqualTo(
            "cannot read the boxes in %s (the end-of-archive mark is missing): copy them again"
                .formatted(tar));
  }

  /** As converters write it: of the image as it was drawn on, perhaps before it was turned. */
  @Test
  void boxesOfCsvFollowTheirSizesToo() {
    Trees.text(
        csv,
        """
        filler,width,height,file,label,xmin,ymin,xmax,ymax
        x,80,40,cat/a.png,cat,10,4,20,6
        x,80.0,40,cat/a.png,cat,0,0,80,40
        x,20,40,cat/b.png,cat,1,2,3,4
        x,40,20,dog/c.png,dog,1,2,3,4
        """);
    AnnotatedDataset images = annotated(csv);
    Rescale.Size size = new Rescale.Size(40, 20);
    assertThat(images.objects(0, size))
        .extracting(object -> object.box())
        .containsExactly(new Box(5, 2, 10, 3), new Box(0, 0, 40, 20));
    assertThat(images.oddities(0, size)).containsExactly(Oddity.OTHER_SIZE);
    assertThat(images.objects(1, size)).isEmpty();
    assertThat(images.oddities(1, size)).containsExactly(Oddity.TURNED);
    assertThat(images.oddities(2, size)).isEmpty();
    Trees.text(csv, read(csv) + "x,40,20,dog/d.png,dog,1,2,3,4\n");
    assertThat(open(csv).notes())
        .contains(
            csv + ": columns other than file,label,xmin,ymin,xmax,ymax are passed over: filler");
    Trees.text(csv, "width," + HEADER + "80,cat/a.png,cat,1,2,3,4\n");
    assertThat(annotated(csv).objects(0, size).get(0).box()).isEqualTo(new Box(1, 2, 3, 4));
  }

  @Test
  void partsWithoutBoxesAreLeftOut() {
    Path parts = temporary.resolve("parts");
    for (String file : List.of("cat/a.png", "cat/b.png", "dog/c.png", "dog/d.png")) {
      Trees.image(parts.resolve("train").resolve(file), 40, 20);
      Trees.image(parts.resolve("val").resolve(file.replace(".png", "v.png")), 40, 20);
    }
    Trees.text(
        csv,
        HEADER
            + """
            cat/a.png,cat,1,2,3,4
            cat/b.png,cat,1,2,3,4
            dog/c.png,dog,1,2,3,4
            dog/d.png,dog,1,2,3,4
            """);
    DataSplits splits = DataSources.openBoxed(parts.toString(), csv, 0, 0.5, 1);
    assertThat(splits.notes())
        .contains("validation images are held out of the training images instead");
    assertThat(splits.validation().id(0)).contains("train");
    Trees.text(csv, HEADER + "cat/av.png,cat,1,2,3,4\n");
    assertThatThrownBy(() -> DataSources.openBoxed(parts.toString(), csv, 0, 0.5, 1))
        .hasMessage(
            "no training image of %s has a box of its own class: give boxes of the training images, too"
                .formatted(parts));
    Dataset val = DataSources.openLabelledBoxed(parts.toString(), csv, null, 0, 0.5, 1);
    assertThat(val.size()).isEqualTo(1);
  }
}
