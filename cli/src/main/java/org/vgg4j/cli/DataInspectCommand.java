package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.inspect.BoxCounts;
import org.vgg4j.data.inspect.ContactSheet;
import org.vgg4j.data.inspect.Inspection;
import org.vgg4j.data.loading.ColorPca;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.model.Rgb;
import org.vgg4j.network.HostThreads;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg data inspect}. */
@Command(
    name = "inspect",
    description =
        "Says what a data set is, and examines its images: how many there are of each class, how"
            + " large they are, which cannot be read, their mean colour, and what boxes they have."
            + " With --sheet it also draws a sheet of samples, with their boxes.")
final class DataInspectCommand implements Runnable {
  private static final int MOST_CLASSES = 20;
  private static final int MOST_UNREADABLE = 20;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DATA", description = Texts.DATA)
  private String data;

  @Option(
      names = "--sheet",
      paramLabel = "FILE.png",
      description =
          "draw eight different images of each of at most twelve classes, under their names")
  @Writes
  private @Nullable Path sheet;

  @Option(names = "--boxes", paramLabel = "FILE", description = Texts.BOXES)
  private @Nullable Path boxes;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "2147483647",
      description = "decode at most this many images of each part, evenly spread (default: all)")
  private int limit;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  @Override
  public void run() {
    if (limit < 1) {
      throw new InputException("option limit is " + limit + " but must be at least 1");
    }
    DataSources.Found found = DataSources.recogniseBoxed(data, boxes);
    Map<String, Inspection> parts = new LinkedHashMap<>();
    ProgressLine progress = quiet.line(spec.commandLine().getErr());
    try (HostThreads hostThreads = new HostThreads(threads.count())) {
      found
          .parts()
          .forEach(
              (part, images) -> {
                int most = Math.min(limit, images.size());
                parts.put(
                    part,
                    Inspection.of(
                        split(part),
                        images,
                        limit,
                        hostThreads::parallel,
                        done ->
                            progress.show("looked at %d of %d of %s".formatted(done, most, part))));
              });
    } finally {
      progress.clear();
    }
    Dataset first = found.parts().values().iterator().next();
    List<Integer> rows = sheet == null ? List.of() : ContactSheet.write(sheet, first);
    spec.commandLine()
        .getOut()
        .println(json ? Json.of(asMap(found, parts, rows)) : text(found, parts, rows));
  }

  private static Split split(String part) {
    return switch (part) {
      case "train" -> Split.TRAIN;
      case "val" -> Split.VAL;
      default -> Split.TEST;
    };
  }

  private String text(DataSources.Found found, Map<String, Inspection> parts, List<Integer> rows) {
    StringBuilder text = new StringBuilder();
    text.append(String.format("%s: %s%n", found.name(), found.kind()));
    found.notes().forEach(note -> text.append(note).append('\n'));
    TextTable table =
        new TextTable()
            .row(
                "part",
                "images",
                "decoded",
                "unreadable",
                "classes",
                "images per class",
                "shorter side",
                "longer side",
                "mean RGB");
    parts.forEach(
        (part, seen) -> {
          Rgb mean = seen.survey().mean();
          table.row(
              part,
              seen.images(),
              seen.lookedAt() - seen.survey().unreadable().size(),
              seen.survey().unreadable().size(),
              seen.classSizes().length == 0 ? "-" : seen.classSizes().length,
              seen.classSizes().length == 0 ? "-" : spread(Inspection.Spread.of(seen.classSizes())),
              spread(seen.shorterSides()),
              spread(seen.longerSides()),
              String.format(Locale.ROOT, "%.1f %.1f %.1f", mean.red(), mean.green(), mean.blue()));
        });
    text.append('\n').append(table).append("Of three numbers: smallest, median, largest.\n");
    parts.forEach((part, seen) -> text.append(colors(part, seen)));
    text.append(boxes(parts)).append(classes(found, parts));
    parts.forEach((part, seen) -> text.append(unreadable(part, seen)));
    Dataset first = found.parts().values().iterator().next();
    if (sheet != null) {
      String what =
          rows.isEmpty() ? "" : rows.size() + (rows.size() == 1 ? " class of " : " classes of ");
      text.append(String.format("%n%s shows images of %s%s%n", sheet, what, first.name()));
    }
    return text.toString();
  }

  private static String spread(Inspection.Spread spread) {
    return spread.smallest() == spread.largest()
        ? Integer.toString(spread.smallest())
        : spread.smallest() + " " + spread.median() + " " + spread.largest();
  }

  /** The axes of the paper's colour shift. */
  private static String colors(String part, Inspection seen) {
    if (!part.equals("train") || seen.survey().unreadable().size() == seen.lookedAt()) {
      return "";
    }
    TextTable table =
        new TextTable().row("colours of train, axis", "standard deviation", "red", "green", "blue");
    int number = 1;
    for (ColorPca.Axis axis : seen.survey().colors().axes()) {
      table.row(
          number++,
          String.format(Locale.ROOT, "%.1f", 255 * Math.sqrt(axis.eigenvalue())),
          String.format(Locale.ROOT, "%.3f", axis.red()),
          String.format(Locale.ROOT, "%.3f", axis.green()),
          String.format(Locale.ROOT, "%.3f", axis.blue()));
    }
    return "\n" + table;
  }

  private static String boxes(Map<String, Inspection> parts) {
    TextTable table =
        new TextTable()
            .row("part", "boxes", "per image", "% of the image", "images without own class");
    boolean any = false;
    StringBuilder odd = new StringBuilder();
    for (Map.Entry<String, Inspection> part : parts.entrySet()) {
      BoxCounts counts = part.getValue().boxes();
      if (counts == null) {
        continue;
      }
      any = true;
      table.row(
          part.getKey(),
          counts.objects(),
          spread(counts.perImage()),
          String.format(
              Locale.ROOT,
              "%.1f %.1f %.1f",
              100 * counts.shares().smallest(),
              100 * counts.shares().median(),
              100 * counts.shares().largest()),
          counts.withoutOwn());
      for (BoxCounts.Odd one : counts.odd()) {
        odd.append(
            String.format(
                "%s, %s: %d, such as in %s%n",
                part.getKey(), one.oddity().words(), one.count(), one.example()));
      }
    }
    return any ? "\n" + table + odd : "";
  }

  private static String classes(DataSources.Found found, Map<String, Inspection> parts) {
    List<Object> header = new ArrayList<>(List.of("class"));
    List<int[]> sizes = new ArrayList<>();
    parts.forEach(
        (part, seen) -> {
          if (seen.classSizes().length > 0) {
            header.add(part);
            sizes.add(seen.classSizes());
          }
        });
    if (sizes.isEmpty()) {
      return "";
    }
    TextTable table = new TextTable().row(header.toArray());
    List<String> names = found.parts().values().iterator().next().classNames();
    for (int label = 0; label < Math.min(MOST_CLASSES, names.size()); label++) {
      List<Object> row = new ArrayList<>(List.of(label + " " + names.get(label)));
      for (int[] ofPart : sizes) {
        row.add(ofPart[label]);
      }
      table.row(row.toArray());
    }
    return "\n"
        + table
        + (names.size() > MOST_CLASSES ? "All " + names.size() + " classes are in --json.\n" : "");
  }

  private static String unreadable(String part, Inspection seen) {
    List<Unreadable> all = seen.survey().unreadable();
    if (all.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder("\nunreadable in " + part + ":\n");
    all.stream().limit(MOST_UNREADABLE).forEach(one -> text.append(one.reason()).append('\n'));
    if (all.size() > MOST_UNREADABLE) {
      text.append("All ").append(all.size()).append(" are in --json.\n");
    }
    return text.toString();
  }

  private Map<String, Object> asMap(
      DataSources.Found found, Map<String, Inspection> parts, List<Integer> rows) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", found.name());
    map.put("kind", found.kind());
    map.put("notes", found.notes());
    map.put("classes", found.parts().values().iterator().next().classNames());
    Map<String, Object> all = new LinkedHashMap<>();
    parts.forEach((part, seen) -> all.put(part, asMap(seen)));
    map.put("parts", all);
    if (sheet != null) {
      map.put("sheet", sheet.toString());
      map.put("sheetRows", rows);
    }
    return map;
  }

  private static Map<String, Object> asMap(Inspection seen) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("images", seen.images());
    map.put("decoded", seen.lookedAt() - seen.survey().unreadable().size());
    map.put("classSizes", Arrays.stream(seen.classSizes()).boxed().toList());
    map.put("shorterSides", seen.shorterSides());
    map.put("longerSides", seen.longerSides());
    boolean any = seen.survey().unreadable().size() < seen.lookedAt();
    map.put("mean", any ? seen.survey().mean() : null);
    map.put("colorAxes", any ? seen.survey().colors().axes() : null);
    if (seen.boxes() != null) {
      map.put("boxes", seen.boxes());
    }
    map.put("unreadable", seen.survey().unreadable());
    return map;
  }
}
