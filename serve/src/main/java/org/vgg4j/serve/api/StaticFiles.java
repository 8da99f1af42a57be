package org.vgg4j.serve.api;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.Routes;

/**
 * The page and what belongs to it, and the description of everything for programs. Open to
 * everybody: it asks for the token. Thread-safe.
 */
final class StaticFiles {
  private static final String DESCRIPTION = "/org/vgg4j/serve/openapi.json";
  private static final String FOLDER = "/org/vgg4j/serve/page/";

  /** Nothing from elsewhere, and no code or styles but our files. */
  private static final String POLICY =
      "default-src 'self'; img-src 'self' blob: data:; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  private static final Map<String, String> TYPES = new LinkedHashMap<>();

  static {
    TYPES.put("index.html", "text/html; charset=utf-8");
    TYPES.put("app.js", "text/javascript; charset=utf-8");
    TYPES.put("service.js", "text/javascript; charset=utf-8");
    TYPES.put("view.js", "text/javascript; charset=utf-8");
    TYPES.put("app.css", "text/css; charset=utf-8");
    TYPES.put("icon.svg", "image/svg+xml");
  }

  void addTo(Routes routes) {
    Answer description = Answer.of("application/json", read(DESCRIPTION));
    routes.addOpen("GET", "/openapi.json", call -> CompletableFuture.completedFuture(description));
    TYPES.forEach(
        (name, type) -> {
          Answer answer =
              Answer.of(type, read(FOLDER + name))
                  .with("Content-Security-Policy", POLICY)
                  .with("Referrer-Policy", "no-referrer")
                  .with("Cache-Control", "no-cache");
          String path = name.equals("index.html") ? "/" : "/page/" + name;
          routes.addOpen("GET", path, call -> CompletableFuture.completedFuture(answer));
        });
  }

  private static byte[] read(String path) {
    try (InputStream stream = StaticFiles.class.getResourceAsStream(path)) {
      if (stream == null) {
        throw new IllegalStateException("the jar has no " + path);
      }
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("the jar's " + path + " cannot be read", e);
    }
  }
}
