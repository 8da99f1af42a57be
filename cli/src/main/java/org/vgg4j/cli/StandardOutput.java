package org.vgg4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import picocli.CommandLine.ExitCode;

/**
 * Where results go. A failure to write is neither ignored, as {@link System#out} does, nor a reason
 * to break off a long command: it is kept until the end, and then decides the exit code.
 */
final class StandardOutput extends OutputStream {
  /** Set by the launcher where a native library has file descriptor 1 to itself. */
  private static final String NUMBER = "vgg.stdout";

  private final OutputStream real;
  private @Nullable IOException failure;

  StandardOutput(OutputStream real) {
    this.real = real;
  }

  /**
   * Opens it. A native library that several processes need prints to standard output by itself, so
   * the launcher redirects that to standard error and keeps the real one under another descriptor.
   */
  static StandardOutput open() {
    String number = System.getProperty(NUMBER);
    if (number != null) {
      try {
        return new StandardOutput(new FileOutputStream("/dev/fd/" + number, true));
      } catch (IOException e) {
        // then the library's lines are among the results
      }
    }
    return new StandardOutput(new FileOutputStream(FileDescriptor.out));
  }

  @Override
  public synchronized void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    if (failure != null) {
      return;
    }
    try {
      real.write(bytes, offset, length);
    } catch (IOException e) {
      failure = e;
    }
  }

  /**
   * Fails if something could not be written, which a {@link PrintWriter} remembers ({@link
   * PrintWriter#checkError}), so that whoever only writes results can stop.
   */
  @Override
  public synchronized void flush() throws IOException {
    if (failure != null) {
      throw failure;
    }
    real.flush();
  }

  /**
   * The exit code of a command whose results went here.
   *
   * @param exitCode what it would be without this
   * @param err where a sentence goes if something is lost; a reader that has seen enough, as {@code
   *     head} has, gets none
   */
  synchronized int exitCode(int exitCode, PrintWriter err) {
    if (failure == null) {
      return exitCode;
    }
    String reason = AtomicFile.reason(failure);
    if (!reason.contains("Broken pipe")) {
      err.println("vgg: standard output cannot be written (" + reason + "): results are lost");
    }
    return exitCode == ExitCode.OK ? ExitCode.SOFTWARE : exitCode;
  }
}
