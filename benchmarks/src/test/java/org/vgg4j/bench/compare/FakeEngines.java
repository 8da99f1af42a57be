package org.vgg4j.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Engines that do what a test wants, in processes of their own. */
final class FakeEngines {
  /** System property: a file to which each run is written. */
  static final String LOG = "vgg.test.log";

  private FakeEngines() {}

  /** Its scores are always 1, 2, 3, but the last is what the system property says. */
  public static final class Constant implements Contender.Factory {
    static final String LAST = "vgg.test.last";

    @Override
    public Contender open(Job job) {
      float last = Float.parseFloat(System.getProperty(LAST, "3"));
      return new Contender() {
        @Override
        public void run() throws Exception {
          write(job.variant() + " begins");
          Thread.sleep(5);
          write(job.variant() + " ends");
        }

        @Override
        public float[] scores() {
          return new float[] {1, 2, last};
        }
      };
    }

    private static void write(String line) throws IOException {
      String log = System.getProperty(LOG);
      if (log != null) {
        Files.writeString(
            Path.of(log), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    }
  }

  /** Prints noise, and ends in the middle of its work. */
  public static final class Dying implements Contender.Factory {
    @Override
    public Contender open(Job job) {
      System.out.println("noise of a library");
      return new Contender() {
        @Override
        public void run() {
          System.err.println("terminate called after throwing an instance of 'std::bad_alloc'");
          Runtime.getRuntime().halt(134);
        }

        @Override
        public float[] scores() {
          return new float[] {1, 2, 3};
        }
      };
    }
  }

  /** Cannot load its native library. */
  public static final class Unlinked implements Contender.Factory {
    @Override
    public Contender open(Job job) {
      throw new UnsatisfiedLinkError("no jnitorch in java.library.path");
    }
  }

  /** Throws when it runs. */
  public static final class Throwing implements Contender.Factory {
    @Override
    public Contender open(Job job) {
      return new Contender() {
        @Override
        public void run() throws IOException {
          throw new IOException("the model is broken\nand more lines");
        }

        @Override
        public float[] scores() {
          return new float[] {1, 2, 3};
        }
      };
    }
  }
}
