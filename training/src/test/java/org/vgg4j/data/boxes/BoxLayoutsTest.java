package org.vgg4j.data.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Rescale;

class BoxLayoutsTest {
  private static final Path ILSVRC = Path.of("src/test/resources/goldens/ilsvrc");

  @TempDir Path temporary;
  private Path data;

  /** Two classes, two images of 40 x 20 pixels each; all parts are in train, or held out. */
  @BeforeEach
  void makeImages() {
    data = temporary.resolve("pets");
    for (String file : List.of("cat/a.png", "cat/b.png", "dog/c.png", "dog/d.png")) {
      Trees.image(data.resolve(file), 40, 20);
    }
  }

  private DataSplits open(@Nullable Path boxes) {
    return DataSources.openBoxed(data.toString(), boxes, 0, 0.5, 1);
  }

  /** The objects of each image by the end of its file's path, of train and val together. */
  private static Map<String, List<BoxedObject>> objects(DataSplits splits) {
    Map<String, List<BoxedObject>> objects = new TreeMap<>();
    for (Dataset part : List.of(splits.train(), splits.validation())) {
      for (int i = 0; i < part.size(); i++) {
        Path id = Path.of(part.id(i));
        objects.put(
            String.valueOf(id.getFileName()), part.objects(i, Rescale.Size.of(part.image(i))));
      }
    }
    return objects;
  }

  private static BoxedObject object(int label, double... edges) {
    return new BoxedObject(label, new Box(edges[0], edges[1], edges[2], edges[3]), false);
  }

  /** A box in each of the four images, so that nothing is left out. */
  private Path csv(String... more) {
    Path file = data.resolve("boxes.csv");
    List<String> lines =
        new ArrayList<>(
            List.of(
                "file,label,xmin,ymin,xmax,ymax",
                "cat/a.png,cat,1,2,3,4",
                "cat/b.png,cat,1,2,3,4",
                "dog/c.png,dog,1,2,3,4",
                "dog/d.png,dog,1,2,3,4"));
    lines.addAll(List.of(more));
    Trees.text(file, String.join("\n", lines) + "\n");
    return file;
  }

  private void voc(String file, String name, Object... edges) {
    Trees.text(
        data.resolve("Annotations").resolve(file + ".xml"),
        Trees.xml(
            file + ".png", 40, 20, Trees.object(name, edges[0], edges[1], edges[2], edges[3])));
  }

  @Test
  void csvIsReadAsItStands() {
    Path file = csv("dog/d.png,cat,0.5,0,40,20");
    Map<String, List<BoxedObject>> objects = objects(open(null));
    assertThat(objects).hasSize(4);
    assertThat(objects.get("a.png")).containsExactly(object(0, 1, 2, 3, 4));
    assertThat(objects.get("d.png"))
        .containsExactly(object(1, 1, 2, 3, 4), object(0, 0.5, 0, 40, 20));
    assertThat(objects(open(file))).isEqualTo(objects);
    assertThat(open(null).notes()).containsExactly("boxes: " + file);
  }

  @Test
  void csvWithByteOrderMarkQuotesOtherOrderAndColumns() {
    Path file = temporary.resolve("other.CSV");
    Trees.text(
        file,
        """
        \uFEFF"label", "file",note,ymin,xmin,ymax,xmax\r
        cat,"C:\\pets\\cat\\a.png","a ""nice"", cat",2,1,4,3\r

        "cat" ,./cat/b.png,,2,1,4,3\r
        dog,dog/c.png,x,2,1,4,3
        dog,dog/d.png,x,2,1,4,3\
        """);
    DataSplits splits = open(file);
    assertThat(objects(splits).values())
        .containsExactly(
            List.of(object(0, 1, 2, 3, 4)),
            List.of(object(0, 1, 2, 3, 4)),
            List.of(object(1, 1, 2, 3, 4)),
            List.of(object(1, 1, 2, 3, 4)));
    assertThat(splits.notes())
        .containsExactly(
            file + ": columns other than file,label,xmin,ymin,xmax,ymax are passed over: note",
            "boxes: " + file);
  }

  /** Pixels are counted from 1, and the last is inside. */
  @Test
  void vocBesideImages() {
    voc("a", "cat", 1, 1, 40, 20);
    voc("b", "cat", 2, 3, "4.5", 5);
    voc("dog/c", "dog", 5, 6, 5, 6);
    voc("d", "dog", 1, 1, 2, 2);
    Map<String, List<BoxedObject>> objects = objects(open(null));
    assertThat(objects.get("a.png")).containsExactly(object(0, 0, 0, 40, 20));
    assertThat(objects.get("b.png")).containsExactly(object(0, 1, 2, 4.5, 5));
    assertThat(objects.get("c.png")).containsExactly(object(1, 4, 5, 5, 6));
    assertThat(objects.get("d.png")).containsExactly(object(1, 0, 0, 2, 2));
    assertThat(DataSources.open(data.toString(), 0.5, 1).train().classNames())
        .containsExactly("cat", "dog");
  }

  @Test
  void vocIsFoundByTheNameInsideAndMayLieBesideEachImage() {
    for (String name : List.of("cat/a", "cat/b", "dog/c", "dog/d")) {
      String[] parts = name.split("/", -1);
      Trees.text(
          data.resolve(parts[0]).resolve(parts[1] + "_png.rf.1.xml"),
          Trees.xml(parts[1] + ".png", 0, 0, Trees.object(parts[0], 2, 3, 4, 5)));
    }
    assertThat(objects(open(data)).values())
        .hasSize(4)
        .allSatisfy(objects -> assertThat(objects.get(0).box()).isEqualTo(new Box(1, 2, 4, 5)));
    assertThatThrownBy(() -> open(null))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("pets has no boxes, which localisation needs: put boxes.csv");
  }

  @Test
  void ilsvrcIsTheSameInAllItsForms() throws IOException {
    copy(ILSVRC, temporary);
    Path distributed = temporary.resolve("distributed");
    Path kaggle = temporary.resolve("kaggle");
    Map<String, String> train = new TreeMap<>();
    Map<String, String> validation = new TreeMap<>();
    DataSplits plain = DataSources.open(distributed.toString(), 0.1, 1);
    addXml(plain.train(), train);
    addXml(plain.validation(), validation);
    train.forEach(
        (name, xml) ->
            Trees.text(kaggle.resolve("ILSVRC/Annotations/CLS-LOC/train").resolve(name), xml));
    validation.forEach(
        (name, xml) ->
            Trees.text(kaggle.resolve("ILSVRC/Annotations/CLS-LOC/val").resolve(name), xml));
    Path trainTar = distributed.resolve("ILSVRC2012_bbox_train_v2.tar.gz");
    Path validationTar = distributed.resolve("ILSVRC2012_bbox_val_v3.tgz");
    Trees.tar(trainTar, train);
    Map<String, String> inVal = new TreeMap<>();
    validation.forEach((name, xml) -> inVal.put("val/" + name, xml));
    Trees.tar(validationTar, inVal);

    DataSplits packed = DataSources.openBoxed(distributed.toString(), null, 0, 0.1, 1);
    assertThat(packed.train().size()).isEqualTo(39);
    assertThat(packed.validation().size()).isEqualTo(12);
    assertThat(packed.notes())
        .contains("boxes: %s and %s".formatted(trainTar, validationTar))
        .contains(
            "left out of distributed/train, images without a box: 1 of 40, such as "
                + plain.train().id(plain.train().size() - 1));
    // 0 to 9 and 1 to 5, each inside
    assertThat(packed.train().objects(0, Rescale.Size.of(packed.train().image(0))).get(0))
        .isEqualTo(object(0, 0, 1, 10, 6));
    Map<String, List<BoxedObject>> objects = objects(packed);
    assertThat(objects(DataSources.openBoxed(kaggle.toString(), null, 0, 0.1, 1)))
        .isEqualTo(objects);

    // with the folder that some copies have, unpacked, and all in one plain archive elsewhere
    Files.delete(trainTar);
    Files.delete(validationTar);
    train.forEach(
        (name, xml) ->
            Trees.text(
                distributed.resolve("ILSVRC2012_bbox_train_v2/Annotation").resolve(name), xml));
    validation.forEach(
        (name, xml) ->
            Trees.text(distributed.resolve("ILSVRC2012_bbox_val_v3/val").resolve(name), xml));
    assertThat(objects(DataSources.openBoxed(distributed.toString(), null, 0, 0.1, 1)))
        .isEqualTo(objects);
    Path all = temporary.resolve("all.tar");
    inVal.putAll(train);
    Trees.tar(all, inVal);
    assertThat(objects(DataSources.openBoxed(distributed.toString(), all, 0, 0.1, 1)))
        .isEqualTo(objects);
    Dataset evaluated =
        DataSources.openLabelledBoxed(distributed.toString(), all, Split.VAL, 0, 0.1, 1);
    assertThat(evaluated.size()).isEqualTo(12);
  }

  /** One for each image but the last of train. */
  private static void addXml(Dataset part, Map<String, String> files) {
    for (int i = 0; i < part.size() - (part.size() == 40 ? 1 : 0); i++) {
      String id = part.id(i).replace(".JPEG", "");
      String name = id.substring(id.lastIndexOf('/') + 1);
      String wnid = part.classNames().get(part.label(i)).substring(0, 9);
      Rescale.Size size = Rescale.Size.of(part.image(i));
      files.put(
          (name.startsWith("ILSVRC") ? "" : wnid + "/") + name + ".xml",
          Trees.xml(name, size.width(), size.height(), Trees.object(wnid, 0, 1, 9, 5 + i % 2)));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      files.forEach(
          file -> {
            Path target = to.resolve(from.relativize(file).toString());
            try {
              if (!Files.isDirectory(target)) {
                Files.copy(file, target);
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  @Test
  void severalPlacesAreRefused() {
    Path csv = csv();
    voc("a", "cat", 1, 1, 2, 2);
    assertThatThrownBy(() -> open(null))
        .hasMessage(
            "there are boxes in %s and in %s: say which to use with boxes, or move the others elsewhere"
                .formatted(data.resolve("Annotations"), csv));
    assertThat(objects(open(csv))).hasSize(4);
  }

  /** What a path leaves out, or has too much of, must not lead to another image. */
  @Test
  void imagesOfOneNameAreToldApart() {
    Trees.image(data.resolve("dog/a.png"), 40, 20);
    csv("dog/a.png,dog,5,5,6,6");
    assertThat(open(null).train().size() + open(null).validation().size()).isEqualTo(5);
    csv("a.png,dog,5,5,6,6");
    assertThatThrownBy(() -> open(null))
        .hasMessage(
            "%s, line 6 may mean %s or %s: give the folder of the image, too, so that it is one of them"
                .formatted(
                    data.resolve("boxes.csv"),
                    data.resolve("cat/a.png"),
                    data.resolve("dog/a.png")));
  }

  /** cow/b.png is not there; its box must not become one of cat/b.png. */
  @Test
  void missingImagesDoNotLendTheirBoxes() {
    csv("cow/b.png,cat,5,5,6,6");
    DataSplits splits = open(null);
    assertThat(objects(splits).get("b.png")).containsExactly(object(0, 1, 2, 3, 4));
    assertThat(splits.notes())
        .contains(
            "boxes of images that are not in the data: 1, such as one with the file name of "
                + data.resolve("cat/b.png"));
    Trees.text(
        data.resolve("boxes.csv"),
        "file,label,xmin,ymin,xmax,ymax\nx/a.png,cat,1,1,2,2\ny/a.png,cat,1,1,2,2\n");
    assertThatThrownBy(() -> open(null))
        .hasMessage(
            "the boxes of two images are taken for those of %s, which has the same file name: give the paths of the images as they are in the data"
                .formatted(data.resolve("cat/a.png")));
  }

  /** dog/c.png and dog/d.png say that the folders of the file are those of the data. */
  @Test
  void boxesOfAMissingFolderAreOfNoImage() {
    Trees.image(data.resolve("cat/e.png"), 40, 20);
    Path file = temporary.resolve("b.csv");
    String header = "width,height,file,label,xmin,ymin,xmax,ymax\n";
    String others = "40,20,dog/c.png,dog,1,2,3,4\n40,20,dog/d.png,dog,1,2,3,4\n";
    for (String above : List.of("", "C:/elsewhere/")) {
      String missing = "80,40," + above + "cow/a.png,cat,5,5,6,6\n";
      String rows = others.replace("dog/", above + "dog/");
      for (String lines : List.of(missing + rows, rows + missing)) {
        Trees.text(file, header + lines + "40,20,b.png,cat,1,2,3,4\n40,20,e.png,cat,1,2,3,4\n");
        DataSplits splits = open(file);
        assertThat(objects(splits)).containsOnlyKeys("b.png", "c.png", "d.png", "e.png");
        assertThat(splits.notes())
            .contains(
                "boxes of images that are not in the data: 1, such as one with the file name of "
                    + data.resolve("cat/a.png"));
      }
    }
    // where no folder is known, names must do
    Trees.text(
        file,
        """
        file,label,xmin,ymin,xmax,ymax
        x/a.png,cat,1,2,3,4
        x/b.png,cat,1,2,3,4
        y/c.png,dog,1,2,3,4
        y/d.png,dog,1,2,3,4
        """);
    assertThat(objects(open(file))).containsOnlyKeys("a.png", "b.png", "c.png", "d.png");
  }

  @Test
  void fingerprintCoversTheBoxes() {
    csv();
    String plain = DataSources.open(data.toString(), 0.5, 1).fingerprint();
    String boxed = open(null).fingerprint();
    assertThat(open(null).fingerprint()).isEqualTo(boxed).isNotEqualTo(plain);
    csv("cat/a.png,cat,5,5,6,6");
    String more = open(null).fingerprint();
    csv("cat/a.png,cat,5,5,6,7");
    assertThat(open(null).fingerprint()).isNotEqualTo(boxed).isNotEqualTo(more);
    assertThat(DataSources.open(data.toString(), 0.5, 1).fingerprint()).isEqualTo(plain);
  }
}
