package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;

class WebImagesTest {
  @TempDir Path root;
  private HttpServer server;
  private ExecutorService threads;
  private final CountDownLatch over = new CountDownLatch(1);
  private Path file;

  @BeforeEach
  void start() throws IOException {
    file = Pictures.write(root.resolve("red.png"), 2, new Random(9));
    byte[] image = Files.readAllBytes(file);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    threads = Executors.newCachedThreadPool();
    server.setExecutor(threads);
    serve("/red.png", exchange -> answer(exchange, 200, image));
    serve("/page", exchange -> answer(exchange, 200, "<html>".getBytes(StandardCharsets.UTF_8)));
    serve("/gone", exchange -> answer(exchange, 404, new byte[0]));
    serve("/secret", exchange -> answer(exchange, 403, new byte[0]));
    serve("/moved", exchange -> redirect(exchange, "/red.png"));
    serve("/circle", exchange -> redirect(exchange, "/circle"));
    serve("/elsewhere", exchange -> redirect(exchange, "file:" + file));
    serve("/silent", exchange -> await());
    serve(
        "/slow",
        exchange -> {
          exchange.sendResponseHeaders(200, image.length);
          exchange.getResponseBody().write(image, 0, 10);
          exchange.getResponseBody().flush();
          await();
        });
    serve(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0); // in chunks
          try (OutputStream body = exchange.getResponseBody()) {
            while (true) {
              body.write(new byte[1 << 16]);
            }
          }
        });
    server.start();
  }

  /** Answers a request. */
  private interface Handler {
    void handle(HttpExchange exchange) throws IOException;
  }

  private void serve(String path, Handler handler) {
    server.createContext(path, handler::handle);
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    try (OutputStream stream = exchange.getResponseBody()) {
      stream.write(body);
    }
  }

  private static void redirect(HttpExchange exchange, String to) throws IOException {
    exchange.getResponseHeaders().set("Location", to);
    answer(exchange, 302, new byte[0]);
  }

  private void await() {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private String address(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private void assertRefused(String path, String sentence) {
    WebImages web = new WebImages(Duration.ofSeconds(2), 1 << 20);
    String address = address(path);
    assertThatThrownBy(() -> web.get(WebImages.address(address)))
        .isInstanceOf(InputException.class)
        .hasMessage(address + " " + sentence);
  }

  @Test
  void image() {
    WebImages web = new WebImages();
    for (String path : new String[] {"/red.png", "/moved"}) {
      assertThat(web.get(URI.create(address(path))))
          .usingRecursiveComparison()
          .isEqualTo(ImageDecoder.decode(file));
    }
  }

  @Test
  void eachFailureIsASentence() {
    assertRefused("/gone", "cannot be had: the server answers 404 (not there): check the address");
    assertRefused(
        "/secret",
        "cannot be had: the server answers 403 (not allowed): download it, and give the file");
    assertRefused(
        "/silent", "did not come within 2 seconds: try again, or download it and give the file");
    assertRefused(
        "/slow", "did not come within 2 seconds: try again, or download it and give the file");
    assertRefused(
        "/endless",
        "cannot be had (it is larger than 1 MiB): try again, or download it and give the file");
    assertRefused("/page", "is a web page, not an image: download the image itself");
    assertRefused(
        "/circle",
        "cannot be had: the server redirects (302) to /circle, which is not followed: give an"
            + " address without redirection");
  }

  /** A server cannot make us read a file of this machine. */
  @Test
  void redirectionsLeadToTheWebOnly() {
    WebImages web = new WebImages();
    String address = address("/elsewhere");
    assertThatThrownBy(() -> web.get(URI.create(address)))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(address + " cannot be had");
  }

  @Test
  void nobodyListens() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    URI address = URI.create("http://127.0.0.1:" + port + "/a.png");
    assertThatThrownBy(() -> new WebImages().get(address))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s cannot be had: 127.0.0.1:%d cannot be reached; check the address and the network",
            address, port);
  }

  @Test
  void addresses() {
    assertThat(WebImages.isAddress("https://example.org/a.png")).isTrue();
    assertThat(WebImages.isAddress("HTTP://example.org/a.png")).isTrue();
    assertThat(WebImages.isAddress("C:\\a.png")).isFalse();
    assertThat(WebImages.isAddress("photos/a.png")).isFalse();
    assertThatThrownBy(() -> WebImages.address("ftp://example.org/a.png"))
        .hasMessage(
            "ftp://example.org/a.png cannot be read: of addresses only http and https; download it,"
                + " and give the file");
    assertThatThrownBy(() -> WebImages.address("http://example.org/a b.png"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("http://example.org/a b.png is not an address: ")
        .hasMessageEndingWith(" at character 21; write blanks as %20");
    assertThatThrownBy(() -> WebImages.address("http:///a.png")).isInstanceOf(InputException.class);
  }
}
