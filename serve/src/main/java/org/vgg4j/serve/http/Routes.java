package org.vgg4j.serve.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint answers which requests. Patterns are paths in which {@code {name}} stands for one
 * segment. Immutable once served; then thread-safe.
 */
public final class Routes {
  /**
   * A way to an endpoint.
   *
   * @param method such as POST
   * @param pattern such as {@code /v1/models/{name}}
   * @param open whether it is answered without the token
   * @param endpoint answers
   */
  record Route(String method, String pattern, boolean open, Endpoint endpoint) {}

  /**
   * A route that fits a request.
   *
   * @param route the route
   * @param variables what the pattern's names stand for
   */
  record Match(Route route, Map<String, String> variables) {}

  private final List<Route> all = new ArrayList<>();

  /** Adds a route that needs the token, if the service has one. */
  public Routes add(String method, String pattern, Endpoint endpoint) {
    all.add(new Route(method, pattern, false, endpoint));
    return this;
  }

  /** Adds a route that everybody may use. */
  public Routes addOpen(String method, String pattern, Endpoint endpoint) {
    all.add(new Route(method, pattern, true, endpoint));
    return this;
  }

  /**
   * What there is, such as {@code GET /v1/models/{name}}; those open to everybody end in " open".
   */
  public List<String> all() {
    return all.stream()
        .map(route -> route.method() + " " + route.pattern() + (route.open() ? " open" : ""))
        .toList();
  }

  /**
   * Finds the route of a request; HEAD takes that of GET.
   *
   * @param path decoded
   * @throws HttpFailure 404 or 405
   */
  Match find(String method, String path) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    TreeSet<String> others = new TreeSet<>();
    for (Route route : all) {
      Map<String, String> variables = match(route.pattern(), path);
      if (variables != null) {
        if (route.method().equals(wanted)) {
          return new Match(route, variables);
        }
        others.add(route.method());
      }
    }
    if (others.isEmpty()) {
      throw new HttpFailure(
          404, "there is nothing at " + path + ": /openapi.json lists what there is");
    }
    String allowed = String.join(", ", others);
    throw new HttpFailure(
        405, path + " is for " + allowed + ", not " + method, Map.of("Allow", allowed));
  }

  private static @Nullable Map<String, String> match(String pattern, String path) {
    String[] wanted = pattern.split("/", -1);
    String[] given = path.split("/", -1);
    if (wanted.length != given.length) {
      return null;
    }
    Map<String, String> variables = new LinkedHashMap<>();
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i].startsWith("{") && !given[i].isEmpty()) {
        variables.put(wanted[i].substring(1, wanted[i].length() - 1), given[i]);
      } else if (!wanted[i].equals(given[i])) {
        return null;
      }
    }
    return variables;
  }
}
