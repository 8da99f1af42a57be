package org.vgg4j.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Short real runs for the tests of rooms that look at them. */
public final class TinyRun {
  /** Images per step. */
  public static final int BATCH = 16;

  private TinyRun() {}

  /** Writes images of 3 classes: so many of each for training, 4 for validation, 4 for test. */
  public static Path pictures(Path root, int train) throws IOException {
    return TinyPictures.write(root, train, 4, 4);
  }

  /** As {@link #pictures}, with boxes beside them. */
  public static Path objects(Path root, int train) throws IOException {
    return TinyObjects.write(root, train, 4, 4);
  }

  /** Trains the smallest network for some epochs. */
  public static TrainingResult train(
      Path data, Path out, int epochs, TrainingListener listener, BooleanSupplier stop) {
    return train(new Options(), data, out, epochs, listener, stop);
  }

  /** Trains the smallest network that finds boxes for some epochs. */
  public static TrainingResult trainBoxes(
      Path data, Path out, int epochs, TrainingListener listener) {
    Options options = new Options();
    options.boxes = BoxConfig.DEFAULTS;
    return train(options, data, out, epochs, listener, () -> false);
  }

  private static TrainingResult train(
      Options options,
      Path data,
      Path out,
      int epochs,
      TrainingListener listener,
      BooleanSupplier stop) {
    options.data = data.toString();
    options.epochs = epochs;
    options.batch = BATCH;
    options.learningRate = 0.003;
    return Trainer.train(options.build(), out, listener, stop, Map.of("host", "here"));
  }
}
