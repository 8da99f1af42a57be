package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.foreign.ClassOrder;
import org.vgg4j.weights.foreign.ImageNetClasses;
import org.vgg4j.weights.foreign.Profile;
import org.vgg4j.weights.foreign.Release;
import org.vgg4j.weights.foreign.WeightsImport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg import}. */
@Command(
    name = "import",
    description = {
      "Makes a model from weights of PyTorch, timm, safetensors, Caffe, Keras or ONNX.",
      "The content, not the name, says which it is. Nothing in the file is executed."
    })
final class ImportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "the file of weights")
  private Path file;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "the model, such as vgg16.safetensors")
  @Writes
  private Path out;

  @Option(
      names = "--profile",
      paramLabel = "PROFILE",
      description =
          "what images look like (default: as the file or its origin says): torchvision, caffe,"
              + " keras, paper, vgg-face, half (-1..1), unit (0..1), or, with mean and std in the"
              + " order of the channels, mean=R,G,B,std=R,G,B,range=255,order=rgb (range 255 or 1,"
              + " order rgb or bgr)")
  private @Nullable String profile;

  @Option(
      names = "--arch",
      paramLabel = "NAME",
      description = "which network it is, where the file leaves that open")
  private @Nullable String arch;

  @Option(
      names = "--crop",
      paramLabel = "PIXELS",
      defaultValue = "0",
      description =
          "side of the input window in pixels (default: the smallest that makes the file's last"
              + " map)")
  private int crop;

  @Option(
      names = "--pooling",
      paramLabel = "NAME",
      description =
          "average: the first fully connected layer takes the mean of each channel of the last map,"
              + " which names of PyTorch do not say (default: as the file says, else none)")
  private @Nullable String pooling;

  @Option(
      names = "--state",
      paramLabel = "KEY",
      description =
          "which network of a PyTorch checkpoint: the key, or keys and names with dots between,"
              + " such as model_ema or student (default: what is at state_dict, model_state_dict,"
              + " model, net or weights, or the only one)")
  private @Nullable String state;

  @Option(
      names = "--classes",
      paramLabel = "FILE",
      description =
          "a text file with one class name per line, in the order of the scores (default: those in"
              + " an ONNX file of vgg4j, else ImageNet's where there are 1000 classes, else"
              + " numbers)")
  private @Nullable Path classes;

  @Option(
      names = "--reorder-classes",
      description =
          "trust that the scores are in the order of --classes although its WNIDs are not sorted,"
              + " and sort both")
  private boolean reorderClasses;

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  @Override
  public Integer call() {
    if (reorderClasses && classes == null) {
      throw new ParameterException(
          spec.commandLine(),
          "--reorder-classes is about the list that --classes names: give both");
    }
    WeightsImport options =
        new WeightsImport(
            profile == null ? null : Profile.of(profile),
            classes == null ? null : ClassOrder.read(classes, reorderClasses),
            arch == null ? null : Configuration.of(arch),
            crop,
            pooling == null ? null : HeadLayers.of(null, pooling).averaged(),
            state);
    WeightsImport.Imported imported = options.read(file);
    Outputs.requireOther(out, imported.files());
    imported.model().write(out);
    PrintWriter terminal = spec.commandLine().getOut();
    terminal.println(
        json ? Json.of(asMap(imported)) : quiet.isQuiet() ? out.toString() : text(imported));
    terminal.flush();
    return 0;
  }

  private String text(WeightsImport.Imported imported) {
    ModelFile model = imported.model();
    Architecture network = model.architecture();
    TextTable table = new TextTable().row("layer", "in the file", "numbers", "what");
    for (WeightsImport.ImportedLayer layer : imported.layers()) {
      table.row(layer.layer(), layer.name(), layer.type(), layer.kind());
    }
    Release release = imported.release();
    return String.format(
        Locale.ROOT,
        "%s: %s weights, %s names%n%nNetwork %s, %,d parameters%n%s%nimages:   %s (profile %s),"
            + " crop %d of shorter side %d%nclasses:  %s ... %s%s%n%s%schecksum: SHA-256"
            + " %s%nrelease:  %s%n%nThe model: %s",
        file,
        imported.format(),
        imported.dialect(),
        network,
        network.parameterCount(),
        table,
        imported.profile().sentence(),
        imported.profile().label(),
        network.crop(),
        model.preprocessing().scale(),
        model.classNames().get(0),
        model.classNames().get(network.classes() - 1),
        classes == null ? " (" + whoseClasses(imported) + "; --classes names others)" : "",
        imported.norms() > 0
            ? "note:     "
                + imported.norms()
                + " batch normalisations, which finetune goes on training; commands that only use"
                + " the model fold them into the convolutions\n"
            : "",
        notes(imported.notes()),
        imported.sha256(),
        release == null
            ? "none that is known; if images look different from what is said above, say so with"
                + " --profile (see vgg import --help)"
            : "%s by %s, %s; published errors: %s%s"
                .formatted(
                    release.name(),
                    release.by(),
                    release.licence(),
                    release.errors(),
                    release.checksum().isPublished()
                        ? ""
                        : " (recognised by name and size: no checksum was published)"),
        out);
  }

  private static String notes(List<String> notes) {
    StringBuilder lines = new StringBuilder();
    notes.forEach(note -> lines.append("note:     ").append(note).append(System.lineSeparator()));
    return lines.toString();
  }

  private static String whoseClasses(WeightsImport.Imported imported) {
    List<String> names = imported.model().classNames();
    if (imported.namesClasses()) {
      return "as the file says";
    }
    return names.equals(ImageNetClasses.names())
        ? "ImageNet's, by their WNIDs, since there are 1000"
        : "the file names none";
  }

  private Map<String, Object> asMap(WeightsImport.Imported imported) {
    ModelFile model = imported.model();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", file.toString());
    map.put("format", imported.format());
    map.put("dialect", imported.dialect());
    map.put("arch", model.architecture().configuration().label());
    map.put("width", model.architecture().width());
    map.put("crop", model.architecture().crop());
    String head = model.architecture().head().headText();
    if (head != null) {
      map.put("head", head);
    }
    map.put("pooling", model.architecture().head().poolingText());
    map.put("classes", model.architecture().classes());
    map.put("parameters", model.architecture().parameterCount());
    map.put("profile", imported.profile().label());
    map.put("preprocessing", model.preprocessing());
    map.put("layers", imported.layers());
    map.put("norms", imported.norms());
    map.put("notes", imported.notes());
    map.put("sha256", imported.sha256());
    Release release = imported.release();
    if (release != null) {
      map.put("release", release.name());
      map.put("publishedErrors", release.errors());
    }
    map.put("model", out.toString());
    return map;
  }
}
