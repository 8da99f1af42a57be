package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.inspect.DatasetExport;
import org.vgg4j.data.source.DataSources;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vgg data}. */
@Command(
    name = "data",
    description = "Works with data sets.",
    subcommands = {DataInspectCommand.class, DataCommand.Export.class})
final class DataCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing: inspect or export");
  }

  /** {@code vgg data export}. */
  @Command(
      name = "export",
      description = "Writes images of a data set as PNG files, one folder per class.")
  static final class Export implements Runnable {
    @Spec private CommandSpec spec;

    @Option(
        names = "--data",
        paramLabel = "DATA",
        defaultValue = "fashion-mini",
        description = Texts.DATA + " (default: ${DEFAULT-VALUE})")
    private String data;

    @Option(
        names = "--split",
        paramLabel = "PART",
        description = "train, val or test (default: test if there is one, else val, else all)")
    private @Nullable Split split;

    @Option(
        names = "--held-out",
        paramLabel = "F",
        defaultValue = "0.1",
        description = Texts.HELD_OUT)
    private double heldOut;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = Texts.SEED)
    private long seed;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "10",
        description = "at most this many images of each class (default: ${DEFAULT-VALUE})")
    private int limit;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "where to write")
    @Writes(Writes.Kind.IMAGES)
    private Path out;

    @Option(names = "--json", description = Texts.JSON)
    private boolean json;

    @SuppressWarnings("UnusedVariable") // it quietens the log
    @Mixin
    private final QuietOption quiet = new QuietOption();

    @Override
    public void run() {
      if (limit < 1) {
        throw new InputException("option limit is " + limit + " but must be at least 1");
      }
      Dataset dataset = DataSources.openLabelled(data, split, heldOut, seed);
      DatasetExport.Result result = DatasetExport.write(dataset, out, limit);
      List<Path> files = result.files();
      PassedOverImages.say(spec.commandLine().getErr(), result.unreadable());
      if (json) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("data", dataset.name());
        map.put("classes", dataset.classNames());
        map.put("folder", out.toString());
        map.put("files", files.stream().map(Path::toString).toList());
        map.put("unreadable", result.unreadable());
        spec.commandLine().getOut().println(Json.of(map));
        return;
      }
      spec.commandLine()
          .getOut()
          .printf(
              "%d images of %s in %s, for example %s%n",
              files.size(), dataset.name(), out, files.get(0));
    }
  }
}
