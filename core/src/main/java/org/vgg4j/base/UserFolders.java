package org.vgg4j.base;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a user's files that can be recreated are kept, by the XDG Base Directory Specification. */
public final class UserFolders {
  private UserFolders() {}

  /**
   * Returns the folder {@code vgg4j} of the user's cache, which need not exist: in {@code
   * $XDG_CACHE_HOME}, or else in {@code .cache} of {@code $HOME}, or else of the home folder that
   * the system knows. A relative path is ignored, as the specification demands. Returns null for
   * users without a home, which Java reports as "?".
   */
  public static @Nullable Path cache() {
    return cache(System.getenv(), System.getProperty("user.home", ""));
  }

  static @Nullable Path cache(Map<String, String> environment, String userHome) {
    Path cache = absolute(environment.get("XDG_CACHE_HOME"));
    if (cache == null) {
      Path home = absolute(environment.get("HOME"));
      home = home == null ? absolute(userHome) : home;
      cache = home == null ? null : home.resolve(".cache");
    }
    return cache == null ? null : cache.resolve("vgg4j");
  }

  private static @Nullable Path absolute(@Nullable String path) {
    return path != null && Path.of(path).isAbsolute() ? Path.of(path) : null;
  }
}
