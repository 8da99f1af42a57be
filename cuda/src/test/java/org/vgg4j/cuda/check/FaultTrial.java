package org.vgg4j.cuda.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.vgg4j.cuda.Sources;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.kernels.Family;

/**
 * A fault planted in a copy of the kernels, and what the checks that must notice it said. They run
 * in a JVM of their own, since a JVM binds one driver's library.
 *
 * @param failures what was wrong, by the checks' names; empty where a check passed
 */
record FaultTrial(PlantedFault fault, Map<String, String> failures) {

  /** Builds an emulator in the folder and runs the checks with it. */
  static FaultTrial of(PlantedFault fault, Path folder) throws IOException, InterruptedException {
    Path kernels = copyFiles(Sources.kernels(), folder.resolve("kernels"));
    Path objects = copyFiles(Emulator.FOLDER, folder.resolve("objects"));
    Path file = kernels.resolve(fault.file());
    Files.writeString(file, fault.in(Files.readString(file)));
    String library = Emulator.build("--kernels", kernels.toString(), objects.toString());
    List<String> names =
        KernelChecks.all(fault.family()).stream()
            .filter(fault::concerns)
            .map(KernelCheck::name)
            .toList();
    return new FaultTrial(fault, run(library, fault.family(), names, folder));
  }

  /** Keeps their times, so that only what the fault changes is compiled again. */
  private static Path copyFiles(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return to;
  }

  private static Map<String, String> run(
      String library, Family family, List<String> names, Path folder)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC"));
    command.add("-D" + Driver.LIBRARY_PROPERTY + "=" + library);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(CheckProcess.class.getName());
    command.add(family.name());
    command.addAll(names);
    Path said = folder.resolve("said");
    Path errors = folder.resolve("errors");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(said.toFile())
            .redirectError(errors.toFile())
            .start();
    boolean ended;
    try {
      ended = process.waitFor(10, TimeUnit.MINUTES);
    } finally {
      process.destroyForcibly();
    }
    Map<String, String> failures = new LinkedHashMap<>();
    for (String line : Files.readAllLines(said)) {
      String[] parts = line.split("\t", 2);
      failures.put(parts[0], parts[1]);
    }
    if (!ended || !failures.keySet().equals(Set.copyOf(names))) {
      throw new IllegalStateException(
          "The checks did not end, but after " + failures + ": " + Files.readString(errors));
    }
    return failures;
  }

  /** Patterns of {@link PlantedFault#noticedBy} that no failed check fits. */
  List<String> unnoticedBy() {
    return fault.noticedBy().stream()
        .filter(
            pattern ->
                failures.entrySet().stream()
                    .noneMatch(
                        check ->
                            pattern.matcher(check.getKey()).lookingAt()
                                && !check.getValue().isEmpty()))
        .map(Pattern::pattern)
        .toList();
  }

  /** A row of the table: fault, how many checks noticed it, and what the first of them said. */
  String line() {
    List<Map.Entry<String, String>> wrong =
        failures.entrySet().stream().filter(check -> !check.getValue().isEmpty()).toList();
    String first = wrong.isEmpty() ? "-" : wrong.get(0).getKey() + ": " + wrong.get(0).getValue();
    return "| %s | %d of %d | %s |".formatted(fault, wrong.size(), failures.size(), first);
  }
}
