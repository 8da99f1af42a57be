package org.vgg4j.cuda.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** The same network in PyTorch, where python3 has it. */
final class PyTorchRun {
  private static final long MINUTES = 2;

  private final ObjectNode json;

  PyTorchRun(ObjectNode json) {
    this.json = json;
  }

  /**
   * Measures it, and compares.
   *
   * @param ours what {@link NetworkRun} wrote
   */
  void run(JsonNode ours) {
    run(ours, "eager");
    run(ours, "compiled");
  }

  private void run(JsonNode ours, String how) {
    System.out.println();
    try {
      String output = python(how);
      JsonNode theirs = new ObjectMapper().readTree(output.substring(output.lastIndexOf('{')));
      System.out.println(
          "PyTorch "
              + how
              + " (bf16: autocast in training, bf16 weights in inference; fp32: TF32; channels last, fused SGD): ms (or"
              + " bytes), and as a multiple of ours");
      for (Map.Entry<String, JsonNode> entry : theirs.properties()) {
        json.withObject("/" + how).set(entry.getKey(), entry.getValue());
        JsonNode own = ours.get(entry.getKey());
        if (own != null && entry.getValue().isNumber()) {
          System.out.printf(
              Locale.ROOT,
              "%10.3f  %5.2f  %s%n",
              entry.getValue().doubleValue(),
              entry.getValue().doubleValue() / own.doubleValue(),
              entry.getKey());
        }
      }
    } catch (IOException | RuntimeException e) {
      System.out.println("PyTorch " + how + " is not measured: " + e.getMessage());
      json.withObject("/" + how).put("missing", String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String python(String how) throws IOException, InterruptedException {
    String script;
    try (InputStream in =
        Objects.requireNonNull(PyTorchRun.class.getResourceAsStream("pytorch_step.py"))) {
      script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Process python =
        new ProcessBuilder("python3", "-c", script, how)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!python.waitFor(MINUTES, TimeUnit.MINUTES)) {
      python.destroyForcibly();
      throw new IOException("it takes more than " + MINUTES + " minutes");
    }
    String output = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = python.exitValue();
    if (code != 0) {
      throw new IOException(
          "python3 has no PyTorch that sees a GPU, or it failed (exit code " + code + ")");
    }
    return output;
  }
}
