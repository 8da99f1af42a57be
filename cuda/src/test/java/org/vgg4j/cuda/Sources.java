package org.vgg4j.cuda;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the sources of the kernels and of the emulator are, whatever folder the tests run in. */
public final class Sources {
  private static final Path BUILD = Path.of("src", "test", "cpp", "build");

  private Sources() {}

  /** The folder of the module {@code cuda}: one above these classes, wherever a build puts them. */
  public static Path module() {
    Path classes;
    try {
      classes = Path.of(Sources.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    for (Path folder = classes; folder != null; folder = folder.getParent()) {
      for (Path module : new Path[] {folder, folder.resolve("cuda")}) {
        if (Files.isRegularFile(module.resolve(BUILD))) {
          return module;
        }
      }
    }
    throw new IllegalStateException("no folder above " + classes + " has cuda/" + BUILD);
  }

  /** The kernels, {@code *.cu} and {@code *.cuh}. */
  public static Path kernels() {
    return module().resolve("src/main/cuda");
  }

  /** The script that builds the emulator. */
  public static Path emulatorBuild() {
    return module().resolve(BUILD);
  }
}
