package org.vgg4j.cli;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;

/**
 * Frames of videos, at equal intervals from the beginning: those that are seen at these times. The
 * program ffmpeg decodes them into a pipe; nothing is written to disk.
 *
 * @param program ffmpeg, on the PATH or with its folder
 * @param everyMillis the interval in milliseconds
 */
record VideoFrames(String program, long everyMillis) {
  private static final Set<String> EXTENSIONS =
      Set.of(
          "mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "wmv", "flv", "3gp", "ogv",
          "mts", "m2ts");

  private static final Pattern INTERVAL = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)(ms|s|m)?");

  /**
   * Reads an interval such as 1s, 0.5s, 200ms or 2m; a number alone is in seconds.
   *
   * @throws InputException if it is none, less than a millisecond, or no whole number of them
   */
  static long millis(String text) {
    Matcher parts = INTERVAL.matcher(text.strip());
    if (!parts.matches()) {
      throw new InputException(
          "option every is %s but must be a time such as 1s, 200ms or 2m".formatted(text));
    }
    String unit = parts.group(2) == null ? "s" : parts.group(2);
    long factor = unit.equals("ms") ? 1 : unit.equals("s") ? 1000 : 60_000;
    BigDecimal millis = new BigDecimal(parts.group(1)).multiply(BigDecimal.valueOf(factor));
    if (millis.compareTo(BigDecimal.ONE) < 0) {
      throw new InputException("option every is %s but must be at least 1ms".formatted(text));
    }
    if (millis.stripTrailingZeros().scale() > 0) {
      throw new InputException(
          "option every is %s but must be in whole milliseconds, such as %dms"
              .formatted(text, millis.longValue()));
    }
    return millis.longValue();
  }

  /** Whether a file is a video by its name. */
  static boolean isVideo(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1))
        && !Files.isDirectory(file);
  }

  /** Sends the frames of a video, named by their times, such as {@code film.mp4@12.0s}. */
  void send(Path video, ClassifyInputs.Receiver receiver) {
    if (!Files.exists(video)) {
      receiver.failed("there is no video file " + video + ": check the path");
      return;
    }
    Process process;
    try {
      process = new ProcessBuilder(command(video)).start();
    } catch (IOException e) {
      receiver.failed(
          "%s is a video, for which the program ffmpeg is needed: install it, so that it is on the PATH"
              .formatted(video));
      return;
    }
    try {
      process.getOutputStream().close();
      LastLine complaint = new LastLine(process.getErrorStream());
      int frames = frames(process.getInputStream(), video, receiver);
      if (!receiver.stopped()) {
        requireAll(video, process, frames, complaint, receiver);
      }
    } catch (IOException e) {
      receiver.failed(
          "%s cannot be read: what ffmpeg sends is broken off or no image (%s)"
              .formatted(video, AtomicFile.reason(e)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      receiver.failed(video + " cannot be read: waiting for ffmpeg was interrupted");
    } finally {
      Process unused = process.destroyForcibly();
    }
  }

  private List<String> command(Path video) {
    // rounding up, a frame is sent from its own time until the next one's: the one that is seen;
    // pixels that are no squares, as those of DVDs and many camcorders, would leave it squeezed
    return List.of(
        program,
        "-nostdin",
        "-v",
        "error",
        "-i",
        "file:" + video,
        "-map",
        "0:v:0",
        "-vf",
        "fps=fps=1000/" + everyMillis + ":round=up:start_time=0,scale=round(iw*sar):ih,setsar=1",
        "-f",
        "image2pipe",
        "-c:v",
        "ppm",
        "-pix_fmt",
        "rgb24",
        "-");
  }

  private static void requireAll(
      Path video, Process process, int frames, LastLine complaint, ClassifyInputs.Receiver receiver)
      throws InterruptedException {
    int exitCode = process.waitFor();
    String said = complaint.await();
    if (exitCode != 0) {
      receiver.failed(
          "%s cannot be read%s: ffmpeg says %s"
              .formatted(
                  video,
                  frames == 0 ? "" : " beyond its frame " + frames,
                  said.isEmpty() ? "no more than its exit code, " + exitCode : said));
    } else if (frames == 0) {
      receiver.failed(
          "%s has no frames: %s"
              .formatted(
                  video, said.isEmpty() ? "check that it is a video" : "ffmpeg says " + said));
    } else if (!said.isEmpty()) { // of a file that is cut off, ffmpeg only complains
      receiver.failed(
          "%s may be incomplete after frame %d: ffmpeg says %s".formatted(video, frames, said));
    }
  }

  private int frames(InputStream pipe, Path video, ClassifyInputs.Receiver receiver)
      throws IOException {
    InputStream input = new BufferedInputStream(pipe, 1 << 16);
    int frames = 0;
    while (!receiver.stopped()) {
      int first = input.read();
      if (first < 0) {
        break;
      }
      receiver.image(video + "@" + time(frames), ppm(first, input));
      frames++;
    }
    return frames;
  }

  /** The time of a frame, in seconds. */
  private String time(int frame) {
    int digits = everyMillis % 100 == 0 ? 1 : 3;
    return BigDecimal.valueOf(frame * everyMillis, 3).setScale(digits).toPlainString() + "s";
  }

  /** Reads a binary PPM as ffmpeg writes it: one after the other, of 8 bits. */
  private static RgbImage ppm(int first, InputStream input) throws IOException {
    if (first != 'P' || input.read() != '6') {
      throw new IOException("no PPM image");
    }
    int width = number(input);
    int height = number(input);
    int most = number(input);
    if (width < 1 || height < 1 || most != 255 || (long) width * height > RgbImage.MAX_PIXELS) {
      throw new IOException("an image of %d x %d pixels up to %d".formatted(width, height, most));
    }
    byte[] pixels = input.readNBytes(3 * width * height);
    if (pixels.length < 3 * width * height) {
      throw new EOFException();
    }
    return new RgbImage(width, height, pixels);
  }

  /** Reads a number and the one blank after it. */
  private static int number(InputStream input) throws IOException {
    int value = 0;
    int digits = 0;
    while (true) {
      int next = input.read();
      if (next >= '0' && next <= '9' && digits < 9) {
        value = 10 * value + next - '0';
        digits++;
      } else if (digits > 0 || next < 0 || !Character.isWhitespace(next)) {
        return digits > 0 && Character.isWhitespace(next) ? value : -1;
      }
    }
  }

  /** Reads what a program complains about, so that it never waits for a reader. */
  private static final class LastLine extends Thread {
    private final InputStream stream;
    private volatile String line = "";

    LastLine(InputStream stream) {
      super("ffmpeg's messages");
      this.stream = stream;
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      try (BufferedReader reader =
          new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
        for (String next = reader.readLine(); next != null; next = reader.readLine()) {
          line = next.isBlank() ? line : next.strip();
        }
      } catch (IOException e) {
        // the program is gone
      }
    }

    String await() throws InterruptedException {
      join(1000);
      return line;
    }
  }
}
