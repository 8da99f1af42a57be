package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;
import org.vgg4j.weights.export.ModelCard;
import org.vgg4j.weights.export.OnnxWriter;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.format.TensorFiles;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg export}. */
@Command(
    name = "export",
    description = {
      "Writes a model for other toolkits, with a card that says what it needs.",
      "OUT ends with .onnx, for anything that runs ONNX, or .safetensors, with torchvision's names."
    })
final class ExportCommand implements Callable<Integer> {
  private static final String ONNX = ".onnx";
  private static final String SAFETENSORS = ".safetensors";
  private static final long SEED = 1;

  @Spec private CommandSpec spec;

  @picocli.CommandLine.Parameters(paramLabel = "OUT", description = "the file to write")
  @Writes
  private Path out;

  @Option(names = "--model", paramLabel = "FILE", required = true, description = Texts.MODEL)
  private Path model;

  @Option(names = "--softmax", description = "for ONNX: end the graph with a soft-max")
  private boolean softMax;

  @Option(
      names = "--sigmoid",
      description =
          "for ONNX, of a model with several labels an image: end the graph with sigmoids")
  private boolean sigmoid;

  @Option(
      names = "--preprocessing",
      description =
          "for ONNX: let the graph take RGB pixels in 0..255, of the crop's size, and prepare them"
              + " itself")
  private boolean preprocessing;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @SuppressWarnings("UnusedVariable") // it quietens the log
  @Mixin
  private final QuietOption quiet = new QuietOption();

  @Override
  public Integer call() {
    String name = out.toString().toLowerCase(Locale.ROOT);
    boolean onnx = name.endsWith(ONNX);
    if (!onnx && !name.endsWith(SAFETENSORS)) {
      throw new InputException(
          out + " ends neither with .onnx nor with .safetensors, which say what to write");
    }
    if (!onnx && (softMax || sigmoid || preprocessing)) {
      throw new InputException(
          "--softmax, --sigmoid and --preprocessing are for .onnx: a .safetensors holds weights"
              + " alone");
    }
    Path card = ModelCard.of(out);
    ModelFile file = Models.read(model);
    if (softMax && file.architecture().task().isBoxes()) {
      throw new InputException(
          "--softmax is for networks that classify, and %s finds boxes: leave it out"
              .formatted(model));
    }
    boolean labels = file.architecture().task().isLabels();
    if (softMax && labels) {
      throw new InputException(
          "--softmax is for networks that name one class, and an image may show several of %s: take --sigmoid instead"
              .formatted(model));
    }
    if (sigmoid && !labels) {
      throw new InputException(
          "--sigmoid is for networks that were trained with option multi-label, and %s was not: leave it out"
              .formatted(model));
    }
    boolean probabilities = softMax || sigmoid;
    float[] before = scores(file.architecture(), file.arrays());
    if (onnx) {
      new OnnxWriter(probabilities, preprocessing).write(file, out);
    } else {
      file.write(out);
    }
    List<String> use =
        onnx
            ? ModelCard.onnx(file, out, probabilities, preprocessing)
            : ModelCard.pytorch(file.architecture(), out);
    ModelCard.write(file, out, probabilities, use);
    float[] after =
        scores(file.architecture(), TensorReader.read(parametersOf(TensorFiles.open(out), file)));
    report(card, before, after);
    return 0;
  }

  private void report(Path card, float[] before, float[] after) {
    double difference =
        IntStream.range(0, before.length)
            .mapToDouble(i -> Math.abs(before[i] - after[i]))
            .max()
            .orElseThrow();
    double largest =
        IntStream.range(0, before.length).mapToDouble(i -> Math.abs(before[i])).max().orElseThrow();
    if (json) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("file", out.toString());
      map.put("card", card.toString());
      map.put("largestDifference", difference);
      map.put("largestOutput", largest);
      spec.commandLine().getOut().println(Json.of(map));
      return;
    }
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%s and its card %s are written.%nIts weights, read back, give a random image outputs"
                + " that differ by %.3g at most (the largest is %.3g).%n",
            out,
            card,
            difference,
            largest);
    spec.commandLine().getOut().flush();
  }

  /** Both formats name the weights as we do; an ONNX file may hold constants beside them. */
  private static List<StoredTensor> parametersOf(TensorFile written, ModelFile file) {
    return file.architecture().parameters().stream()
        .map(shape -> Objects.requireNonNull(written.tensors().get(shape.name())))
        .toList();
  }

  /** The network's outputs for an image of normally distributed values. */
  private float[] scores(Architecture network, Map<String, float[]> arrays) {
    try (Engine engine = Engines.open(Device.CPU, threads.count());
        Network loaded = engine.load(new Parameters(network, arrays))) {
      float[] image = ForwardPass.images(network, 1);
      RandomStream random = new RandomStream(SEED, 0, 0, Purpose.EXPORT_CHECK);
      for (int i = 0; i < image.length; i++) {
        image[i] = (float) random.nextGaussian();
      }
      return loaded.inference(1, Set.of()).outputs(image, 1).clone();
    }
  }
}
