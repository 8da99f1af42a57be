package org.vgg4j.serve.models;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * By what a file is seen to have changed.
 *
 * @param millis of its last change; -1 if there is no such file
 * @param bytes its length
 * @param key which file it is, where the system says so: another one may have taken its name
 */
record FileState(long millis, long bytes, @Nullable String key) {
  static final FileState MISSING = new FileState(-1, -1, null);

  static FileState of(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      Object key = now.fileKey();
      return new FileState(
          now.lastModifiedTime().toMillis(), now.size(), key == null ? null : key.toString());
    } catch (IOException e) {
      return MISSING;
    }
  }
}
