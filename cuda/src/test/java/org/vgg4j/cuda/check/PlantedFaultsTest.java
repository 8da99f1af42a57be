package org.vgg4j.cuda.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.cuda.Sources;
import org.vgg4j.cuda.driver.Emulator;

/**
 * That the checks notice faults in kernels. Each takes seconds, so a few are planted; all of them
 * with {@code -Dvgg.faults=all}. What noticed which is in {@code target/planted-faults.md}.
 */
class PlantedFaultsTest {
  private static final boolean ALL = "all".equals(System.getProperty("vgg.faults"));

  private static final PlantedFault NONE = noFault();

  private static final Map<PlantedFault, Future<FaultTrial>> TRIALS = new LinkedHashMap<>();

  private static final ExecutorService WORKERS =
      Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());

  @TempDir private static Path folder;

  static List<PlantedFault> faults() {
    return ALL ? PlantedFaults.all() : PlantedFaults.few();
  }

  /** A comment, and the checks of all faults. */
  private static PlantedFault noFault() {
    String line = "constexpr int THREADS = 256;";
    List<Pattern> checks = faults().stream().flatMap(f -> f.noticedBy().stream()).toList();
    return new PlantedFault("no fault", "sgd.cu", line, line + "  // as before", checks);
  }

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    Emulator.start();
    List<PlantedFault> all = new ArrayList<>(List.of(NONE));
    all.addAll(faults());
    for (PlantedFault fault : all) {
      Path own = folder.resolve(String.valueOf(TRIALS.size()));
      TRIALS.put(fault, WORKERS.submit(() -> FaultTrial.of(fault, own)));
    }
  }

  @Test
  void everyFaultFitsTheSourcesAndAsksChecksThatExist() throws IOException {
    for (PlantedFault fault : PlantedFaults.all()) {
      fault.in(Files.readString(Sources.kernels().resolve(fault.file())));
      for (Pattern pattern : fault.noticedBy()) {
        assertThat(KernelChecks.all(fault.family()))
            .as("checks of " + fault)
            .anyMatch(check -> pattern.matcher(check.name()).lookingAt());
      }
    }
  }

  @Test
  void withoutAFaultTheSameChecksPass() throws Exception {
    assertThat(TRIALS.get(NONE).get().failures())
        .isNotEmpty()
        .allSatisfy((check, failure) -> assertThat(failure).as(check).isEmpty());
  }

  @ParameterizedTest
  @MethodSource("faults")
  void checksNotice(PlantedFault fault) throws Exception {
    assertThat(TRIALS.get(fault).get().unnoticedBy()).as("checks that notice nothing").isEmpty();
  }

  @AfterAll
  static void writeTable() throws Exception {
    WORKERS.shutdownNow();
    List<String> table = new ArrayList<>(List.of("| fault | noticed by | the first of them |"));
    table.add("|---|---|---|");
    for (Map.Entry<PlantedFault, Future<FaultTrial>> trial : TRIALS.entrySet()) {
      table.add(line(trial.getKey(), trial.getValue()));
    }
    Files.write(Sources.module().resolve("target/planted-faults.md"), table);
  }

  private static String line(PlantedFault fault, Future<FaultTrial> trial) throws Exception {
    if (!trial.isDone()) {
      return "| %s | not tried | |".formatted(fault);
    }
    try {
      return trial.get().line();
    } catch (ExecutionException e) {
      return "| %s | failed | %s |".formatted(fault, e.getCause());
    }
  }
}
