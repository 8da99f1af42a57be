package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.image.TestImages;
import org.vgg4j.weights.Provenance;

/** A model is not measured on what it has learnt, unless that is asked for. */
class UnseenImagesTest {
  private static final UnseenImages DEFAULT = new UnseenImages(null, null, null);

  @TempDir static Path root;
  private static String pets;

  @BeforeAll
  static void folders() throws IOException {
    Path folder = root.resolve("pets");
    for (String name : List.of("cat", "dog")) {
      Path images = Files.createDirectories(folder.resolve(name));
      for (int i = 0; i < 10; i++) {
        TestImages.noise(9, 8, name.hashCode() + i).writePng(images.resolve(i + ".png"));
      }
    }
    pets = folder.toString();
  }

  private static Provenance trainedOn(String data, Map<String, Object> options) {
    return new Provenance(options, "pets", DataSources.fingerprint(data), "1.0", Map.of());
  }

  private static List<String> ids(Dataset dataset) {
    return IntStream.range(0, dataset.size()).mapToObj(dataset::id).toList();
  }

  @Test
  void ofItsTrainingDataWhatWasHeldOutOfIt() {
    Provenance provenance = trainedOn(pets, Map.of("seed", 5, "held-out", 0.3));
    List<String> measured = ids(DEFAULT.open(pets, provenance));
    assertThat(measured)
        .hasSize(6)
        .isEqualTo(ids(DataSources.open(pets, 0.3, 5).validation()))
        .doesNotContainAnyElementsOf(ids(DataSources.open(pets, 0.3, 5).train()));
  }

  @Test
  void whatIsAskedForComesFirst() {
    Provenance provenance = trainedOn(pets, Map.of("seed", 5, "held-out", 0.3));
    assertThat(ids(new UnseenImages(null, 0.5, 2L).open(pets, provenance)))
        .isEqualTo(ids(DataSources.open(pets, 0.5, 2).validation()));
    assertThat(ids(new UnseenImages(Split.TRAIN, null, null).open(pets, provenance)))
        .isEqualTo(ids(DataSources.open(pets, 0.3, 5).train()));
  }

  @Test
  void ofATrainingOnSomeImagesThoseThatWereHeldOutThen() {
    Provenance provenance = trainedOn(pets, Map.of("seed", 5, "held-out", 0.25, "limit", 8));
    assertThat(ids(DEFAULT.open(pets, provenance)))
        .isEqualTo(ids(DataSources.open(pets, 8, 0.25, 5).validation()));
  }

  @Test
  void testImagesWhereThereAreSome() {
    Provenance provenance = trainedOn("fashion-mini", Map.of("seed", 1, "held-out", 0.1));
    assertThat(ids(DEFAULT.open("fashion-mini", provenance)))
        .isEqualTo(ids(DataSources.open("fashion-mini", 0.1, 1).test()));
  }

  /** Labels decide what is held out, so of images with corrected ones nobody knows. */
  @Test
  void ofCorrectedLabelsNothingIsTakenForUnseen() throws IOException {
    Path table = root.resolve("labels.csv");
    StringBuilder text = new StringBuilder("image,labels\n");
    for (int i = 0; i < 10; i++) {
      text.append("cat/%d,cat%s\ndog/%d,dog\n".formatted(i, i % 2 == 0 ? ";even" : "", i));
    }
    Files.writeString(table, text);
    Provenance provenance =
        new Provenance(
            Map.of("seed", 5, "held-out", 0.3),
            "pets",
            DataSources.openLabelSets(pets, table.toString(), 0, 0.3, 5).fingerprint(),
            "1.0",
            Map.of());
    assertThat(ids(DEFAULT.openLabelSets(pets, table.toString(), provenance)))
        .isEqualTo(ids(DataSources.openLabelSets(pets, table.toString(), 0, 0.3, 5).validation()));
    String corrected = text.toString().replace("cat/1,cat", "cat/1,cat;even");
    Files.writeString(table, corrected);
    for (UnseenImages unseen : List.of(DEFAULT, new UnseenImages(Split.VAL, null, null))) {
      assertThatThrownBy(() -> unseen.openLabelSets(pets, table.toString(), provenance))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(
              "the model was trained on the images of %s with other labels than those of %s",
              pets, table)
          .hasMessageEndingWith("or say in a column part which images to measure it on");
    }
    assertThat(
            new UnseenImages(Split.TRAIN, null, null)
                .openLabelSets(pets, table.toString(), provenance)
                .size())
        .isPositive();
    assertThat(DEFAULT.openLabelSets(pets, table.toString(), null).size()).isEqualTo(20);
    // parts that the file says are the same, whatever the labels
    Files.writeString(
        table,
        corrected
            .replace("labels\n", "labels,part\n")
            .replaceAll("(?m)^(...)/9,(.*)$", "$1/9,$2,test")
            .replaceAll("(?m)^(.*/[0-8],[^,]*)$", "$1,train"));
    assertThat(ids(DEFAULT.openLabelSets(pets, table.toString(), provenance))).hasSize(2);
  }

  /** An image more, and nobody knows which of the others were held out. */
  @Test
  void changedDataAreNotSilentlyTakenForUnseen() throws IOException {
    Path folder = root.resolve("changing/pets");
    for (String name : List.of("cat/0", "cat/1", "cat/2", "dog/0", "dog/1", "dog/2")) {
      Path file = folder.resolve(name + ".png");
      Files.createDirectories(file.getParent());
      TestImages.noise(9, 8, name.hashCode()).writePng(file);
    }
    String data = folder.toString();
    Provenance provenance = trainedOn(data, Map.of("seed", 5, "held-out", 0.3));
    assertThat(DEFAULT.open(data, provenance).size()).isEqualTo(2);
    TestImages.noise(9, 8, 1).writePng(folder.resolve("cat/3.png"));
    UnseenImages held = new UnseenImages(Split.VAL, null, null);
    String sentence = "pets is called like what the model was trained on, but is not the same";
    assertThat(DEFAULT.open(data, provenance).notes()).anyMatch(note -> note.startsWith(sentence));
    assertThat(DEFAULT.openForChoices(data, provenance).notes())
        .anyMatch(note -> note.startsWith(sentence));
    assertThatThrownBy(() -> held.open(data, provenance))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(data + " is not the pets that the model was trained on, or has")
        .hasMessageEndingWith("restore it, or leave out option split if these are other images");
    assertThatThrownBy(() -> held.openForChoices(data, provenance))
        .isInstanceOf(InputException.class);
    assertThat(new UnseenImages(Split.TRAIN, null, null).open(data, provenance).notes()).isEmpty();
    Path elsewhere = root.resolve("elsewhere");
    Files.move(folder, elsewhere);
    assertThat(DEFAULT.open(elsewhere.toString(), provenance).notes()).isEmpty();
    Files.createDirectories(folder);
    Files.move(elsewhere, folder.resolve("train"));
    for (String label : List.of("cat", "dog")) {
      Path test = folder.resolve("test/" + label + "/0.png");
      Files.createDirectories(test.getParent());
      TestImages.noise(9, 8, 4).writePng(test);
    }
    assertThat(DEFAULT.openForChoices(data, provenance).notes()) // nobody asked for split val
        .anyMatch(note -> note.startsWith(sentence));
    assertThatThrownBy(() -> held.openForChoices(data, provenance))
        .isInstanceOf(InputException.class);
    Files.createDirectories(folder.resolve("val/cat"));
    Files.createDirectories(folder.resolve("val/dog"));
    TestImages.noise(9, 8, 2).writePng(folder.resolve("val/cat/0.png"));
    TestImages.noise(9, 8, 3).writePng(folder.resolve("val/dog/0.png"));
    assertThat(held.open(data, provenance).size()).isEqualTo(2); // a part of its own
  }

  /** What was learnt is what was not held out, by the options of then. */
  @Test
  void imagesThatAModelLearntFrom() {
    Provenance provenance = trainedOn(pets, Map.of("seed", 5, "held-out", 0.3));
    Set<String> unseen = Set.copyOf(ids(DEFAULT.open(pets, provenance)));
    Set<String> learnt = UnseenImages.learnt(pets, provenance);
    assertThat(learnt).hasSize(20 - unseen.size()).doesNotContainAnyElementsOf(unseen);
    Provenance other = trainedOn(pets, Map.of("seed", 6, "held-out", 0.3));
    assertThat(UnseenImages.learnt(pets, other)).hasSameSizeAs(learnt).isNotEqualTo(learnt);
    assertThat(UnseenImages.learnt(pets, trainedOn("fashion-mini", Map.of()))).isEmpty();
    assertThat(UnseenImages.learnt(pets, null)).isEmpty();
  }

  @Test
  void allImagesOfOtherData() {
    assertThat(DEFAULT.open(pets, trainedOn("fashion-mini", Map.of("held-out", 0.3))).size())
        .isEqualTo(20);
    assertThat(DEFAULT.open(pets, null).size()).isEqualTo(20);
  }
}
