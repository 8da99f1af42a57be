package org.vgg4j.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.TestModels;

/**
 * Slow, rude and destructive clients: after each of them the service answers as before, and nothing
 * of theirs is left in it. {@code -Dvgg.fuzz=10000} sends as many malformed requests.
 */
@Timeout(180)
class HostileClientsTest {
  private static final int MALFORMED = Integer.getInteger("vgg.fuzz", 500);
  private static final byte[] PICTURE = TestImages.noise(60, 60, 3).toPng();

  @TempDir static Path root;
  private static Path file;
  private static Path other;

  private @Nullable Service service;

  @BeforeAll
  static void models() {
    file = root.resolve("model.safetensors");
    other = root.resolve("other.safetensors");
    TestModels.random(Configuration.A, "cat", "dog").write(file);
    TestModels.random(Configuration.A, "bolt", "nut").write(other);
  }

  private static ServiceOptions.Load load(int queue, long head, long body) {
    return new ServiceOptions.Load(
        queue, 0, 1_000_000, 10_000_000, 2048, head, body, 20_000, 20_000, 0);
  }

  private Client start(ServiceOptions.Load load, @Nullable Path log) {
    service =
        Service.start(
            new ServiceOptions(
                Map.of("default", file),
                new ServiceOptions.Access("127.0.0.1", 0, null, null, true),
                load,
                ClassifierOptions.defaults().withThreads(2).withPasses(1).withBatch(4),
                log));
    return new Client(service);
  }

  @AfterEach
  void stop() {
    if (service != null) {
      service.close();
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress("127.0.0.1", service().port()));
    socket.setSoTimeout(20_000);
    return socket;
  }

  private Service service() {
    assertThat(service).isNotNull();
    return service;
  }

  private static void assertAnswers(Client client) {
    Client.Reply reply = client.post("/v1/classify", PICTURE);
    assertThat(reply.status()).isEqualTo(200);
  }

  /** Nothing waits, nothing is held. */
  private static void assertNothingIsLeft(Client client) throws InterruptedException {
    for (int i = 0; i < 100 && figure(client, "vgg_images_inside") > 0; i++) {
      Thread.sleep(50);
    }
    assertThat(figure(client, "vgg_images_inside")).isZero();
    assertThat(figure(client, "vgg_queue_length")).isZero();
    assertThat(figure(client, "vgg_bodies_bytes")).isZero();
  }

  private static double figure(Client client, String name) {
    String page = new String(client.get("/metrics").response().body(), StandardCharsets.UTF_8);
    Matcher line = Pattern.compile("(?m)^" + name + " (\\S+)$").matcher(page);
    assertThat(line.find()).as(name).isTrue();
    return Double.parseDouble(line.group(1));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] request(String head, byte[] body) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(bytes("POST /v1/classify HTTP/1.1\r\nHost: localhost\r\n" + head + "\r\n"));
    all.writeBytes(body);
    return all.toByteArray();
  }

  /** What the service says until it closes; empty if it says nothing. */
  private static String read(Socket socket) throws IOException {
    try {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (SocketException e) {
      return "";
    }
  }

  /** Five hundred clients that send the head of a request a byte at a time (slow loris). */
  @Test
  void slowHeads() throws Exception {
    Client client = start(load(16, 3_000, 3_000), null);
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      sockets.add(connect());
    }
    long start = System.nanoTime();
    byte[] head = bytes("POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    int refused = 0;
    for (int turn = 0; System.nanoTime() - start < 6_000_000_000L; turn++) {
      refused = 0;
      for (Socket socket : sockets) {
        try {
          socket.getOutputStream().write(turn < head.length ? head[turn] : 'x');
        } catch (SocketException e) {
          refused++;
        }
      }
      assertAnswers(client);
      Thread.sleep(200);
    }
    assertThat(refused).isEqualTo(500); // closed, though bytes kept coming
    for (Socket socket : sockets) {
      socket.close();
    }
    assertNothingIsLeft(client);
  }

  @Test
  void slowBodies() throws Exception {
    Client client = start(load(16, 10_000, 1_000), null);
    try (Socket socket = connect()) {
      socket.getOutputStream().write(request("Content-Length: 1000\r\n", bytes("abc")));
      assertThat(read(socket))
          .startsWith("HTTP/1.1 408")
          .contains("the request's body did not arrive within 1 s: send it faster");
    }
    assertAnswers(client);
    assertNothingIsLeft(client);
  }

  @Test
  void cutBodies() throws Exception {
    Client client = start(load(16, 10_000, 10_000), null);
    for (int i = 0; i < 50; i++) {
      try (Socket socket = connect()) {
        socket.getOutputStream().write(request("Content-Length: 500000\r\n", new byte[100_000]));
        if (i % 2 == 0) {
          socket.setSoLinger(true, 0); // a reset
        }
      }
    }
    assertAnswers(client);
    for (int i = 0; i < 100 && figure(client, "vgg_bodies_bytes") > 0; i++) {
      Thread.sleep(50);
    }
    assertNothingIsLeft(client);
  }

  /** Clients that send everything before they listen get an answer all the same. */
  @Test
  void bodiesThatAreTooLarge() throws Exception {
    Client client = start(load(16, 10_000, 10_000), null);
    Client.Reply stated = client.post("/v1/classify", new byte[3_000_000]);
    assertThat(stated.status()).isEqualTo(413);
    assertThat(stated.error()).contains("larger than 1000000 bytes");
    Client.Reply chunked =
        client.send(
            "POST",
            "/v1/classify",
            HttpRequest.BodyPublishers.ofInputStream(
                () -> new ByteArrayInputStream(new byte[3_000_000])));
    assertThat(chunked.status()).isEqualTo(413);
    assertAnswers(client);
    assertNothingIsLeft(client);
  }

  /** Those who may not ask, or ask for what is not there, are told so once they have sent all. */
  @Test
  void largeBodiesOfRequestsThatAreRefused() throws Exception {
    Client client = start(load(16, 10_000, 10_000), null);
    for (int i = 0; i < 20; i++) {
      Client.Reply stranger =
          client.post("/v1/classify", new byte[3_000_000], "Origin", "https://elsewhere.example");
      assertThat(stranger.status()).isEqualTo(403);
      assertThat(client.post("/nowhere", new byte[3_000_000]).status()).isEqualTo(404);
    }
    assertNothingIsLeft(client);
  }

  /** A picture that would be huge once its shorter side is as long as networks want it. */
  @Test
  void aThread() throws Exception {
    Client client = start(load(16, 10_000, 10_000), null);
    byte[] thread = TestImages.noise(2_000, 1, 4).toPng();
    for (String path : List.of("/v1/embed", "/v1/heatmap")) {
      Client.Reply reply = client.post(path, thread);
      assertThat(reply.status()).isEqualTo(413);
      assertThat(reply.error()).contains("2000 x 1 pixels and is too elongated");
    }
    assertAnswers(client);
  }

  /** JSON of which a tree would take thirty times its memory. */
  @Test
  void bulkyJson() throws Exception {
    Client client = start(load(16, 10_000, 10_000), null);
    String bulk = "[" + "{},".repeat(300_000) + "{}]";
    byte[] unknown = bytes("{\"x\": " + bulk + ", \"images\": [{\"data\": \"AAAA\"}]}");
    Client.Reply passed = client.post("/v1/classify", unknown, "Content-Type", "application/json");
    assertThat(passed.error()).startsWith("image 0 is not an image");
    byte[] infer = bytes("{\"parameters\": " + bulk + ", \"inputs\": []}");
    Client.Reply refused = client.post("/v2/models/default/infer", infer);
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.error()).contains("\"parameters\" in the JSON has 900004 bytes");
    byte[] put = bytes("{\"file\": " + bulk + "}");
    assertThat(
            client.send("PUT", "/v1/models/x", HttpRequest.BodyPublishers.ofByteArray(put)).error())
        .contains("shorten it");
    assertAnswers(client);
    assertNothingIsLeft(client);
  }

  /** A few bytes that would be 2.7 GB. */
  @Test
  void aBomb() throws Exception {
    Client client = start(load(16, 10_000, 10_000), null);
    byte[] bomb = PICTURE.clone();
    ByteBuffer.wrap(bomb).putInt(16, 30_000).putInt(20, 30_000);
    CRC32 crc = new CRC32();
    crc.update(bomb, 12, 17);
    ByteBuffer.wrap(bomb).putInt(29, (int) crc.getValue());
    Client.Reply reply = client.post("/v1/classify", bomb);
    assertThat(reply.status()).isEqualTo(413);
    assertThat(reply.error()).contains("30000 x 30000 pixels, more than the 10000000 allowed");
    assertThat(client.post("/v1/heatmap", bomb).status()).isEqualTo(413);
    assertAnswers(client);
    assertNothingIsLeft(client);
  }

  /** Requests with bytes that were changed, left out or added at random. */
  @Test
  void malformedRequests() throws Exception {
    Client client = start(load(16, 500, 500), null);
    Random random = new Random(5);
    String form = "Content-Type: multipart/form-data; boundary=AB\r\nContent-Length: %d\r\n";
    byte[] part =
        bytes(
            "--AB\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\nxyz\r\n--AB--\r\n");
    byte[] json = bytes("{\"images\": [{\"name\": \"a\", \"data\": \"AAAA\"}]}");
    List<byte[]> seeds =
        List.of(
            request("Content-Length: " + PICTURE.length + "\r\n", PICTURE),
            request(form.formatted(part.length), part),
            request(
                "Content-Type: application/json\r\nContent-Length: " + json.length + "\r\n", json),
            request("Transfer-Encoding: chunked\r\n", bytes("3\r\nabc\r\n0\r\n\r\n")),
            bytes("GET /v1/models?x=1&y=%41 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    AtomicInteger answered = new AtomicInteger();
    for (int i = 0; i < MALFORMED; i++) {
      byte[] bytes = mutate(seeds.get(random.nextInt(seeds.size())), random);
      try (Socket socket = connect()) {
        socket.getOutputStream().write(bytes);
        socket.shutdownOutput();
        String reply = read(socket);
        assertThat(reply).as("request %d", i).doesNotContain(" 500 ", "Exception", "\tat ");
        if (reply.startsWith("HTTP/1.1 ")) {
          answered.incrementAndGet();
        }
      } catch (SocketException e) {
        // it was refused before all of it was sent
      }
      if (i % 100 == 0) {
        assertAnswers(client);
      }
    }
    assertThat(answered.get()).isGreaterThan(MALFORMED / 2);
    assertAnswers(client);
    assertNothingIsLeft(client);
  }

  private static byte[] mutate(byte[] seed, Random random) {
    byte[] bytes = seed.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(Math.min(bytes.length, 300));
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
        case 2 -> {
          byte[] longer = Arrays.copyOf(bytes, bytes.length + 40);
          System.arraycopy(bytes, at, longer, at + 40, bytes.length - at);
          bytes = longer;
        }
        default -> {
          byte[] shorter = new byte[bytes.length - 1];
          System.arraycopy(bytes, 0, shorter, 0, at);
          System.arraycopy(bytes, at + 1, shorter, at, bytes.length - 1 - at);
          bytes = shorter.length == 0 ? new byte[1] : shorter;
        }
      }
    }
    return bytes;
  }

  /** Runs clients until told to stop; what they got, by status; failures as -1. */
  private static final class Crowd {
    private final AtomicBoolean over = new AtomicBoolean();
    private final ConcurrentLinkedQueue<Integer> statuses = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    Crowd(Service service, int clients) {
      for (int i = 0; i < clients; i++) {
        Client own = new Client(service);
        Thread thread =
            new Thread(
                () -> {
                  while (!over.get()) {
                    try {
                      Client.Reply reply = own.post("/v1/classify", PICTURE);
                      statuses.add(reply.status());
                      if (reply.status() == 429) {
                        assertThat(Integer.parseInt(reply.header("Retry-After"))).isPositive();
                      }
                    } catch (AssertionError e) {
                      failures.add(String.valueOf(e.getCause()));
                      return;
                    }
                  }
                });
        thread.start();
        threads.add(thread);
      }
    }

    void stop() throws InterruptedException {
      over.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
    }

    long count(int status) {
      return statuses.stream().filter(each -> each == status).count();
    }
  }

  /** More clients than fit: some are told to come back, none gets anything worse. */
  @Test
  void moreThanFit() throws Exception {
    Client client = start(load(2, 10_000, 10_000), null);
    Crowd crowd = new Crowd(service(), 12);
    Thread.sleep(2_000);
    crowd.stop();
    assertThat(crowd.failures).isEmpty();
    assertThat(crowd.statuses).isSubsetOf(200, 429);
    assertThat(crowd.count(200)).isPositive();
    assertThat(crowd.count(429)).isPositive();
    assertNothingIsLeft(client);
  }

  @Test
  void aModelIsReplacedUnderLoad() throws Exception {
    Client client = start(load(64, 10_000, 10_000), null);
    Crowd crowd = new Crowd(service(), 8);
    for (int i = 0; i < 20; i++) {
      String body = "{\"file\": \"%s\"}".formatted(i % 2 == 0 ? other : file);
      assertThat(
              client
                  .send("PUT", "/v1/models/default", HttpRequest.BodyPublishers.ofString(body))
                  .status())
          .isEqualTo(200);
    }
    crowd.stop();
    assertThat(crowd.failures).isEmpty();
    assertThat(crowd.statuses).containsOnly(200);
    assertNothingIsLeft(client);
  }

  /** Whoever was let in is answered; afterwards nobody is. */
  @Test
  void stoppedUnderLoad() throws Exception {
    Client client = start(load(64, 10_000, 10_000), null);
    assertAnswers(client);
    Crowd crowd = new Crowd(service(), 8);
    Thread.sleep(1_000);
    long start = System.nanoTime();
    service().close();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    crowd.stop();
    assertThat(crowd.statuses).isSubsetOf(200, 503);
    assertThat(crowd.count(200)).isPositive();
    assertThat(crowd.failures)
        .allMatch(
            failure ->
                failure.contains("ConnectException")
                    || failure.contains("ClosedChannelException")
                    || failure.contains("header parser received no bytes")
                    || failure.contains("Connection reset"));
  }

  /** A full disk loses lines of the log and nothing else. */
  @Test
  void aFullDiskForTheLog() throws Exception {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "there is no /dev/full here");
    Client client = start(load(16, 10_000, 10_000), full);
    for (int i = 0; i < 5; i++) {
      assertAnswers(client);
    }
    for (int i = 0; i < 100 && figure(client, "vgg_access_log_lost_lines_total") < 5; i++) {
      Thread.sleep(20); // lines are written by a thread of their own
    }
    assertThat(figure(client, "vgg_access_log_lost_lines_total")).isGreaterThanOrEqualTo(5);
  }

  /** A client that asks for much and reads nothing holds its connection, no thread. */
  @Test
  void clientsThatDoNotRead() throws Exception {
    Client client = start(load(64, 2_000, 2_000), null);
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      Socket socket = connect();
      sockets.add(socket);
      OutputStream out = socket.getOutputStream();
      for (int k = 0; k < 20; k++) {
        out.write(bytes("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
      }
    }
    for (int i = 0; i < 5; i++) {
      assertAnswers(client);
    }
    for (Socket socket : sockets) {
      InputStream in = socket.getInputStream();
      try {
        assertThat(in.read()).isEqualTo('H');
      } catch (SocketTimeoutException e) {
        throw new AssertionError("a client got no answer", e);
      }
      socket.close();
    }
    assertNothingIsLeft(client);
  }
}
