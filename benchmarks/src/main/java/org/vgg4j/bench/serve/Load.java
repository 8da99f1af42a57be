package org.vgg4j.bench.serve;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;

/**
 * Clients that ask one after the other, each with its own connection, for the labels of a
 * photograph of 320 x 240 pixels. Requests of the first fifth of the time are not counted:
 * compilers are still at work.
 *
 * @param port of the service
 * @param pid of its process; 0: unknown
 * @param clients how many
 * @param seconds how long
 */
record Load(int port, long pid, int clients, int seconds) {
  private static final int SAMPLES = 20;

  /** A request that was answered. */
  private record Timed(long endNanos, long nanos, int status) {}

  /**
   * Runs, and prints what came of it; returns 1 if there was a failure other than 429, or nothing
   * else.
   */
  int run(double bench, PrintStream out) throws Exception {
    byte[] picture = picture();
    ConcurrentLinkedQueue<Timed> all = new ConcurrentLinkedQueue<>();
    Map<String, AtomicInteger> failures = new ConcurrentHashMap<>();
    AtomicBoolean over = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < clients; i++) {
      Thread thread = new Thread(() -> ask(picture, over, all, failures));
      thread.start();
      threads.add(thread);
    }
    List<Long> memory = new ArrayList<>();
    for (int i = 0; i < SAMPLES; i++) {
      TimeUnit.MILLISECONDS.sleep(1000L * seconds / SAMPLES);
      memory.add(resident());
    }
    over.set(true);
    long end = System.nanoTime();
    for (Thread thread : threads) {
      thread.join();
    }
    long counted = start + (end - start) / 5;
    report(all, counted, end, memory, bench, out);
    failures.forEach((what, count) -> out.println("FAILED: " + what + ": " + count));
    boolean bad = all.stream().anyMatch(one -> one.status() != 200 && one.status() != 429);
    bad |= all.stream().noneMatch(one -> one.status() == 200);
    return bad || !failures.isEmpty() ? 1 : 0;
  }

  private void ask(
      byte[] picture,
      AtomicBoolean over,
      ConcurrentLinkedQueue<Timed> all,
      Map<String, AtomicInteger> failures) {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/classify"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(picture))
            .timeout(Duration.ofMinutes(2))
            .build();
    while (!over.get()) {
      long begin = System.nanoTime();
      try {
        int status = http.send(request, HttpResponse.BodyHandlers.ofByteArray()).statusCode();
        long now = System.nanoTime();
        all.add(new Timed(now, now - begin, status));
        if (status == 429) {
          TimeUnit.MILLISECONDS.sleep(500);
        }
      } catch (IOException e) {
        failures.computeIfAbsent(String.valueOf(e), what -> new AtomicInteger()).incrementAndGet();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void report(
      ConcurrentLinkedQueue<Timed> all,
      long from,
      long to,
      List<Long> memory,
      double bench,
      PrintStream out) {
    Map<Integer, Long> statuses = new TreeMap<>();
    all.forEach(one -> statuses.merge(one.status(), 1L, Long::sum));
    double[] milliseconds =
        all.stream()
            .filter(one -> one.status() == 200 && one.endNanos() >= from && one.endNanos() <= to)
            .mapToDouble(one -> one.nanos() / 1e6)
            .sorted()
            .toArray();
    double rate = milliseconds.length / ((to - from) / 1e9);
    out.printf(
        Locale.ROOT,
        "%d clients, %d s: answers by status %s; %.1f images/s; p50 %.0f ms, p99 %.0f ms%n",
        clients,
        seconds,
        statuses,
        rate,
        quantile(milliseconds, 0.5),
        quantile(milliseconds, 0.99));
    if (bench > 0) {
      out.printf(Locale.ROOT, "%.2f of the %.1f images/s of vgg bench%n", rate / bench, bench);
    }
    if (memory.get(0) > 0) {
      long early = memory.get(SAMPLES / 4);
      long late = memory.get(SAMPLES - 1);
      out.printf(
          Locale.ROOT,
          "memory of the process: %d MB after a quarter of the time, %d MB at the end (%+.1f %%)%n",
          early >> 10,
          late >> 10,
          100.0 * (late - early) / early);
    }
  }

  private static double quantile(double[] sorted, double share) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[(int) Math.min(sorted.length - 1, share * sorted.length)];
  }

  /** Resident memory in kB, where Linux tells it; otherwise 0. */
  private long resident() throws IOException {
    Path status = Path.of("/proc/" + pid + "/status");
    if (pid == 0 || !Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElse(0);
  }

  /** Something like a photograph. */
  private static byte[] picture() throws IOException {
    BufferedImage image = new BufferedImage(320, 240, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setPaint(new GradientPaint(0, 0, Color.CYAN, 320, 240, Color.DARK_GRAY));
    graphics.fillRect(0, 0, 320, 240);
    int[] row = new int[320];
    for (int y = 0; y < 240; y++) {
      image.getRGB(0, y, 320, 1, row, 0, 320);
      for (int x = 0; x < 320; x++) {
        row[x] ^= (x * 31 + y * 17) % 23 << 8;
      }
      image.setRGB(0, y, 320, 1, row, 0, 320);
    }
    graphics.setPaint(Color.ORANGE);
    graphics.fillOval(100, 60, 110, 130);
    graphics.dispose();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (!ImageIO.write(image, "jpg", bytes)) {
      throw new IOException("this Java cannot write JPEG files");
    }
    return Arrays.copyOf(bytes.toByteArray(), bytes.size());
  }
}
