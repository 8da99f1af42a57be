package org.vgg4j.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.DeviceFailedException;
import org.vgg4j.base.InputException;
import org.vgg4j.base.ScarceMemoryException;
import org.vgg4j.base.VggException;

/** The server with endpoints made for it, no network behind. */
@Timeout(60)
class HttpServerTest {
  private static final byte[] BODY = new byte[50_000];

  @TempDir Path root;

  private final ByteBudget budget = new ByteBudget(1_000_000);
  private @Nullable HttpServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private int start(Routes routes, @Nullable String token, @Nullable Tls tls) {
    return start(
        routes, token, tls, new Limits(100_000, 100, 10_000, 10_000, 5_000), answered -> {});
  }

  private int start(
      Routes routes,
      @Nullable String token,
      @Nullable Tls tls,
      Limits limits,
      RequestObserver observer) {
    ListeningSocket socket = ListeningSocket.bind(new InetSocketAddress("127.0.0.1", 0));
    HttpServer made = new HttpServer(socket, tls, limits, 2_000);
    server = made;
    made.serve(routes, token, budget, CompletableFuture.completedFuture(null), observer);
    return socket.port();
  }

  private static HttpResponse<String> post(int port, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/do"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(BODY));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private void assertNoBodyIsHeld() throws InterruptedException {
    for (int i = 0; i < 100 && budget.taken() > 0; i++) {
      Thread.sleep(20);
    }
    assertThat(budget.taken()).isZero();
  }

  /** An answer that never comes is 504 at the deadline: the client's, or the server's. */
  @Test
  void deadlinesAreKept() throws Exception {
    CompletableFuture<Answer> never = new CompletableFuture<>();
    int port = start(new Routes().add("POST", "/do", call -> never), null, null);
    long start = System.nanoTime();
    HttpResponse<String> reply = post(port, "Vgg-Deadline-Ms", "200");
    assertThat(reply.statusCode()).isEqualTo(504);
    assertThat(reply.body()).contains("the deadline has passed");
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(200), Duration.ofSeconds(4));
    assertThat(post(port, "Vgg-Deadline-Ms", "999999").statusCode()).isEqualTo(504);
    assertThat(budget.taken()).isEqualTo(2L * BODY.length); // the work has not ended
    boolean unused = never.complete(Answer.json(Map.of()));
    assertNoBodyIsHeld();
  }

  /** Errors of all kinds are answered, and hold nothing. */
  @Test
  void errorsHoldNothing() throws Exception {
    Routes routes =
        new Routes()
            .add(
                "POST",
                "/do",
                call -> {
                  throw new OutOfMemoryError("as if");
                });
    int port = start(routes, null, null);
    for (int i = 0; i < 30; i++) { // more than the budget would bear
      assertThat(post(port).statusCode()).isEqualTo(503);
    }
    assertNoBodyIsHeld();
  }

  /** Nor is told what only the log should say. */
  @Test
  void wantOfMemoryAndAFailedDeviceAreNotTheRequestsFault() throws Exception {
    AtomicReference<VggException> thrown = new AtomicReference<>();
    Routes routes =
        new Routes().add("POST", "/do", call -> CompletableFuture.failedFuture(thrown.get()));
    int port = start(routes, null, null);
    thrown.set(new ScarceMemoryException("secret"));
    HttpResponse<String> reply = post(port);
    assertThat(reply.statusCode()).isEqualTo(503);
    assertThat(reply.body())
        .contains("not enough memory for this request")
        .doesNotContain("secret");
    thrown.set(new DeviceFailedException("secret"));
    reply = post(port);
    assertThat(reply.statusCode()).isEqualTo(503);
    assertThat(reply.body())
        .contains("the device that computes has failed")
        .doesNotContain("secret");
    thrown.set(new InputException("this is wrong"));
    reply = post(port);
    assertThat(reply.statusCode()).isEqualTo(400);
    assertThat(reply.body()).contains("this is wrong");
  }

  @Test
  void aBugIsNotTold() throws Exception {
    Routes routes =
        new Routes()
            .add(
                "POST",
                "/do",
                call -> CompletableFuture.failedFuture(new IllegalStateException("secret")));
    HttpResponse<String> reply = post(start(routes, null, null));
    assertThat(reply.statusCode()).isEqualTo(500);
    assertThat(reply.body()).doesNotContain("secret", "Exception");
    assertNoBodyIsHeld();
  }

  private static Routes ok() {
    return new Routes()
        .add("POST", "/do", call -> CompletableFuture.completedFuture(Answer.json(Map.of())));
  }

  private static int statusWithHost(int port, String host, String more) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      OutputStream out = socket.getOutputStream();
      String head =
          "POST /do HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: 0\r\n%s\r\n";
      out.write(head.formatted(host, more).getBytes(StandardCharsets.US_ASCII));
      String reply = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return Integer.parseInt(reply.substring(9, 12));
    }
  }

  /** Other names than the machine's are for proxies, which need a token. */
  @Test
  void otherNamesNeedAToken() throws Exception {
    int port = start(ok(), null, null);
    assertThat(statusWithHost(port, "localhost:1", "")).isEqualTo(200);
    assertThat(statusWithHost(port, "127.0.0.1", "")).isEqualTo(200);
    assertThat(statusWithHost(port, "vgg.example", "")).isEqualTo(403);
    assertThat(statusWithHost(port, "127.0.0.1.example", "")).isEqualTo(403);
    stop();
    port = start(ok(), "long-token", null);
    assertThat(statusWithHost(port, "vgg.example", "")).isEqualTo(401);
    String bearer = "Authorization: Bearer long-token\r\n";
    assertThat(statusWithHost(port, "vgg.example", bearer)).isEqualTo(200);
    String page = "Origin: https://vgg.example\r\n" + bearer;
    assertThat(statusWithHost(port, "vgg.example", page)).isEqualTo(200);
    assertThat(statusWithHost(port, "other.example", page)).isEqualTo(403);
  }

  /** Sends a request with the beginning of a body, and reads the answer. */
  private static String replyToPart(int port, String more, boolean end) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      String text =
          "POST /do HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n%s\r\nabc"
              .formatted(more);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      if (end) {
        socket.shutdownOutput();
      }
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  @Test
  void aRefusalIsToldAlsoIfTheBodyEndsTooEarly() throws Exception {
    int port = start(ok(), "long-token", null);
    assertThat(replyToPart(port, "", true)).startsWith("HTTP/1.1 401");
    String bearer = "Authorization: Bearer long-token\r\n";
    assertThat(replyToPart(port, bearer, true))
        .startsWith("HTTP/1.1 400")
        .contains("the request's body ended too early");
    assertNoBodyIsHeld();
  }

  /** A connection may be idle for a shorter time than a body may take. */
  @Test
  void aPausedBodyHasItsWholeTime() throws Exception {
    Limits limits = new Limits(100_000, 100, 300, 1_500, 5_000);
    int port = start(ok(), null, null, limits, answered -> {});
    long start = System.nanoTime();
    assertThat(replyToPart(port, "", false))
        .startsWith("HTTP/1.1 408")
        .contains("the request's body did not arrive within 1 s");
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(Duration.ofMillis(1_500));
    assertNoBodyIsHeld();
  }

  /** Otherwise the end of one would count as that of the next, which is being answered. */
  @Test
  void aRequestEndsBeforeTheNextOfItsConnectionBegins() throws Exception {
    List<String> events = Collections.synchronizedList(new ArrayList<>());
    Routes routes =
        new Routes()
            .add(
                "POST",
                "/do",
                call ->
                    CompletableFuture.supplyAsync(
                        () -> Answer.json(Map.of()),
                        CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS)))
            .add(
                "POST",
                "/next",
                call -> {
                  events.add("next begins");
                  return CompletableFuture.completedFuture(Answer.json(Map.of()));
                });
    RequestObserver slow =
        answered -> {
          if (answered.route().equals("/do")) {
            pause();
            events.add("first ends");
          }
        };
    int port = start(routes, null, null, new Limits(100_000, 100, 10_000, 10_000, 5_000), slow);
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      String head = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n%s\r\n";
      String both = head.formatted("/do", "") + head.formatted("/next", "Connection: close\r\n");
      socket.getOutputStream().write(both.getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().readAllBytes()).isNotEmpty();
    }
    assertThat(events).containsExactly("first ends", "next begins");
  }

  private static void pause() {
    try {
      Thread.sleep(500);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  /** A certificate for localhost, by the JDK's keytool. */
  private KeyStore pair(String name) throws Exception {
    Path file = root.resolve(name + ".p12");
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    Process process =
        new ProcessBuilder(
                keytool.toString(),
                "-genkeypair",
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-alias",
                "key",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost,ip:127.0.0.1")
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    KeyStore keys = KeyStore.getInstance(file.toFile(), "changeit".toCharArray());
    write(name + "-cert.pem", "CERTIFICATE", keys.getCertificate("key").getEncoded());
    write(
        name + "-key.pem",
        "PRIVATE KEY",
        keys.getKey("key", "changeit".toCharArray()).getEncoded());
    return keys;
  }

  private void write(String name, String what, byte[] content) throws IOException {
    String lines = Base64.getMimeEncoder().encodeToString(content);
    Files.writeString(
        root.resolve(name),
        "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(what, lines, what));
  }

  @Test
  void httpsWithACertificate() throws Exception {
    KeyStore keys = pair("a");
    Tls tls = Tls.pem(root.resolve("a-cert.pem"), root.resolve("a-key.pem"));
    int port = start(ok(), null, tls);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("a", keys.getCertificate("key"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    HttpResponse<String> reply =
        HttpClient.newBuilder()
            .sslContext(context)
            .build()
            .send(
                HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/do"))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(BODY))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(reply.statusCode()).isEqualTo(200);
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() throws Exception {
    KeyStore unused = pair("a");
    KeyStore unusedToo = pair("b");
    Path certificate = root.resolve("a-cert.pem");
    Path key = root.resolve("b-key.pem");
    assertThatThrownBy(() -> Tls.pem(certificate, key))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the key in %s is not that of the certificate in %s: give those that were made"
                    .formatted(key, certificate)
                + " together");
    assertThatThrownBy(() -> Tls.pem(key, key)).hasMessageContaining("has no certificate");
    assertThatThrownBy(() -> Tls.pem(certificate, certificate))
        .hasMessageContaining("has no private key");
  }
}
