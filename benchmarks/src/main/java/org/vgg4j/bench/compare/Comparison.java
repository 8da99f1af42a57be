package org.vgg4j.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;

/**
 * Measures engines on a workload: first checks that they compute the same, then lets them take
 * turns, round by round, so that whatever slows down the machine for a while affects all alike.
 *
 * <p>Training is compared without dropout, since each engine draws its own masks, and at a rate
 * that changes the scores. That needs memory that training itself does not, hence the separate
 * process.
 */
final class Comparison implements AutoCloseable {
  /**
   * How long to measure.
   *
   * @param rounds turns of each engine
   * @param turnSeconds how long a turn lasts at least, with at least one run
   * @param pauseSeconds pause between turns: threads of libtorch's BLAS keep a processor busy for a
   *     tenth of a second after their work
   * @param warmUpRuns the fewest runs before the first round
   * @param warmUpSeconds how long these last at least
   */
  record Pace(
      int rounds, double turnSeconds, double pauseSeconds, int warmUpRuns, double warmUpSeconds) {}

  private static final double DROPOUT = 0.5;
  private static final double RATE = 1e-6; // so small that the weights do not change
  private static final int COMPARED_STEPS = 2;

  private final int threads;
  private final Pace pace;
  private final Consumer<String> progress;
  private final Path folder;
  private final ConcurrentLinkedQueue<Child> children = new ConcurrentLinkedQueue<>();
  private final Thread cleaner = new Thread(this::stop, "cleaner");
  private volatile boolean stopped;

  /**
   * @param threads number of threads of each engine
   * @param progress receives a line about each step
   * @throws InputException if there is no place for temporary files
   */
  Comparison(int threads, Pace pace, Consumer<String> progress) {
    this.threads = threads;
    this.pace = pace;
    this.progress = progress;
    try {
      this.folder = Files.createTempDirectory("vgg4j-compare");
    } catch (IOException e) {
      throw new InputException("cannot make a temporary folder: " + e, e);
    }
    Runtime.getRuntime().addShutdownHook(cleaner);
  }

  /**
   * Measures.
   *
   * @param engines the first is the reference
   * @throws InputException if an engine fails, or its scores differ from the reference's by more
   *     than its tolerance
   */
  Result run(Workload workload, List<EngineSpec> engines) {
    progress.accept(workload.title() + ": drawing weights and images");
    new Inputs(folder, workload).write();
    List<Child> ready = new ArrayList<>();
    try {
      List<float[]> scores = new ArrayList<>();
      if (workload.trains()) {
        for (EngineSpec engine : engines) {
          progress.accept(engine.title() + ": training steps to compare");
          scores.add(scoresAfterSteps(workload, engine));
          requireAgreement(workload, engines, scores);
        }
      }
      for (EngineSpec engine : engines) {
        progress.accept(engine.title() + ": warming up");
        Child child = start(engine);
        ready.add(child);
        child.open(job(workload, engine, DROPOUT, RATE));
        child.run(pace.warmUpRuns(), pace.warmUpSeconds());
        if (!workload.trains()) {
          scores.add(child.scores());
          requireAgreement(workload, engines, scores);
        }
      }
      return result(workload, ready, scores, rounds(workload, ready));
    } catch (InputException e) {
      throw stopped ? new InputException("stopped", e) : e;
    } finally {
      ready.forEach(this::end);
    }
  }

  private Job job(Workload workload, EngineSpec engine, double dropout, double rate) {
    return new Job(workload, engine.variant(), threads, dropout, rate, folder.toString());
  }

  private Child start(EngineSpec engine) {
    Child child = Child.start(engine, folder, threads);
    children.add(child);
    if (stopped) {
      child.kill();
    }
    return child;
  }

  private void end(Child child) {
    child.close();
    children.remove(child);
  }

  private float[] scoresAfterSteps(Workload workload, EngineSpec engine) {
    Child child = start(engine);
    try {
      child.open(job(workload, engine, 0, workload.comparedRate()));
      float[] before = child.scores();
      child.run(COMPARED_STEPS, 0);
      float[] after = child.scores();
      // otherwise an engine that does nothing would pass, too
      if (!(Scores.difference(before, after) > engine.precision().tolerance(workload))) {
        throw new InputException(
            engine.name() + " did not train: its scores hardly changed in " + workload.name());
      }
      return after;
    } finally {
      end(child);
    }
  }

  /** Compares the last scores with the first. */
  private static void requireAgreement(
      Workload workload, List<EngineSpec> engines, List<float[]> scores) {
    EngineSpec reference = engines.get(0);
    EngineSpec engine = engines.get(scores.size() - 1);
    double difference = Scores.difference(scores.get(0), scores.get(scores.size() - 1));
    double allowed =
        Math.max(engine.precision().tolerance(workload), reference.precision().tolerance(workload));
    if (!(difference <= allowed)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s and %s do not compute the same in %s: their scores differ by %.2g of the largest,"
                  + " and rounding explains %.2g; nothing is reported",
              reference.name(),
              engine.name(),
              workload.name(),
              difference,
              allowed));
    }
  }

  /** Milliseconds per image, by engine, then by round. */
  private double[][] rounds(Workload workload, List<Child> ready) {
    double[][] millis = new double[ready.size()][pace.rounds()];
    for (int round = 0; round < pace.rounds(); round++) {
      progress.accept(String.format("round %d of %d", round + 1, pace.rounds()));
      for (int i = 0; i < ready.size(); i++) {
        pause();
        double[] turn =
            Arrays.stream(ready.get(i).run(1, pace.turnSeconds()))
                .mapToDouble(nanos -> nanos / 1e6 / workload.batch())
                .toArray();
        millis[i][round] = Statistics.median(turn);
      }
    }
    return millis;
  }

  private void pause() {
    try {
      Thread.sleep(Math.round(1000 * pace.pauseSeconds()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputException("stopped", e);
    }
  }

  private Result result(
      Workload workload, List<Child> ready, List<float[]> scores, double[][] millis) {
    List<Result.Measured> measured = new ArrayList<>();
    for (int i = 0; i < ready.size(); i++) {
      EngineSpec engine = ready.get(i).spec();
      double[] ratios = new double[pace.rounds()];
      for (int round = 0; round < ratios.length; round++) {
        ratios[round] = millis[i][round] / millis[0][round];
      }
      double median = Statistics.median(millis[i]);
      OptionalLong peak = ready.get(i).peakMemory();
      measured.add(
          new Result.Measured(
              engine.name(),
              engine.title(),
              median,
              Arrays.stream(millis[i]).min().orElseThrow(),
              Arrays.stream(millis[i]).max().orElseThrow(),
              1000 / median,
              Statistics.median(ratios),
              peak.isPresent() ? peak.getAsLong() : null,
              Scores.difference(scores.get(0), scores.get(i)),
              engine.precision().tolerance(workload),
              Arrays.stream(millis[i]).boxed().toList()));
    }
    return new Result(
        workload, threads, Version.get(), Runtime.version().toString(), List.copyOf(measured));
  }

  /** If a signal ends the driver, no other process may outlive it. */
  private void stop() {
    stopped = true;
    children.forEach(Child::kill);
    deleteFiles();
  }

  private void deleteFiles() {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      progress.accept("cannot delete " + folder + ": " + e);
    }
  }

  /** Deletes the temporary files. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException e) {
      return; // the process is ending: the cleaner is at it
    }
    deleteFiles();
  }
}
