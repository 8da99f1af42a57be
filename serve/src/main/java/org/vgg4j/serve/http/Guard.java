package org.vgg4j.serve.http;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask. A token, where there is one; and no page of another site, which a browser would let
 * send pictures and orders here in the user's name. A service on this machine alone is also not to
 * be had under other names than the machine's own, or a site could let its name point here (DNS
 * rebinding); where there is a token, which such a site has not, a proxy may pass on any name.
 * Thread-safe.
 */
final class Guard {
  private final byte @Nullable [] token;
  private final boolean loopback;

  /**
   * @param token what {@code Authorization: Bearer} must say; null: nothing
   * @param address where the service listens
   */
  Guard(@Nullable String token, InetAddress address) {
    this.token = token == null ? null : token.getBytes(StandardCharsets.UTF_8);
    this.loopback = address.isLoopbackAddress();
  }

  /**
   * @param open whether the route is for everybody
   * @throws HttpFailure 401 or 403
   */
  void check(Request request, boolean open) {
    String host = request.getHeaders().get(HttpHeader.HOST);
    if (loopback && token == null && host != null && !isLocal(host)) {
      throw new HttpFailure(
          403,
          "this service is for the machine that it runs on, under the name localhost, not "
              + host
              + ": start it with --host to offer it to others, or with --token-file behind a"
              + " proxy");
    }
    String origin = request.getHeaders().get(HttpHeader.ORIGIN);
    if (origin != null && !sameSite(origin, host)) {
      throw new HttpFailure(
          403, "pages of other sites may not use this service: " + origin + " is not " + host);
    }
    if (!open && token != null && !bears(request.getHeaders().get(HttpHeader.AUTHORIZATION))) {
      throw new HttpFailure(
          401,
          "this service wants a token: send the header 'Authorization: Bearer TOKEN'",
          Map.of("WWW-Authenticate", "Bearer"));
    }
  }

  private static boolean isLocal(String host) {
    String name = host.replaceFirst(":[0-9]*$", "").toLowerCase(Locale.ROOT);
    return name.equals("localhost")
        || name.endsWith(".localhost")
        || name.equals("[::1]")
        || name.matches("127(\\.[0-9]{1,3}){3}");
  }

  /** Compared without the scheme: a proxy may speak TLS in our place. */
  private static boolean sameSite(String origin, @Nullable String host) {
    return host != null && origin.replaceFirst("^https?://", "").equalsIgnoreCase(host);
  }

  private boolean bears(@Nullable String authorization) {
    if (token == null || authorization == null) {
      return false;
    }
    String[] parts = authorization.trim().split("\\s+", 2);
    return parts.length == 2
        && parts[0].equalsIgnoreCase("Bearer")
        && MessageDigest.isEqual(parts[1].getBytes(StandardCharsets.UTF_8), token);
  }
}
