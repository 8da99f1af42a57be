package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;

/** Frames from a program that does what ffmpeg does; and from ffmpeg itself where it is here. */
@DisabledOnOs(OS.WINDOWS) // the program is a shell script
class VideoFramesTest {
  @TempDir Path root;

  /** What a video gave. */
  private static final class Received implements ClassifyInputs.Receiver {
    private final List<String> names = new ArrayList<>();
    private final List<RgbImage> images = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private int enough = Integer.MAX_VALUE;

    @Override
    public void image(String name, RgbImage image) {
      names.add(name);
      images.add(image);
    }

    @Override
    public void failed(String sentence) {
      failures.add(sentence);
    }

    @Override
    public boolean stopped() {
      return names.size() >= enough;
    }
  }

  private Path video() throws IOException {
    return Files.writeString(root.resolve("film.mp4"), "a video");
  }

  private String program(String... lines) throws IOException {
    Path script = root.resolve("program");
    Files.writeString(
        script, "#!/bin/sh\necho \"$@\" > " + root + "/args\n" + String.join("\n", lines) + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script.toString();
  }

  private static Received send(VideoFrames frames, Path video) {
    Received received = new Received();
    frames.send(video, received);
    return received;
  }

  @Test
  void frames() throws IOException {
    String frame = "printf 'P6\\n2 1\\n255\\nabcdef'";
    Path video = video();
    Received received =
        send(new VideoFrames(program(frame, "printf 'P6\\n1 1\\n255\\n\\001P6'"), 500), video);
    assertThat(received.failures).isEmpty();
    assertThat(received.names).containsExactly(video + "@0.0s", video + "@0.5s");
    assertThat(received.images.get(0).width()).isEqualTo(2);
    assertThat(received.images.get(0).height()).isEqualTo(1);
    assertThat(Files.readString(root.resolve("args")))
        .contains("-i file:" + video)
        .contains("fps=fps=1000/500:round=up:start_time=0,scale=round(iw*sar):ih,setsar=1 ");
    assertThat(send(new VideoFrames(program(frame, frame), 33), video).names)
        .containsExactly(video + "@0.000s", video + "@0.033s");
  }

  /** A frame is there as soon as it is sent; and who has enough does not wait for the rest. */
  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void whoHasEnoughDoesNotWait() throws IOException {
    Received received = new Received();
    received.enough = 1;
    String program = program("printf 'P6\\n2 1\\n255\\nabcdef'", "exec sleep 600");
    new VideoFrames(program, 1000).send(video(), received);
    assertThat(received.names).hasSize(1);
    assertThat(received.failures).isEmpty();
  }

  @Test
  void failures() throws IOException {
    Path video = video();
    assertThat(
            send(new VideoFrames(program("echo lots; echo ' the reason' >&2; exit 3"), 1), video))
        .satisfies(
            received ->
                assertThat(received.failures)
                    .singleElement()
                    .asString()
                    .startsWith(video + " cannot be read: what ffmpeg sends is broken off"));
    assertThat(send(new VideoFrames(program("echo ' the reason' >&2; exit 3"), 1), video).failures)
        .containsExactly(video + " cannot be read: ffmpeg says the reason");
    assertThat(send(new VideoFrames(program("exit 0"), 1), video).failures)
        .containsExactly(video + " has no frames: check that it is a video");
    Received truncated =
        send(
            new VideoFrames(program("printf 'P6\\n1 1\\n255\\nabc'; echo ' partial file' >&2"), 1),
            video);
    assertThat(truncated.images).hasSize(1);
    assertThat(truncated.failures)
        .containsExactly(video + " may be incomplete after frame 1: ffmpeg says partial file");
    assertThat(send(new VideoFrames(program("echo 'partial file' >&2"), 1), video).failures)
        .containsExactly(video + " has no frames: ffmpeg says partial file");
    Received cut = send(new VideoFrames(program("printf 'P6\\n2 1\\n255\\nabc'"), 1), video);
    assertThat(cut.images).isEmpty();
    assertThat(cut.failures)
        .containsExactly(
            video
                + " cannot be read: what ffmpeg sends is broken off or no image (it ends too"
                + " early)");
    assertThat(send(new VideoFrames(root.resolve("none").toString(), 1), video).failures)
        .containsExactly(
            video
                + " is a video, for which the program ffmpeg is needed: install it, so that it is"
                + " on the PATH");
    Path missing = root.resolve("missing.mkv");
    assertThat(send(new VideoFrames("ffmpeg", 1), missing).failures)
        .containsExactly("there is no video file " + missing + ": check the path");
  }

  /** The frame that is seen at each time: of 25 a second, at 0.5 s the one that began at 0.48 s. */
  @Test
  void ffmpegItself() throws IOException, InterruptedException {
    assumeTrue(isHere(), "ffmpeg is not on the PATH");
    Path video = root.resolve("real.avi");
    Process made =
        new ProcessBuilder(
                "ffmpeg",
                "-nostdin",
                "-v",
                "error",
                "-f",
                "lavfi",
                "-i",
                "testsrc=size=64x48:rate=25:duration=2",
                "-c:v",
                "rawvideo",
                "-pix_fmt",
                "bgr24",
                video.toString())
            .inheritIO()
            .start();
    assertThat(made.waitFor()).isZero();
    List<RgbImage> all = send(new VideoFrames("ffmpeg", 40), video).images;
    Received some = send(new VideoFrames("ffmpeg", 500), video);
    assertThat(all).hasSize(50);
    assertThat(some.names)
        .containsExactly(video + "@0.0s", video + "@0.5s", video + "@1.0s", video + "@1.5s");
    int[] seen = {0, 12, 25, 37};
    for (int i = 0; i < 4; i++) {
      assertThat(some.images.get(i)).usingRecursiveComparison().isEqualTo(all.get(seen[i]));
    }
  }

  private static boolean isHere() {
    try {
      return new ProcessBuilder("ffmpeg", "-version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1s,1000",
    "0.5s,500",
    "200ms,200",
    "2m,120000",
    "3,3000",
    "0.04,40",
    "1.500s,1500",
    "1.0ms,1"
  })
  void intervals(String text, long millis) {
    assertThat(VideoFrames.millis(text)).isEqualTo(millis);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "0.0001s", "-1s", "1h", "", "s", "1e3", "99999999999s", "1.0005s", "1.5ms"})
  void noIntervals(String text) {
    assertThatThrownBy(() -> VideoFrames.millis(text))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option every is " + text);
  }

  @Test
  void videosByTheirNames() throws IOException {
    assertThat(VideoFrames.isVideo(Path.of("a/b.MP4"))).isTrue();
    assertThat(VideoFrames.isVideo(Path.of("b.webm"))).isTrue();
    assertThat(VideoFrames.isVideo(Path.of("b.gif"))).isFalse();
    assertThat(VideoFrames.isVideo(Files.createDirectory(root.resolve("c.mov")))).isFalse();
  }
}
