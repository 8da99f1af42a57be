package org.vgg4j.experiment.reproduce;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.data.CsvLine;

/** Writes the tables of a reproduction: a page, Markdown, and a CSV file for each. */
public final class TableFiles {
  private static final String TEMPLATE = "tables.mustache";

  private TableFiles() {}

  /**
   * Writes {@code tables.html}, {@code tables.md}, {@code table-3.csv} and so on, replacing any
   * that exist.
   *
   * @param folder where
   * @param facts what to say above the tables: command, commit, sizes
   * @throws org.vgg4j.base.InputException if a file cannot be written
   */
  public static void write(Path folder, Reproduction found, Map<String, String> facts) {
    write(folder, found.sections(), facts);
  }

  /** The same for localisation: {@code table-8.csv} and so on. */
  public static void write(Path folder, BoxReproduction found, Map<String, String> facts) {
    write(folder, found.sections(), facts);
  }

  /** The same for descriptors: {@code table-11.csv} and so on. */
  public static void write(Path folder, FeatureReproduction found, Map<String, String> facts) {
    write(folder, found.sections(), facts);
  }

  private static void write(Path folder, List<Section> sections, Map<String, String> facts) {
    AtomicFile.write(folder.resolve("tables.html"), html(sections, facts));
    AtomicFile.write(folder.resolve("tables.md"), markdown(sections, facts));
    for (Section section : sections) {
      AtomicFile.write(folder.resolve(section.name() + ".csv"), csv(section));
    }
  }

  private static String html(List<Section> sections, Map<String, String> facts) {
    List<Map<String, Object>> tables = new ArrayList<>();
    for (Section section : sections) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (List<String> row : section.rows()) {
        rows.add(Map.of("cells", row));
      }
      tables.add(
          Map.of(
              "title", section.title(),
              "note", section.note(),
              "header", section.header(),
              "rows", rows));
    }
    List<Map<String, String>> list = new ArrayList<>();
    facts.forEach((name, value) -> list.add(Map.of("name", name, "value", value)));
    return Mustache.compiler()
        .escapeHTML(true)
        .compile(template())
        .execute(Map.of("facts", list, "tables", tables));
  }

  private static String template() {
    try (InputStream stream = TableFiles.class.getResourceAsStream(TEMPLATE)) {
      if (stream == null) {
        throw new IllegalStateException("the jar lacks its resource " + TEMPLATE);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String markdown(List<Section> sections, Map<String, String> facts) {
    StringBuilder text = new StringBuilder("# The paper's tables, reproduced\n\n");
    facts.forEach(
        (name, value) -> text.append("- ").append(name).append(": ").append(value).append('\n'));
    for (Section section : sections) {
      text.append("\n## ").append(section.title()).append("\n\n");
      text.append(line(section.header()));
      text.append("|---".repeat(section.header().size())).append("|\n");
      section.rows().forEach(row -> text.append(line(row)));
      text.append('\n').append(section.note()).append('\n');
    }
    return text.toString();
  }

  private static String line(List<String> cells) {
    return "| "
        + String.join(" | ", cells.stream().map(cell -> cell.replace("|", "\\|")).toList())
        + " |\n";
  }

  static String csv(Section section) {
    StringBuilder text = new StringBuilder(row(section.header()));
    section.rows().forEach(cells -> text.append(row(cells)));
    return text.toString();
  }

  private static String row(List<String> cells) {
    return String.join(",", cells.stream().map(CsvLine::quoted).toList()) + "\n";
  }
}
