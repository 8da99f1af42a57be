package org.vgg4j.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Prints the names of the JDK's and our own classes and of those that ours use, in the form that
 * {@code -XX:SharedClassListFile} reads: the launcher has Java make an archive of them.
 */
final class ClassList {
  private static final String SUFFIX = ".class";

  private ClassList() {}

  /** Writes to standard output. */
  public static void main(String[] args) throws IOException {
    StringBuilder names = new StringBuilder();
    Path ofJdk = Path.of(System.getProperty("java.home"), "lib", "classlist");
    if (Files.exists(ofJdk)) {
      try (Stream<String> lines = Files.lines(ofJdk)) {
        // The others are of lambdas, at which JDK 17 crashes where not all of their classes are
        // there.
        lines
            .filter(line -> !line.startsWith("@") && !line.startsWith("#"))
            .forEach(line -> names.append(line).append('\n'));
      }
    }
    for (String jar : System.getProperty("java.class.path").split(File.pathSeparator)) {
      try (JarFile file = new JarFile(jar)) {
        file.stream()
            .map(JarEntry::getName)
            .filter(name -> name.endsWith(SUFFIX))
            .filter(name -> !name.startsWith("META-INF") && !name.endsWith("module-info.class"))
            .map(name -> name.substring(0, name.length() - SUFFIX.length()))
            .forEach(name -> names.append(name).append('\n'));
      }
    }
    System.out.print(names);
  }
}
