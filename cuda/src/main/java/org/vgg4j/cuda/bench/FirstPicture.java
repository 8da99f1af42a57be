package org.vgg4j.cuda.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/** How long it takes from the start of a JVM to the scores of a first picture by network D. */
final class FirstPicture {
  private static final int RUNS = 3;

  private FirstPicture() {}

  /** In a JVM of its own: the model's file and the GPU's number; prints the seconds. */
  public static void main(String[] arguments) {
    int ordinal = Integer.parseInt(arguments[1]);
    try (Engine engine =
        Engines.open(
            new Device("cuda", List.of(ordinal)), Runtime.getRuntime().availableProcessors())) {
      ModelFile model = engine.warmUpDuring(() -> Models.read(Path.of(arguments[0])));
      Architecture network = model.architecture();
      try (Network loaded = engine.load(new Parameters(network, model.arrays()), FcWeights.FP32);
          Inference inference = loaded.inference(1, Set.of())) {
        float[] unused = inference.outputs(new float[3 * network.crop() * network.crop()], 1);
        long started = ManagementFactory.getRuntimeMXBean().getStartTime();
        System.out.println((System.currentTimeMillis() - started) / 1e3);
      }
    }
  }

  /** Measures it a few times; the first run may have to assemble kernels. */
  static void measure(int ordinal, ObjectNode json) {
    try {
      Path folder = Files.createTempDirectory("vgg4j");
      Path file = folder.resolve("d.safetensors");
      try {
        write(file);
        for (int i = 0; i < RUNS; i++) {
          double seconds = Double.parseDouble(run(file, ordinal));
          System.out.printf(
              Locale.ROOT, "%10.2f  s from the JVM's start to the first scores of D%n", seconds);
          json.withArray("firstPictureSeconds").add(seconds);
        }
      } finally {
        Files.deleteIfExists(file);
        Files.delete(folder);
      }
    } catch (IOException | RuntimeException e) {
      System.out.println("The first picture is not measured: " + e.getMessage());
      json.put("firstPictureMissing", String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void write(Path file) {
    Architecture network = new Architecture(Configuration.D, 1, 224, 1000);
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : network.parameters()) {
      arrays.put(shape.name(), new float[shape.length()]);
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < network.classes(); i++) {
      names.add("class " + i);
    }
    Preprocessing preprocessing = Preprocessing.paper(new Rgb(0, 0, 0), 256, network.crop());
    new ModelFile(network, arrays, preprocessing, names, null).write(file);
  }

  private static String run(Path file, int ordinal) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(FirstPicture.class.getName(), file.toString(), String.valueOf(ordinal)));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    if (code != 0) {
      throw new IOException("the JVM that should classify a first picture ended with " + code);
    }
    return said.strip();
  }
}
