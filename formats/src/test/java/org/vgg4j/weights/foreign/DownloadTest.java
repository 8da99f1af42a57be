package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;

/** Against a server of our own: nothing is fetched from outside. */
class DownloadTest {
  /** The SHA-256 of "weights" begins so, and its MD5 is this (sha256sum, md5sum). */
  private static final String SHA256 = "9a129038";

  private static final String MD5 = "63f4f1e9b725370f459720575cd5f953";

  @TempDir Path folder;
  private HttpServer server;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/moved",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "/there/w.pth");
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    server.createContext(
        "/there/w.pth",
        exchange -> {
          byte[] body = "weights".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Release release(String path, Release.Checksum checksum) {
    return new Release(
        "test",
        "nobody",
        Configuration.D,
        URI.create("http://localhost:" + server.getAddress().getPort() + path),
        0,
        checksum,
        Profile.TORCHVISION,
        "none",
        0,
        0,
        "");
  }

  private Path get(Release release) {
    return Download.get(release, folder, release.source(), bytes -> {});
  }

  @Test
  void whatHasTheRightChecksumIsKept() throws IOException {
    Release release = release("/there/w.pth", new Release.Checksum("SHA-256", SHA256));
    List<Long> progress = new ArrayList<>();
    Path file = Download.get(release, folder, release.source(), progress::add);
    assertThat(file).hasFileName("w.pth").hasContent("weights");
    assertThat(progress).endsWith(7L);
    assertThat(get(release("/there/w.pth", new Release.Checksum("MD5", MD5)))).isEqualTo(file);
    Files.writeString(file, "other");
    assertThatThrownBy(() -> get(release))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("delete it and get it again");
  }

  @Test
  void redirectionsAreFollowed() {
    assertThat(get(release("/moved", Release.Checksum.NONE))).hasContent("weights");
  }

  @Test
  void whatHasAnotherChecksumIsNotKept() {
    assertThatThrownBy(
            () -> get(release("/there/w.pth", new Release.Checksum("SHA-256", "12345678"))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("but the release has SHA-256 12345678...")
        .hasMessageContaining("was not kept");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void withoutANetworkOneIsToldWhatToDo() {
    Release release = release("/there/w.pth", Release.Checksum.NONE);
    server.stop(0);
    assertThatThrownBy(() -> get(release))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("download " + release.source() + " yourself")
        .hasMessageContaining("save it as " + folder.resolve("w.pth"));
    assertThat(folder).isEmptyDirectory();
  }
}
