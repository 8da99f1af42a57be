package org.vgg4j.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UserFoldersTest {
  private static Path cache(String userHome, String... environment) {
    Map<String, String> variables =
        environment.length == 4
            ? Map.of(environment[0], environment[1], environment[2], environment[3])
            : environment.length == 2 ? Map.of(environment[0], environment[1]) : Map.of();
    return UserFolders.cache(variables, userHome);
  }

  @Test
  void xdgComesFirst() {
    assertThat(cache("/home/ann", "XDG_CACHE_HOME", "/var/ann", "HOME", "/home/bob"))
        .isEqualTo(Path.of("/var/ann/vgg4j"));
  }

  @Test
  void relativeAndEmptyOnesArePassedOver() {
    assertThat(cache("/home/ann", "XDG_CACHE_HOME", "cache", "HOME", "/home/bob"))
        .isEqualTo(Path.of("/home/bob/.cache/vgg4j"));
    assertThat(cache("/home/ann", "XDG_CACHE_HOME", "", "HOME", ""))
        .isEqualTo(Path.of("/home/ann/.cache/vgg4j"));
  }

  @Test
  void homeOfTheEnvironmentThenThatOfTheSystem() {
    assertThat(cache("?", "HOME", "/home/bob")).isEqualTo(Path.of("/home/bob/.cache/vgg4j"));
    assertThat(cache("/home/ann")).isEqualTo(Path.of("/home/ann/.cache/vgg4j"));
  }

  /** Java calls the home of a user whom the system does not know "?". */
  @Test
  void usersWithoutAHomeHaveNoCache() {
    assertThat(cache("?")).isNull();
    assertThat(cache("")).isNull();
    assertThat(cache("?", "HOME", "relative")).isNull();
  }
}
