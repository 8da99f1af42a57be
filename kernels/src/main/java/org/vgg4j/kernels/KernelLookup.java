package org.vgg4j.kernels;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleFinder;
import java.lang.reflect.InvocationTargetException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.scalar.ScalarKernels;

/**
 * Chooses the kernels once for the process: the vector kernels where this JVM can run them, else
 * the scalar ones. {@code -Dvgg.kernels=scalar|vector} forces a choice, and a forced choice that is
 * not available is an error, not a fallback. One line is logged: a warning, with the remedy, if the
 * scalar kernels are a fallback.
 *
 * <p>The vector kernels are looked up by name, since they cannot be loaded without their module
 * (the manner of Lucene's vectorisation provider).
 */
public final class KernelLookup {
  /** The system property that forces a choice. */
  public static final String PROPERTY = "vgg.kernels";

  private static final Logger LOG = System.getLogger(KernelLookup.class.getName());
  private static final String VECTOR_CLASS = "org.vgg4j.kernels.vector.VectorKernels";
  private static final String VECTOR_MODULE = "jdk.incubator.vector";
  private static final int C2_LEVEL = 4;

  /**
   * The kernels and why they were chosen.
   *
   * @param kernels the kernels to use
   * @param reason one sentence; of a fallback, with the remedy
   * @param compiler what the JIT compiler does with them, as a phrase
   * @param fallback whether faster kernels were wanted and cannot be had here
   */
  public record Choice(Kernels kernels, String reason, String compiler, boolean fallback) {
    private static Choice scalar(String reason, boolean fallback) {
      return new Choice(new ScalarKernels(), reason, "needs no options for them", fallback);
    }

    private static Choice vector(String reason) {
      String compiler = JitOptions.install();
      return new Choice(load(), reason, compiler, false);
    }

    Level logLevel() {
      return fallback ? Level.WARNING : Level.INFO;
    }

    String logLine() {
      return "kernels: %s (%s)%s; %s"
          .formatted(
              kernels.name(),
              kernels.description(),
              fallback ? ", many times slower than the vector kernels" : "",
              reason);
    }
  }

  private KernelLookup() {}

  // made on first use, under the JVM's own lock; a failure is kept as its sentence, since an
  // exception in a static initialiser would surface as an error that hides it
  private static final class Holder {
    static final @Nullable Choice CHOICE;
    static final String FAILURE;

    static {
      Choice choice = null;
      String failure = "";
      try {
        choice = chooseAndLog();
      } catch (IllegalStateException e) {
        failure = String.valueOf(e.getMessage());
      }
      CHOICE = choice;
      FAILURE = failure;
    }
  }

  /**
   * Returns the choice of this process.
   *
   * @throws IllegalStateException if a forced choice is not available
   */
  public static Choice get() {
    Choice choice = Holder.CHOICE;
    if (choice == null) {
      throw new IllegalStateException(Holder.FAILURE);
    }
    return choice;
  }

  private static Choice chooseAndLog() {
    Choice choice = choose(System.getProperty(PROPERTY, ""));
    LOG.log(choice.logLevel(), choice.logLine());
    return choice;
  }

  /**
   * @param forced value of the property, empty if not set
   */
  static Choice choose(String forced) {
    String obstacle = obstacle();
    switch (forced.toLowerCase(Locale.ROOT)) {
      case "scalar":
        return Choice.scalar("forced by -D" + PROPERTY, false);
      case "vector":
        if (obstacle != null) {
          throw new IllegalStateException(
              String.format(
                  "-D%s=vector is not possible: %s; or use -D%s=scalar, or leave it out",
                  PROPERTY, obstacle, PROPERTY));
        }
        return Choice.vector("forced by -D" + PROPERTY);
      case "":
        return obstacle == null
            ? Choice.vector("the Vector API is there")
            : Choice.scalar(obstacle, true);
      default:
        throw new IllegalStateException(
            "-D" + PROPERTY + "=" + forced + " is unknown: use scalar or vector");
    }
  }

  /** Why the vector kernels are unavailable or slow here, and what to do; null if they are fine. */
  private static @Nullable String obstacle() {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
      if (ModuleFinder.ofSystem().find(VECTOR_MODULE).isEmpty()) {
        return "the vector kernels need the module %s, which this Java was made without: take a JDK, or make the run-time image anew, jlink --add-modules %s"
            .formatted(VECTOR_MODULE, VECTOR_MODULE);
      }
      return "the vector kernels need --add-modules " + VECTOR_MODULE + " on the java command line";
    }
    if (!optimisingCompilerWorks()) {
      return "the vector kernels need the JIT compiler C2: remove -Xint or -XX:TieredStopAtLevel";
    }
    if (option("UseFMA").equals("false")) {
      return "the vector kernels need a processor with fused multiply-adds, and the JVM sees none:"
          + " take another machine, or accept the speed with -D"
          + PROPERTY
          + "=scalar";
    }
    return null;
  }

  /** Without C2 each vector is an object: far slower than plain loops. */
  private static boolean optimisingCompilerWorks() {
    if (System.getProperty("java.vm.info", "").contains("interpreted")) {
      return false;
    }
    String level = option("TieredStopAtLevel");
    return level.isEmpty() || Integer.parseInt(level) >= C2_LEVEL;
  }

  /**
   * The value of an option of this JVM; empty if it has no such option, or is a run-time image
   * without the module jdk.management.
   */
  private static String option(String name) {
    try {
      return JvmOptions.value(name);
    } catch (LinkageError | IllegalArgumentException e) {
      return "";
    }
  }

  // a class of its own, which is not loaded before it is used
  private static final class JvmOptions {
    static String value(String name) {
      HotSpotDiagnosticMXBean options =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return options == null ? "" : options.getVMOption(name).getValue();
    }
  }

  private static Kernels load() {
    try {
      return (Kernels) Class.forName(VECTOR_CLASS).getDeclaredConstructor().newInstance();
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(String.valueOf(e.getTargetException().getMessage()), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(VECTOR_CLASS + " is missing from the jar: build again", e);
    }
  }
}
