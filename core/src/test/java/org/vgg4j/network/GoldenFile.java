package org.vgg4j.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;

/**
 * One file of {@code goldens/network}. Read by a reader of its own, so that a mistake in the
 * product's cannot hide one in the network.
 */
public final class GoldenFile {
  private final Map<String, float[]> tensors = new LinkedHashMap<>();
  private final JsonNode metadata;

  public GoldenFile(String name) throws IOException {
    String path = "/goldens/network/" + name + ".safetensors";
    ByteBuffer bytes;
    try (InputStream in = Objects.requireNonNull(GoldenFile.class.getResourceAsStream(path))) {
      bytes = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
    }
    int headerLength = Math.toIntExact(bytes.getLong());
    JsonNode header = new ObjectMapper().readTree(bytes.array(), Long.BYTES, headerLength);
    metadata = header.get("__metadata__");
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (!entry.getKey().equals("__metadata__")) {
        int start = entry.getValue().get("data_offsets").get(0).intValue();
        int end = entry.getValue().get("data_offsets").get(1).intValue();
        float[] values = new float[(end - start) / Float.BYTES];
        bytes
            .position(Long.BYTES + headerLength + start)
            .slice()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer()
            .get(values);
        tensors.put(entry.getKey(), values);
      }
    }
  }

  public float[] tensor(String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  /** Names of the layers whose outputs are here. */
  public String[] taps() {
    return tensors.keySet().stream()
        .filter(name -> name.startsWith("tap."))
        .map(name -> name.substring("tap.".length()))
        .toArray(String[]::new);
  }

  /** Copies of the weights, so that a test may train them. */
  public Parameters parameters(Architecture architecture) {
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      arrays.put(shape.name(), tensor(shape.name()).clone());
    }
    return new Parameters(architecture, arrays);
  }

  public int[] labels() {
    return Arrays.stream(metadata.get("labels").textValue().split(","))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  public double[] losses() {
    return Arrays.stream(metadata.get("losses").textValue().split(","))
        .mapToDouble(Double::parseDouble)
        .toArray();
  }
}
