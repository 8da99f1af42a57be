package org.vgg4j.bench.serve;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmarks/serve}: makes a model, or asks a service for labels with many clients. */
@Command(name = "benchmarks/serve", sortOptions = false)
final class Main implements Callable<Integer> {
  @Option(names = "--make", description = "write a model of random weights here")
  private Path make = Path.of("");

  @Option(names = "--arch")
  private String arch = "D";

  @Option(names = "--width")
  private double width = 1;

  @Option(names = "--crop")
  private int crop = 224;

  @Option(names = "--port", description = "of the service")
  private int port;

  @Option(names = "--pid", description = "of the service's process, for its memory; 0: unknown")
  private long pid;

  @Option(names = "--clients")
  private int clients = 64;

  @Option(names = "--seconds")
  private int seconds = 600;

  @Option(names = "--images-per-second", description = "what vgg bench says; 0: unknown")
  private double bench;

  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (port == 0) {
      model().write(make);
      return 0;
    }
    return new Load(port, pid, clients, seconds).run(bench, System.out);
  }

  private ModelFile model() {
    List<String> classes =
        new ArrayList<>(IntStream.range(0, 1000).mapToObj(k -> "class " + k).toList());
    Architecture architecture =
        new Architecture(Configuration.of(arch), width, crop, classes.size());
    Random random = new Random(1);
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      float std = shape.isWeight() ? (float) Math.sqrt(2.0 / shape.fanIn()) : 0;
      boolean one =
          shape.role() == ParameterShape.Role.SCALE || shape.role() == ParameterShape.Role.VARIANCE;
      float[] values = new float[shape.length()];
      for (int i = 0; i < values.length; i++) {
        values[i] = one ? 1 : std * (float) random.nextGaussian();
      }
      arrays.put(shape.name(), values);
    }
    return new ModelFile(
        architecture,
        arrays,
        Preprocessing.paper(new Rgb(120, 115, 100), crop * 256 / 224, crop),
        classes,
        new Provenance(Map.of("seed", 1), "none", "0", "benchmark", Map.of()));
  }
}
