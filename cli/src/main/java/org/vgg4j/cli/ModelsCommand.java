package org.vgg4j.cli;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.base.UserFolders;
import org.vgg4j.weights.foreign.Download;
import org.vgg4j.weights.foreign.Release;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg models}. */
@Command(
    name = "models",
    description = "Lists the weights that others have published, and downloads them.",
    subcommands = ModelsCommand.Get.class)
final class ModelsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.of(Release.all().stream().map(ModelsCommand::asMap).toList()));
    } else {
      TextTable table =
          new TextTable().row("name", "arch", "MiB", "errors, %", "licence", "checksum", "file");
      for (Release release : Release.all()) {
        table.row(
            release.name(),
            release.configuration().label(),
            String.format(Locale.ROOT, "%.0f", release.mebibytes()),
            release.top1Error() == 0
                ? "-"
                : String.format(
                    Locale.ROOT, "%.1f / %.1f", release.top1Error(), release.top5Error()),
            release.licence(),
            release.checksum().isPublished()
                ? release.checksum().toString().split(" ")[0]
                : release.checksum(),
            release.fileName());
      }
      out.print(table);
      out.println();
      out.println(
          "Errors are top-1 / top-5 on the validation images of ILSVRC-2012, as published:");
      out.println("the authors' by dense evaluation at Q = 384, the others' by centre crops.");
      out.println("Full checksums are in --json.");
      out.println(
          Hint.command("models get NAME")
              + " downloads one, "
              + Hint.command("import FILE")
              + " makes a model of it.");
    }
    out.flush();
    return 0;
  }

  private static Map<String, Object> asMap(Release release) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", release.name());
    map.put("by", release.by());
    map.put("arch", release.configuration().label());
    map.put("source", release.source().toString());
    map.put("file", release.fileName());
    map.put("mebibytes", release.mebibytes());
    map.put("checksum", release.checksum().toString());
    map.put("profile", release.profile().label());
    map.put("licence", release.licence());
    if (release.top1Error() != 0) {
      map.put("top1Error", release.top1Error());
      map.put("top5Error", release.top5Error());
      map.put("protocol", release.protocol());
    }
    return map;
  }

  /** {@code vgg models get}. */
  @Command(
      name = "get",
      description = "Downloads weights, checks them, and says where they are; once is enough.")
  static final class Get implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "as vgg models lists it")
    private String name;

    @Option(
        names = "--cache",
        paramLabel = "DIR",
        description =
            "where files are kept (default: $VGG_CACHE, else vgg4j in $XDG_CACHE_HOME or in"
                + " ~/.cache)")
    @Writes(Writes.Kind.FOLDER)
    private @Nullable Path cache;

    @Option(
        names = "--from",
        paramLabel = "URL",
        description =
            "download from there, such as your own mirror, instead of the release's source")
    private @Nullable String from;

    @Mixin private final QuietOption quiet = new QuietOption();

    @Override
    public Integer call() {
      Release release = Release.named(name);
      ProgressLine line = quiet.line(spec.commandLine().getErr());
      Path folder = cache != null ? cache : defaultCache();
      boolean there = Files.exists(folder.resolve(release.fileName()));
      Path file =
          Download.get(
              release,
              folder,
              source(release),
              bytes ->
                  line.show(
                      String.format(
                          Locale.ROOT,
                          "%s: %.0f of %.0f MiB",
                          release.fileName(),
                          bytes / 0x1p20,
                          release.mebibytes())));
      line.clear();
      if (quiet.isQuiet()) {
        spec.commandLine().getOut().println(file);
        return 0;
      }
      List<String> lines = new ArrayList<>();
      lines.add(file + (there ? " was there already" : " was downloaded"));
      lines.add(
          release.checksum().isPublished()
              ? "checksum " + release.checksum() + ": right"
              : "no checksum was published; this file has SHA-256 " + FileDigest.sha256(file));
      lines.add("licence: " + release.licence());
      lines.add("");
      lines.add(
          "Next: "
              + (release.hasHead()
                  ? Hint.command("import " + Hint.quoted(file))
                      + " --out "
                      + release.name()
                      + ".safetensors"
                  : Hint.command("finetune --model " + Hint.quoted(file))));
      lines.forEach(spec.commandLine().getOut()::println);
      spec.commandLine().getOut().flush();
      return 0;
    }

    private URI source(Release release) {
      if (from == null) {
        return release.source();
      }
      try {
        URI uri = URI.create(from);
        String scheme = String.valueOf(uri.getScheme());
        if (uri.getHost() != null && (scheme.equals("http") || scheme.equals("https"))) {
          return uri;
        }
      } catch (IllegalArgumentException e) {
        throw new InputException("option from is " + from + " but must be a URL", e);
      }
      throw new InputException(
          "option from is " + from + " but must be a URL such as https://host/file");
    }

    private static Path defaultCache() {
      String folder = System.getenv("VGG_CACHE");
      Path cache = folder != null && !folder.isEmpty() ? Path.of(folder) : UserFolders.cache();
      if (cache == null) {
        throw new InputException(
            "this user has no home folder in which a download could be kept: give --cache DIR, or"
                + " set VGG_CACHE or HOME");
      }
      return cache;
    }
  }
}
