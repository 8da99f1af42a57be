package org.vgg4j.base;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of vgg4j. */
public final class Version {
  private static final String VERSION = read();

  private Version() {}

  /**
   * The project's version and the commit that it was built from, for example {@code 0.1.0+1a2b3c4};
   * with {@code .dirty} appended if the sources differed from the commit.
   */
  public static String get() {
    return VERSION;
  }

  private static String read() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("/org/vgg4j/version.properties")) {
      if (in == null) {
        throw new IllegalStateException(
            "version.properties is missing from the jar: build it again");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    boolean dirty = Boolean.parseBoolean(properties.getProperty("dirty"));
    return properties.getProperty("version")
        + "+"
        + properties.getProperty("commit")
        + (dirty ? ".dirty" : "");
  }
}
