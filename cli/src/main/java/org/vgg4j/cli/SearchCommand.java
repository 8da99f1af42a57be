package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.network.Device;
import org.vgg4j.network.HostThreads;
import org.vgg4j.search.Duplicates;
import org.vgg4j.search.ImageSearch;
import org.vgg4j.search.Match;
import org.vgg4j.search.ResultPage;
import org.vgg4j.search.SearchIndex;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg search}. */
@Command(
    name = "search",
    description = {
      "Finds the images of an index that are most like others, or like each other (--duplicates)."
    },
    sortOptions = false)
final class SearchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "INDEX", description = "what vgg index has made")
  private Path index;

  @Parameters(
      index = "1..*",
      paramLabel = "IMAGE",
      arity = "0..*",
      description = "image files, or folders of them")
  private List<Path> images = List.of();

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "the model of the index, if it has been moved since")
  private @Nullable Path model;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "10",
      description = "show this many for each image (default: ${DEFAULT-VALUE})")
  private int top;

  @Option(
      names = "--duplicates",
      description = "find groups of images of the index that are nearly the same")
  private boolean duplicates;

  @Option(
      names = "--threshold",
      paramLabel = "T",
      defaultValue = "0.95",
      description =
          "least cosine of two near-duplicates (default: ${DEFAULT-VALUE}; whitened descriptors"
              + " want less)")
  private double threshold;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "show what was found on a page, with small copies of the images")
  @Writes
  private @Nullable Path page;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  /**
   * What was found for an image; the image itself would fill memory where there are many.
   *
   * @param shown its small copy; null if there is no page
   */
  private record Found(Path file, ResultPage.@Nullable Shown shown, List<Match> matches) {}

  @Override
  public Integer call() {
    if (duplicates == !images.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          duplicates
              ? "--duplicates compares the images of the index with each other: leave out IMAGE"
              : "an image is missing: vgg search INDEX IMAGE..., or vgg search INDEX --duplicates");
    }
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    Device chosen = device.get(); // mistakes in options are found before anything is read
    double unused = Duplicates.requireThreshold(threshold);
    int unusedHere = HostThreads.requireCount(threads.count());
    SearchIndex opened = SearchIndex.open(index);
    return duplicates ? findDuplicates(opened) : find(opened, chosen);
  }

  private int find(SearchIndex opened, Device chosen) {
    List<Path> files = ImageArguments.files(images, this::complain);
    List<Found> found = new ArrayList<>();
    try (ImageSearch search = ImageSearch.open(opened, model, chosen, threads.count())) {
      for (Path each : files) {
        try {
          RgbImage image = ImageDecoder.decode(each);
          ResultPage.Shown shown = page == null ? null : ResultPage.Shown.query(each, image);
          found.add(new Found(each, shown, search.search(image, top)));
        } catch (UnreadableImageException e) {
          String message = String.valueOf(e.getMessage());
          complain(message.contains(each.toString()) ? message : each + ": " + message);
        }
      }
    }
    print(opened, found);
    return found.size() == files.size() ? 0 : 1;
  }

  private void complain(String sentence) {
    spec.commandLine().getErr().println("vgg: " + sentence);
  }

  private void print(SearchIndex opened, List<Found> all) {
    Path folder = Path.of(opened.header().folder());
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      List<Map<String, Object>> results = new ArrayList<>();
      for (Found found : all) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("file", found.file().toString());
        map.put("matches", asMaps(opened, found.matches()));
        results.add(map);
      }
      out.println(Json.of(results));
    } else {
      for (Found found : all) {
        out.println(Screen.harmless(found.file().toString()));
        printMatches(opened, found.matches());
      }
    }
    out.flush();
    if (page != null) {
      List<ResultPage.Row> rows = new ArrayList<>();
      for (Found found : all) {
        rows.add(
            new ResultPage.Row(
                found.file().toString(), found.shown(), shown(opened, found.matches())));
      }
      new ResultPage("Similar images of " + folder, about(opened), rows).write(page);
    }
  }

  private void printMatches(SearchIndex opened, List<Match> matches) {
    for (Match match : matches) {
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "  %6.3f  %s%n",
              match.cosine(),
              Screen.harmless(opened.path(match.row()).toString()));
    }
  }

  private static List<Map<String, Object>> asMaps(SearchIndex opened, List<Match> matches) {
    List<Map<String, Object>> maps = new ArrayList<>();
    for (Match match : matches) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("file", opened.path(match.row()).toString());
      map.put("cosine", match.cosine());
      maps.add(map);
    }
    return maps;
  }

  private static List<ResultPage.Shown> shown(SearchIndex opened, List<Match> matches) {
    Path folder = Path.of(opened.header().folder());
    return matches.stream()
        .map(
            match ->
                ResultPage.Shown.found(folder, opened.image(match.row()).path(), match.cosine()))
        .toList();
  }

  private static String about(SearchIndex opened) {
    return String.format(
        Locale.ROOT,
        "%,d images are indexed (%s; model %s). The number is the cosine of both descriptors: 1 for"
            + " the same.",
        opened.count(),
        opened.header().label(),
        opened.header().model());
  }

  private int findDuplicates(SearchIndex opened) {
    Duplicates search = new Duplicates(opened, threshold);
    ProgressLine progress = quiet.line(spec.commandLine().getErr());
    try (StopSignal stop = StopSignal.install(spec.commandLine().getErr());
        HostThreads host = new HostThreads(threads.count())) {
      List<List<Match>> groups =
          search.groups(
              host,
              stop::requested,
              done -> progress.show("compared " + done + " of " + opened.count() + " images"));
      progress.clear();
      if (stop.requested()) {
        complain("stopped: groups are known only once all images are compared");
        return stop.exitCode();
      }
      printGroups(opened, groups);
      return 0;
    }
  }

  private void printGroups(SearchIndex opened, List<List<Match>> groups) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.of(groups.stream().map(group -> asMaps(opened, group)).toList()));
    } else {
      int images = groups.stream().mapToInt(List::size).sum();
      out.printf(
          Locale.ROOT,
          "%d groups of near-duplicates (cosine from %s), %d of %d images%n",
          groups.size(),
          threshold,
          images,
          opened.count());
      for (int g = 0; g < groups.size(); g++) {
        out.printf(Locale.ROOT, "group %d:%n", g + 1);
        printMatches(opened, groups.get(g));
      }
    }
    out.flush();
    if (page != null) {
      List<ResultPage.Row> rows = new ArrayList<>();
      for (List<Match> group : groups) {
        rows.add(
            new ResultPage.Row(
                "Group " + (rows.size() + 1) + " of " + groups.size(), null, shown(opened, group)));
      }
      new ResultPage("Near-duplicates in " + opened.header().folder(), about(opened), rows)
          .write(page);
    }
  }
}
