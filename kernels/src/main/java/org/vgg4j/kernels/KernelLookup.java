package org.vgg4j.kernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;
import org.vgg4j.kernels.scalar.ScalarKernels;

/**
 * Chooses the kernels once for the process: the Vector API's where this JVM has them, else the
 * scalar ones. {@code -Dvgg.kernels=scalar|vector} forces a choice, and a forced choice that cannot
 * be had is an error, not a fallback. One line is logged.
 *
 * <p>The vector kernels are looked up by name, since they cannot be loaded without their module
 * (the manner of Lucene's vectorisation provider).
 */
public final class KernelLookup {
  /** The system property that forces a choice. */
  public static final String PROPERTY = "vgg.kernels";

  private static final Logger LOG = System.getLogger(KernelLookup.class.getName());
  private static final String VECTOR_CLASS = "org.vgg4j.kernels.vector.VectorKernels";

  /**
   * The kernels and why they were chosen.
   *
   * @param kernels the kernels to use
   * @param reason one sentence
   */
  public record Choice(Kernels kernels, String reason) {}

  private KernelLookup() {}

  // initialised on first use, by the JVM's own lock
  private static final class Holder {
    static final Choice CHOICE = chooseAndLog();
  }

  /**
   * Returns the choice of this process.
   *
   * @throws IllegalStateException if a forced choice cannot be had
   */
  public static Choice get() {
    return Holder.CHOICE;
  }

  private static Choice chooseAndLog() {
    Choice choice = choose(System.getProperty(PROPERTY, ""));
    LOG.log(
        Level.INFO,
        "kernels: {0} ({1}); {2}",
        choice.kernels().name(),
        choice.kernels().description(),
        choice.reason());
    return choice;
  }

  /**
   * @param forced value of the property, empty if not set
   */
  static Choice choose(String forced) {
    switch (forced.toLowerCase(Locale.ROOT)) {
      case "scalar":
        return new Choice(new ScalarKernels(), "forced by -D" + PROPERTY);
      case "vector":
        try {
          return new Choice(load(), "forced by -D" + PROPERTY);
        } catch (ReflectiveOperationException | LinkageError e) {
          throw new IllegalStateException(
              "-D"
                  + PROPERTY
                  + "=vector cannot be had: "
                  + whyNot(e)
                  + "; or use -D"
                  + PROPERTY
                  + "=scalar, or leave it out",
              e);
        }
      case "":
        try {
          return new Choice(load(), "the Vector API is available");
        } catch (ReflectiveOperationException | LinkageError e) {
          return new Choice(new ScalarKernels(), whyNot(e));
        }
      default:
        throw new IllegalStateException(
            "-D" + PROPERTY + "=" + forced + " is unknown: use scalar or vector");
    }
  }

  private static Kernels load() throws ReflectiveOperationException {
    return (Kernels) Class.forName(VECTOR_CLASS).getDeclaredConstructor().newInstance();
  }

  private static String whyNot(Throwable failure) {
    if (failure instanceof ClassNotFoundException) {
      return "this version of vgg4j has no vector kernels yet";
    }
    return "add --add-modules jdk.incubator.vector to the java command for the vector kernels ("
        + failure
        + ")";
  }
}
