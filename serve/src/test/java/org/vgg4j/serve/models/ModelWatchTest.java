package org.vgg4j.serve.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.TestModels;

/** Files of models that change while they are served. */
class ModelWatchTest {
  private static final long HEAP = 1L << 40;

  @TempDir Path root;

  private static int classes(ServedModels models) {
    try (ServedModels.Lease lease = models.lease(null)) {
      return lease.model().classNames().size();
    }
  }

  @Test
  void aRefusedFileIsTriedAgainAMinuteLater() throws Exception {
    Path file = root.resolve("model.safetensors");
    Path other = root.resolve("other.safetensors");
    TestModels.random(Configuration.A, "a", "b").write(file);
    TestModels.random(Configuration.A, "a", "b", "c").write(other);
    Memory memory = new Memory(HEAP);
    AtomicLong nanos = new AtomicLong();
    try (ServedModels models =
            new ServedModels(
                ClassifierOptions.defaults().withThreads(1).withPasses(1), 1, true, memory);
        ModelWatch watch = new ModelWatch(models, TimeUnit.HOURS.toMillis(1), nanos::get)) {
      models.load("model", file);
      Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
      long rest = HEAP - memory.reserved();
      memory.reserve(rest, "something else", "end it");
      watch.look();
      watch.look(); // refused: there is no memory for it
      memory.release(rest);
      nanos.addAndGet(TimeUnit.SECONDS.toNanos(59));
      watch.look();
      assertThat(classes(models)).isEqualTo(2);
      nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
      watch.look();
      assertThat(classes(models)).isEqualTo(3);
    }
  }
}
