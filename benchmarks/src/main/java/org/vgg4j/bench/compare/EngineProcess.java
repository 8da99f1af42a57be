package org.vgg4j.bench.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * One engine's process: reads commands from standard input, a line each, and answers each with a
 * line that begins with {@link #MARK}. The first line is the {@link Job}. When the input ends, the
 * process ends at once, whatever it is doing, so that no engine outlives the driver.
 */
final class EngineProcess {
  /** Distinguishes answers from anything that a native library may print. */
  static final String MARK = "@ ";

  /** Answer to the job: the engine is ready. */
  static final String READY = "ready";

  /** Answer to any command that failed, before the reason. */
  static final String FAILED = "failed ";

  /** Command: {@code run COUNT SECONDS}, at least that many times and that long. */
  static final String RUN = "run";

  /** Command: the scores, in Base64. */
  static final String SCORES = "scores";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final PrintStream answers;
  private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();

  private EngineProcess(PrintStream answers) {
    this.answers = answers;
  }

  /**
   * Runs the engine until the input ends.
   *
   * @param args class name of the engine's {@link Contender.Factory}
   */
  public static void main(String[] args) throws InterruptedException {
    // Ctrl-C in a terminal reaches all processes, but the driver should end this one
    Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
    EngineProcess process = new EngineProcess(System.out);
    System.setOut(System.err);
    Thread reader = new Thread(process::readCommands, "commands");
    reader.setDaemon(true);
    reader.start();
    process.serve(args[0]);
  }

  private void readCommands() {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        commands.add(line);
      }
    } catch (IOException e) {
      e.printStackTrace(); // and end, as without a driver
    }
    Runtime.getRuntime().halt(0);
  }

  private void serve(String factory) throws InterruptedException {
    try {
      Job job = job(commands.take());
      Contender.Factory maker =
          Class.forName(factory)
              .asSubclass(Contender.Factory.class)
              .getDeclaredConstructor()
              .newInstance();
      Contender contender = maker.open(job);
      answer(READY);
      while (true) {
        answer(execute(contender, commands.take().split(" ")));
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception | LinkageError | OutOfMemoryError e) {
      e.printStackTrace();
      answer(FAILED + reason(e));
    }
  }

  private static Job job(String line) throws JsonProcessingException {
    return JSON.readValue(line, Job.class);
  }

  /** The line that tells an engine its job. */
  static String line(Job job) {
    try {
      return JSON.writeValueAsString(job);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a job cannot be written as JSON", e);
    }
  }

  private void answer(String text) {
    answers.println(MARK + text);
    answers.flush();
  }

  private static String execute(Contender contender, String[] words) throws Exception {
    return switch (words[0]) {
      case RUN -> run(contender, Integer.parseInt(words[1]), Double.parseDouble(words[2]));
      case SCORES -> encode(contender.scores());
      default -> throw new IllegalArgumentException("unknown command " + words[0]);
    };
  }

  /** Returns the nanoseconds that each run took. */
  private static String run(Contender contender, int count, double seconds) throws Exception {
    List<Long> times = new ArrayList<>();
    long start = System.nanoTime();
    while (times.size() < count || System.nanoTime() - start < seconds * 1e9) {
      long begin = System.nanoTime();
      contender.run();
      times.add(System.nanoTime() - begin);
    }
    StringJoiner line = new StringJoiner(" ");
    times.forEach(time -> line.add(time.toString()));
    return line.toString();
  }

  private static String encode(float[] scores) {
    ByteBuffer bytes =
        ByteBuffer.allocate(scores.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(scores);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  /** Decodes the answer to the command {@link #SCORES}. */
  static float[] decode(String line) {
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(line)).order(ByteOrder.LITTLE_ENDIAN);
    float[] scores = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(scores);
    return scores;
  }

  /** Shortened to one line: messages about a missing native library are long. */
  private static String reason(Throwable failure) {
    if (failure instanceof LinkageError) {
      return String.format(
          "its native library cannot be loaded on %s-%s; leave the engine out with --engines (%s)",
          System.getProperty("os.name"), System.getProperty("os.arch"), firstLine(failure));
    }
    if (failure instanceof OutOfMemoryError) {
      return "the Java heap is too small: " + firstLine(failure);
    }
    return firstLine(failure);
  }

  private static String firstLine(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isBlank()
        ? failure.getClass().getSimpleName()
        : message.strip().lines().findFirst().orElse(message);
  }
}
