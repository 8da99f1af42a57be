package org.vgg4j.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.image.TestImages;
import org.vgg4j.train.RunFolder;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;
import org.vgg4j.weights.TestModels;

/** Run folders whose content is known, written without training. */
final class Runs {
  static final String HEADER =
      "epoch,step,learning_rate,train_loss,train_top1_error,val_loss,val_top1_error,val_top5_error,"
          + "images_per_second,seconds,data_wait_share";

  private Runs() {}

  /** A folder with val/ and train/: of class i, i + 1 images each. */
  static Path data(Path folder, List<String> classes) throws IOException {
    for (String part : List.of("train", "val")) {
      for (int label = 0; label < classes.size(); label++) {
        Path home = Files.createDirectories(folder.resolve(part).resolve(classes.get(label)));
        for (int i = 0; i <= label; i++) {
          TestImages.plain(40, 36, 40 * label, 100, 200).writePng(home.resolve(i + ".png"));
        }
      }
    }
    return folder;
  }

  /** A run of so many epochs; without a model. */
  static RunFolder folder(Path path, String data, int epochs, String provenance)
      throws IOException {
    Files.createDirectories(path);
    Files.writeString(
        path.resolve("config.yaml"),
        "data: '%s'\nheld-out: 0.1\narch: A\nbatch: 16\nmicro-batch: 4\nseed: 7\nthreads: 2\n"
            .formatted(data));
    List<String> lines = new ArrayList<>(List.of(HEADER));
    for (int epoch = 1; epoch <= epochs; epoch++) {
      double fall = 1.0 / epoch;
      lines.add(
          "%d,%d,%s,%.4f,%.2f,%.4f,%.2f,%.2f,%d,%d,%.4f"
              .formatted(
                  epoch,
                  10 * epoch,
                  epoch < 3 ? 0.01 : 0.001,
                  2 * fall,
                  80 * fall,
                  3 * fall,
                  90 * fall,
                  20 * fall,
                  1000 + epoch,
                  5 * epoch,
                  0.02 * epoch));
    }
    Files.write(path.resolve("metrics.csv"), lines);
    Files.writeString(path.resolve("unreadable.csv"), "set,index,file,reason\n");
    if (!provenance.isEmpty()) {
      Files.writeString(path.resolve("provenance.json"), provenance);
    }
    return new RunFolder(path);
  }

  /** Gives the run a best model that says the same of each image: the soft-max of the scores. */
  static void addModel(RunFolder run, String data, float[] scores, List<String> classes) {
    addModel(
        run,
        TestModels.constant(scores, classes.toArray(new String[0])),
        DataSources.fingerprint(data));
  }

  /**
   * Gives the run a best model, of epoch 2.
   *
   * @param data fingerprint of the data set
   */
  static void addModel(RunFolder run, ModelFile model, String data) {
    Provenance provenance =
        new Provenance(Map.of("seed", 7), "pets", data, "1.0", new TreeMap<>(Map.of("epoch", 2.0)));
    new ModelFile(
            model.architecture(),
            model.arrays(),
            model.preprocessing(),
            model.classNames(),
            provenance)
        .write(run.bestModel());
  }
}
