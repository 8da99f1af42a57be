package org.vgg4j.serve.inference;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.models.ServedModel;
import org.vgg4j.views.Ranking;

/** Writes what was inferred. */
final class InferAnswer {
  private InferAnswer() {}

  /**
   * The answer.
   *
   * @param posteriors {@code [images][classes]}
   */
  static Answer of(InferRequest request, ServedModel model, List<float[]> posteriors) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    List<Map<String, Object>> outputs = new ArrayList<>();
    for (InferRequest.Output wanted : request.outputs()) {
      outputs.add(
          wanted.best() == 0
              ? tensor(wanted, posteriors, bytes)
              : best(wanted, model.classNames(), posteriors, bytes));
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model_name", model.name());
    fields.put("model_version", InferenceEndpoints.VERSION);
    if (request.id() != null) {
      fields.put("id", request.id());
    }
    fields.put("outputs", outputs);
    Answer json = Answer.json(fields);
    if (request.outputs().stream().noneMatch(InferRequest.Output::binary)) {
      return json;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(json.body());
    all.writeBytes(bytes.toByteArray());
    return Answer.of("application/octet-stream", all.toByteArray())
        .with(RequestReader.JSON_LENGTH, String.valueOf(json.body().length));
  }

  private static Map<String, Object> tensor(
      InferRequest.Output wanted, List<float[]> posteriors, ByteArrayOutputStream bytes) {
    int classes = posteriors.get(0).length;
    Map<String, Object> output = output(wanted, "FP32", posteriors.size(), classes);
    if (wanted.binary()) {
      ByteBuffer own = ByteBuffer.allocate(4 * classes * posteriors.size());
      own.order(ByteOrder.LITTLE_ENDIAN);
      posteriors.forEach(each -> put(own, each));
      append(output, own.array(), bytes);
    } else {
      float[] data = new float[classes * posteriors.size()];
      for (int n = 0; n < posteriors.size(); n++) {
        System.arraycopy(posteriors.get(n), 0, data, n * classes, classes);
      }
      output.put("data", data);
    }
    return output;
  }

  private static void put(ByteBuffer bytes, float[] values) {
    for (float value : values) {
      bytes.putFloat(value);
    }
  }

  /** Triton's form: value:index:label. */
  private static Map<String, Object> best(
      InferRequest.Output wanted,
      List<String> names,
      List<float[]> posteriors,
      ByteArrayOutputStream bytes) {
    int count = Math.min(wanted.best(), names.size());
    List<String> data = new ArrayList<>();
    for (float[] each : posteriors) {
      for (int index : Ranking.top(each, 0, each.length, count)) {
        data.add(String.format(Locale.ROOT, "%f:%d:%s", each[index], index, names.get(index)));
      }
    }
    Map<String, Object> output = output(wanted, "BYTES", posteriors.size(), count);
    if (wanted.binary()) {
      ByteArrayOutputStream own = new ByteArrayOutputStream();
      for (String text : data) {
        byte[] utf = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        own.writeBytes(length.putInt(utf.length).array());
        own.writeBytes(utf);
      }
      append(output, own.toByteArray(), bytes);
    } else {
      output.put("data", data);
    }
    return output;
  }

  private static Map<String, Object> output(
      InferRequest.Output wanted, String datatype, int images, int width) {
    Map<String, Object> output = new LinkedHashMap<>();
    output.put("name", wanted.name());
    output.put("datatype", datatype);
    output.put("shape", List.of(images, width));
    return output;
  }

  private static void append(Map<String, Object> output, byte[] own, ByteArrayOutputStream bytes) {
    output.put("parameters", Map.of("binary_data_size", own.length));
    bytes.writeBytes(own);
  }
}
