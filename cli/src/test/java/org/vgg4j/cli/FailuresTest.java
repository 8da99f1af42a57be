package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.base.InputException;

class FailuresTest {
  private static String show(Throwable failure) {
    StringWriter text = new StringWriter();
    assertThat(Failures.show(failure, new PrintWriter(text, true))).isEqualTo(1);
    return text.toString();
  }

  static Stream<Arguments> sentences() {
    return Stream.of(
        Arguments.of(new InputException("a.png is no picture"), "vgg: a.png is no picture"),
        Arguments.of(
            new IllegalStateException(new CompletionException(new InputException("deep inside"))),
            "vgg: deep inside"),
        Arguments.of(new OutOfMemoryError("Java heap space"), "heap of .* MB.*VGG_JAVA_OPTS=-Xmx"),
        Arguments.of(
            new CompletionException(new OutOfMemoryError("Java heap space")), "VGG_JAVA_OPTS=-Xmx"),
        Arguments.of(
            new OutOfMemoryError("unable to create native thread: possibly out of memory"),
            "no more threads: take fewer --threads"),
        Arguments.of(new StackOverflowError(), "VGG_JAVA_OPTS=-Xss16m"),
        Arguments.of(
            new UncheckedIOException(new AccessDeniedException("/data/x.png")),
            "/data/x.png: permission denied"),
        Arguments.of(new IOException("No space left on device"), "No space left on device"),
        Arguments.of(
            new InvalidPathException("caf\u00e9", "unmappable"), "'caf\u00e9' cannot be the name"),
        Arguments.of(
            new NoClassDefFoundError("java/awt/image/BufferedImage"), "module java\\.desktop"),
        Arguments.of(new NoClassDefFoundError("sun/misc/Signal"), "module jdk\\.unsupported"),
        Arguments.of(
            new NoClassDefFoundError("com/sun/management/VMOption"), "module jdk\\.management"),
        Arguments.of(new ClassNotFoundException("javax.imageio.ImageIO"), "module java\\.desktop"));
  }

  @ParameterizedTest
  @MethodSource("sentences")
  void aSentenceAndNoStackTrace(Throwable failure, String expected) {
    String shown = show(failure);
    assertThat(shown).startsWith("vgg: ").containsPattern(expected);
    assertThat(shown.lines()).hasSize(1);
    assertThat(shown).doesNotContain("Exception", "\tat ");
  }

  @Test
  void ourOwnErrorsSayWhereToReportThemAndWhereTheRestIs() throws IOException {
    String shown = show(new IllegalStateException("the impossible"));
    assertThat(shown.lines()).hasSize(2);
    assertThat(shown)
        .startsWith("vgg: this is an error in vgg4j itself")
        .contains("the impossible", "report it to the project's issue tracker")
        .doesNotContain("\tat ");
    Matcher file = Pattern.compile("the file (\\S+),").matcher(shown);
    assertThat(file.find()).isTrue();
    Path trace = Path.of(file.group(1));
    assertThat(trace)
        .content()
        .contains("vgg4j ", "Java ", "IllegalStateException", "FailuresTest");
    Files.delete(trace);
  }

  /** A cause that is its own cause must not be followed for ever. */
  @Test
  void circularCauses() {
    Exception first = new IllegalStateException("first");
    Exception second = new IllegalStateException("second", first);
    first.initCause(second);
    assertThat(Failures.sentence(first)).isNull();
  }
}
