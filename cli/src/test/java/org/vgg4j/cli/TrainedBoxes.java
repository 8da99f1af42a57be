package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A small network that finds boxes in whole images, which lie in the middle and are of another size
 * for each class.
 *
 * @param boxes a CSV file, apart from the images
 * @param model the file
 */
record TrainedBoxes(Path boxes, Path model) {
  /** Of the images' 32 pixels. */
  private static final List<Integer> SIDES = List.of(10, 18, 28);

  /** Begins with a classification network, and learns from its data. */
  static TrainedBoxes in(Path folder, Trained classifier) throws IOException {
    Path boxes = writeBoxes(classifier.data(), folder.resolve("boxes.csv"));
    return new TrainedBoxes(boxes, train(folder.resolve("boxes"), classifier, boxes));
  }

  /** Trains a network; more options may follow. */
  static Path train(Path run, Trained classifier, Path boxes, String... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "localize",
                "train",
                "--from",
                classifier.model(),
                "--data",
                classifier.data(),
                "--boxes",
                boxes,
                "--out",
                run,
                "--scale=32",
                "--batch=16",
                "--epochs=12",
                "--lr=0.001",
                "--dropout=0",
                "--color-shift=0",
                "--quiet"));
    words.addAll(List.of(more));
    Vgg vgg = Vgg.run(words.toArray());
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return run.resolve("best/model.safetensors");
  }

  private static Path writeBoxes(Path data, Path file) throws IOException {
    List<String> lines = new ArrayList<>(List.of("file,label,xmin,ymin,xmax,ymax"));
    try (Stream<Path> images = Files.walk(data)) {
      for (Path image : images.filter(Files::isRegularFile).sorted().toList()) {
        String label = String.valueOf(image.getParent().getFileName());
        int edge = (32 - SIDES.get(Pictures.CLASSES.indexOf(label))) / 2;
        lines.add(
            "%s,%s,%d,%d,%d,%d"
                .formatted(data.relativize(image), label, edge, edge, 32 - edge, 32 - edge));
      }
    }
    return Files.write(file, lines);
  }
}
