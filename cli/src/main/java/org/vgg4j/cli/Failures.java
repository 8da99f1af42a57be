package org.vgg4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.Version;
import org.vgg4j.base.VggException;
import picocli.CommandLine.ExitCode;

/**
 * Shows a failure as one sentence that says what to do. A failure that has no such sentence is a
 * bug of ours and is reported as one: its stack trace goes into a file, or to the terminal if the
 * variable {@code VGG_DEBUG} is set.
 */
final class Failures {
  /** The variable that shows stack traces. */
  static final String DEBUG = "VGG_DEBUG";

  /** Modules of Java that a run-time image may lack, by the prefixes of their classes' names. */
  private static final Map<String, String> MODULES = new LinkedHashMap<>();

  static {
    MODULES.put("java/awt/", "java.desktop");
    MODULES.put("javax/imageio/", "java.desktop");
    MODULES.put("java/beans/", "java.desktop");
    MODULES.put("javax/xml/", "java.xml");
    MODULES.put("org/w3c/", "java.xml");
    MODULES.put("org/xml/", "java.xml");
    MODULES.put("java/sql/", "java.sql");
    MODULES.put("java/net/http/", "java.net.http");
    MODULES.put("java/lang/management/", "java.management");
    MODULES.put("java/util/logging/", "java.logging");
    MODULES.put("com/sun/management/", "jdk.management");
    MODULES.put("sun/misc/", "jdk.unsupported");
    MODULES.put("jdk/incubator/", "jdk.incubator.vector");
  }

  private Failures() {}

  /** Reports a failure; returns the exit code. */
  static int show(Throwable failure, PrintWriter err) {
    String sentence = sentence(failure);
    if (sentence == null) {
      err.println(
          "vgg: this is an error in vgg4j itself, not in what was asked for: " + inShort(failure));
      err.println(
          "Please report it to the project's issue tracker, with the command and "
              + whereTheRestIs(failure)
              + ".");
    } else {
      err.println("vgg: " + sentence);
    }
    if (debug()) {
      failure.printStackTrace(err);
    }
    err.flush();
    return ExitCode.SOFTWARE;
  }

  private static boolean debug() {
    String set = System.getenv(DEBUG);
    return set != null && !set.isEmpty() && !set.equals("0");
  }

  /** The sentence for what the user can do something about; null for a bug of ours. */
  static @Nullable String sentence(Throwable failure) {
    int depth = 0;
    for (Throwable cause = failure; cause != null && depth < 20; cause = cause.getCause()) {
      String sentence = ownSentence(cause);
      if (sentence != null) {
        return sentence;
      }
      depth++;
    }
    return null;
  }

  private static @Nullable String ownSentence(Throwable failure) {
    if (failure instanceof VggException) {
      // -Xmx is Java's option; users give it by the launcher's variable
      return String.valueOf(failure.getMessage()).replace("(-Xmx...)", "(VGG_JAVA_OPTS=-Xmx...)");
    }
    if (failure instanceof OutOfMemoryError) {
      return outOfMemory(String.valueOf(failure.getMessage()));
    }
    if (failure instanceof StackOverflowError) {
      return "something is nested too deeply for Java's stack: give it more"
          + " (VGG_JAVA_OPTS=-Xss16m); if that does not help, please report it to the"
          + " project's issue tracker";
    }
    if (failure instanceof InvalidPathException path) {
      return "'%s' cannot be the name of a file here: %s"
          .formatted(path.getInput(), FileNames.remedy("leave out such characters"));
    }
    if (failure instanceof LinkageError || failure instanceof ClassNotFoundException) {
      return missing(String.valueOf(failure.getMessage()).replace('.', '/'));
    }
    if (failure instanceof IOException io) {
      return "a file cannot be read or written: " + reason(io);
    }
    return null;
  }

  private static String outOfMemory(String detail) {
    if (detail.contains("thread")) {
      return "the system allows this process no more threads: take fewer --threads, or raise the"
          + " limit (ulimit -u)";
    }
    if (detail.contains("Metaspace") || detail.contains("irect buffer")) {
      return "out of memory outside Java's heap (%s): free some, or leave out the JVM option that limits it"
          .formatted(detail);
    }
    return "out of memory: Java has a heap of %s; take a smaller batch, or give Java more (VGG_JAVA_OPTS=-Xmx...)"
        .formatted(Bytes.available(Runtime.getRuntime().maxMemory()));
  }

  /**
   * @param name of a class, with slashes, and whatever else the message says
   */
  private static @Nullable String missing(String name) {
    for (Map.Entry<String, String> module : MODULES.entrySet()) {
      if (name.contains(module.getKey())) {
        return "this needs the module %s, which this Java (%s) was built without: use a JDK, or rebuild the run-time image with jlink --add-modules %s"
            .formatted(module.getValue(), System.getProperty("java.home"), module.getValue());
      }
    }
    return null;
  }

  private static String reason(IOException failure) {
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof CharacterCodingException || message.contains("unmappable")) {
      return message + ": " + FileNames.remedy("rename the file");
    }
    return failure instanceof FileSystemException file && file.getFile() != null
        ? file.getFile() + ": " + AtomicFile.reason(failure)
        : AtomicFile.reason(failure);
  }

  private static String inShort(Throwable failure) {
    String message = failure.getMessage();
    return failure.getClass().getSimpleName() + (message == null ? "" : ", " + message);
  }

  private static String whereTheRestIs(Throwable failure) {
    if (debug()) {
      return "what follows (vgg4j " + Version.get() + ", Java " + Runtime.version() + ")";
    }
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    try {
      Path file = Files.createTempFile("vgg-error-", ".txt");
      Files.writeString(
          file,
          "vgg4j %s, Java %s (%s), %s %s%n%s"
              .formatted(
                  Version.get(),
                  Runtime.version(),
                  System.getProperty("java.vendor"),
                  System.getProperty("os.name"),
                  System.getProperty("os.arch"),
                  trace));
      return "the file " + file + ", which says where it happened";
    } catch (IOException e) {
      return "its output with " + DEBUG + "=1 (vgg4j " + Version.get() + ")";
    }
  }
}
