package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReproduceCommandTest {
  private static final List<String> TABLES =
      List.of("table-3", "table-4", "table-5", "table-6", "table-7", "networks", "claims");

  @TempDir Path root;

  private Vgg quick(String... more) {
    Path out = root.resolve("tables");
    List<Object> args =
        new ArrayList<>(List.of("reproduce", "--quick", "--data", "fashion-mini", "--out", out));
    args.addAll(List.of(more));
    return Vgg.run(args.toArray());
  }

  /** All networks, all protocols, all tables; and the second time nothing is left to train. */
  @Test
  void quickTrial() throws IOException {
    Vgg vgg = quick();
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains("All of it takes about")
        .contains("seed 1 of 1, D-jitter-fc: training")
        .contains("The tables: open");
    Path out = root.resolve("tables");
    String page = Files.readString(out.resolve("tables.html"));
    assertThat(page)
        .contains("Table 3: one test scale")
        .contains("another data set: our rows cannot be compared")
        .contains("1x1, 2x2, 3x3")
        .contains("its figures mean nothing");
    assertThat(lines("table-3")).hasSize(13);
    assertThat(lines("table-4")).hasSize(11);
    assertThat(lines("table-5")).hasSize(7);
    assertThat(lines("table-6")).hasSize(5);
    assertThat(lines("table-7")).hasSize(18);
    assertThat(lines("claims")).hasSize(24);
    assertThat(lines("table-3").get(9)).startsWith("D,[256;512],384,73-146,110,25.6,8.1,");
    List<List<String>> before = TABLES.stream().map(this::lines).toList();

    Vgg again = quick();
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(TABLES.stream().map(this::lines).toList()).isEqualTo(before);

    Vgg other =
        Vgg.run("reproduce", "--data", "fashion-mini", "--out", out, "--width", 0.5, "--seeds", 1);
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err())
        .contains("holds a reproduction with data fashion-mini, width 0.05")
        .contains("give another --out, or the same options");

    Path provenance = out.resolve("seed-1/B/provenance.json");
    Files.writeString(
        provenance,
        Files.readString(provenance)
            .replaceFirst("(\"datasetFingerprint\" : \")[0-9a-f]{8}", "$100000000"));
    assertThat(quick().err())
        .contains(
            "seed-1/B learnt from other images than fashion-mini has now: restore these, or give"
                + " another folder (option out)");
  }

  /** Tables 8 to 10; and the second time nothing is left to train, and the same is measured. */
  @Test
  void quickTrialOfLocalisation() throws IOException {
    Path out = root.resolve("tables");
    Object[] args = {"reproduce", "localisation", "--quick", "--crop", 32, "--out", out};
    Vgg vgg = Vgg.run(args);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains("All of it takes about")
        .contains("seed 1 of 1, scr-fc-384: training")
        .contains("The tables: open");
    assertThat(Files.readString(out.resolve("tables.html")))
        .contains("Table 8: forms of box regression", "its figures mean nothing");
    assertThat(Files.readString(out.resolve("seed-1/classifier/config.yaml")))
        .contains("max-steps: " + Integer.MAX_VALUE);
    assertThat(lines("table-8")).hasSize(7);
    assertThat(lines("table-8").get(4)).startsWith("fc6 and fc7,SCR: one box,384,55,36.4,");
    assertThat(lines("table-9")).hasSize(6);
    assertThat(lines("table-9").get(2)).startsWith("256,\"224,256\",37,\"32,37\",");
    assertThat(lines("table-10")).hasSize(8);
    assertThat(lines("claims")).hasSize(10);
    assertThat(lines("networks").stream().map(line -> line.split(",", -1)[0]))
        .containsExactly(
            "network",
            "classifier",
            "scr-fc-256",
            "pcr-fc-256",
            "pcr-256",
            "scr-fc-384",
            "pcr-fc-384",
            "pcr-384");
    List<String> names = List.of("table-8", "table-9", "table-10", "claims");
    List<List<String>> before = names.stream().map(this::lines).toList();

    Vgg again =
        Vgg.run("reproduce", "localisation", "--quick", "--crop", 32, "--out", out, "--quiet");
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(names.stream().map(this::lines).toList()).isEqualTo(before);
    Vgg other = Vgg.run("reproduce", "localisation", "--arch", "B", "--out", out);
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err())
        .contains("holds a reproduction with data fashion-boxes, boxes beside it, arch A")
        .contains("give another --out, or the same options");
  }

  @Test
  void localisationNeedsBoxes() {
    Vgg vgg = Vgg.run("reproduce", "localisation", "--data=fashion-mini", "--out", root);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err().strip())
        .startsWith("vgg: fashion-mini has no boxes, which localisation needs: put boxes.csv");
  }

  private List<String> lines(String table) {
    try {
      return Files.readAllLines(root.resolve("tables").resolve(table + ".csv"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void needsTestImages() throws IOException {
    Path data = Pictures.writeClasses(root.resolve("photos"), 4, 1);
    Vgg vgg = Vgg.run("reproduce", "--quick", "--data", data, "--out", root.resolve("tables"));
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).contains("has no test images to compare networks on");
    assertThat(root.resolve("tables")).doesNotExist();
  }
}
