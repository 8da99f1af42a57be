package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A small trained model.
 *
 * @param data a folder with train/, val/ and test/
 * @param model the file
 */
record Trained(Path data, Path model) {
  static Trained in(Path folder) throws IOException {
    Path data = Pictures.writeParts(folder.resolve("pets"));
    Path run = folder.resolve("trained");
    Vgg vgg =
        Vgg.run(
            "train",
            "--data",
            data,
            "--out",
            run,
            "--width=0.03",
            "--batch=16",
            "--epochs=8",
            "--dropout=0.1",
            "--schedule=paper",
            "--color-shift=0");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return new Trained(data, run.resolve("best/model.safetensors"));
  }
}
