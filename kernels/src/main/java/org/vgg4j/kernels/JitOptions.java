package org.vgg4j.kernels;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * What the JIT compiler must know about the vector kernels. Their loops are compiled on their own:
 * inlined into a large method they reach the compiler's limit of nodes in one run out of two, and
 * beyond that limit every vector becomes an object, which halves the speed of small networks. They
 * are also compiled after a fifth of the usual calls, since until then every vector is an object.
 *
 * <p>The commands are in {@code jit.txt}, which the launcher reads as well. Where Java was started
 * without them, the first part is installed through the JVM's diagnostic commands, which know no
 * thresholds. (Those take 0.3 s to start, so the launcher uses options.)
 */
public final class JitOptions {
  /** What {@link #install} returns if Java was started with the commands. */
  static final String GIVEN = "keeps the kernels' loops apart, as Java's options say";

  /** What {@link #install} returns if the JVM accepted the commands. */
  static final String INSTALLED = "keeps the kernels' loops apart, as vgg4j told it";

  private static final String NO_MODULE =
      "this Java lacks the module jdk.management; take a JDK, or make the run-time image anew,"
          + " jlink --add-modules jdk.management";

  private static final String FILE = "jit.txt";
  private static final String DONT_INLINE = "dontinline,";

  private JitOptions() {}

  /** Returns the options of the {@code java} command: one {@code -XX:CompileCommand} each. */
  public static List<String> commandLine() {
    return commands().stream().map(JitOptions::option).toList();
  }

  private static String option(String command) {
    return "-XX:CompileCommand=" + command;
  }

  private static List<String> commands() {
    InputStream file = JitOptions.class.getResourceAsStream(FILE);
    if (file == null) {
      throw new IllegalStateException(FILE + " is missing from the jar: build again");
    }
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8))) {
      return lines.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The methods that must not be inlined, as {@code package.Class::method} with wildcards. */
  static List<String> notInlined() {
    return commands().stream()
        .filter(command -> command.startsWith(DONT_INLINE))
        .map(command -> command.substring(DONT_INLINE.length()))
        .toList();
  }

  /** Whether Java was started with the commands. */
  static boolean areGiven(List<String> arguments) {
    return notInlined().stream().allMatch(p -> arguments.contains(option(DONT_INLINE + p)));
  }

  /**
   * Keeps the kernels' loops from being inlined, unless Java's options already do. To be called
   * before the kernels are first compiled; a second call, by another class loader too, changes
   * nothing.
   *
   * @return what the JIT compiler now does, or why not and what to do, as a phrase
   */
  static String install() {
    try {
      return Management.install();
    } catch (LinkageError e) {
      String[] arguments = ProcessHandle.current().info().arguments().orElse(new String[0]);
      return areGiven(List.of(arguments)) ? GIVEN : failed(NO_MODULE);
    }
  }

  private static String failed(String reason) {
    return "may halve the speed of small networks, for vgg4j could not tell it otherwise: "
        + reason;
  }

  // a class of its own, which is not loaded before it is used: its modules may be missing
  private static final class Management {
    /**
     * Methods whose compilation obeys the directive: callers outside run no loop of the kernels.
     */
    private static final String CALLERS = "org/vgg4j/kernels/*.*";

    static String install() {
      if (areGiven(ManagementFactory.getRuntimeMXBean().getInputArguments())) {
        return GIVEN;
      }
      try {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        if (areInstalled(server)) {
          return INSTALLED;
        }
        String answer = add(server);
        return areInstalled(server) ? INSTALLED : refused(answer.strip());
      } catch (InstanceNotFoundException e) {
        return failed(NO_MODULE);
      } catch (IOException e) {
        return failed(
            "no temporary file could be written (%s); give Java a folder for it, -Djava.io.tmpdir=DIR"
                .formatted(e.getMessage()));
      } catch (JMException | RuntimeException e) {
        return refused(String.valueOf(e.getMessage()));
      }
    }

    private static String refused(String answer) {
      return failed("this JVM refused (%s); take one with HotSpot, OpenJDK's".formatted(answer));
    }

    private static boolean areInstalled(MBeanServer server) throws JMException {
      String directives = call(server, "compilerDirectivesPrint");
      return notInlined().stream().allMatch(pattern -> directives.contains(slashes(pattern)));
    }

    private static String add(MBeanServer server) throws JMException, IOException {
      String patterns =
          notInlined().stream()
              .map(pattern -> "\"-" + slashes(pattern) + "\"")
              .collect(Collectors.joining(", "));
      Path file = Files.createTempFile("vgg4j-jit", ".json");
      try {
        Files.writeString(file, "[{match: \"%s\", inline: [%s]}]".formatted(CALLERS, patterns));
        return call(server, "compilerDirectivesAdd", "\"" + file + "\"");
      } finally {
        Files.deleteIfExists(file);
      }
    }

    /** As the JVM prints a pattern. */
    private static String slashes(String pattern) {
      return pattern.replace('.', '/').replace("::", ".");
    }

    private static String call(MBeanServer server, String command, String... arguments)
        throws JMException {
      Object answer =
          server.invoke(
              new ObjectName("com.sun.management:type=DiagnosticCommand"),
              command,
              new Object[] {arguments},
              new String[] {String[].class.getName()});
      return String.valueOf(answer);
    }
  }
}
