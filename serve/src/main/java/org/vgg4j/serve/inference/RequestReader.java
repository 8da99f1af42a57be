package org.vgg4j.serve.inference;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.serve.http.Base64Text;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.HttpFailure;
import org.vgg4j.serve.http.JsonBody;

/**
 * Reads requests for inference: JSON, which tensors as bytes may follow. Numbers are read one by
 * one, since a tree of them would take ten times the memory of the body. Thread-safe.
 */
final class RequestReader {
  /** How many bytes of the body are JSON; the rest are tensors. */
  static final String JSON_LENGTH = "Inference-Header-Content-Length";

  /** The name of the input that takes image files. */
  static final String IMAGE = "image";

  /** The name of the input that takes what the network takes. */
  static final String INPUT = "input";

  /** The name of the one output. */
  static final String PROBABILITIES = "probabilities";

  private static final String ONE_INPUT =
      "the request has %d inputs but must have one: 'image' (BYTES) or 'input' (FP32)";

  private static final String DATA_MUST_BE = "the \"data\" of input %s must be %s";

  private static final int MOST_OUTPUTS = 8; // there is one, in a few forms

  private static final Set<String> KEPT = Set.of("id", "parameters", "outputs");
  private static final Set<String> KEPT_OF_INPUT =
      Set.of("name", "datatype", "shape", "parameters");

  private final JsonBody json;

  /**
   * @param json reads bodies
   */
  RequestReader(JsonBody json) {
    this.json = json;
  }

  /** An input as the JSON has it; its data may be in the bytes behind. */
  private record Stated(ObjectNode fields, @Nullable Values values) {}

  /**
   * The elements of a tensor: numbers, or image files. Numbers come into one array for each image
   * at once, since bodies are large, and no more are read than are allowed.
   */
  private static final class Values {
    private final Sizes sizes;
    private final List<float[]> images = new ArrayList<>();
    private final List<byte[]> files = new ArrayList<>();
    private float[] last = new float[0];
    private int used; // of the last image

    private Values(Sizes sizes) {
      this.sizes = sizes;
    }

    void add(float number) {
      if (used == last.length) {
        sizes.requireFew(images.size() + 1);
        last = new float[sizes.numbers];
        images.add(last);
        used = 0;
      }
      last[used++] = number;
    }

    void add(byte[] file) {
      sizes.requireFew(files.size() + 1);
      files.add(file);
    }

    List<float[]> images() {
      if (used < last.length) {
        images.set(images.size() - 1, Arrays.copyOf(last, used));
      }
      return images;
    }
  }

  /**
   * How much a request may hold.
   *
   * @param numbers of an image that is a tensor, for the model that is asked
   * @param most images of a request
   */
  record Sizes(int numbers, int most) {
    private void requireFew(int images) {
      if (images > most) {
        throw new HttpFailure(
            413,
            "%d images or more are more than the %d that this service takes at a time: send fewer"
                .formatted(images, most));
      }
    }
  }

  /**
   * Reads a request.
   *
   * @throws HttpFailure 400, if it is not as the protocol has it; 413, if it holds too much
   */
  InferRequest read(Call call, Sizes sizes) {
    byte[] body = call.body();
    int length = jsonLength(call);
    if (length == 0) { // Triton's raw binary request
      return new InferRequest(
          null,
          new InferRequest.Input(IMAGE, List.of(1L), null, List.of(body)),
          List.of(new InferRequest.Output(PROBABILITIES, 0, true)));
    }
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    List<Stated> inputs =
        json.read(
            body,
            length,
            parser -> {
              List<Stated> found = new ArrayList<>();
              while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.START_ARRAY && name.equals("inputs")) {
                  while (parser.nextToken() != JsonToken.END_ARRAY) {
                    require(found.isEmpty(), ONE_INPUT.formatted(found.size() + 1));
                    found.add(input(parser, body, sizes));
                  }
                } else {
                  keep(KEPT, name, parser, body, fields);
                }
              }
              return found;
            });
    require(inputs.size() == 1, ONE_INPUT.formatted(inputs.size()));
    ByteBuffer rest = ByteBuffer.wrap(body, length, body.length - length).slice();
    JsonNode id = fields.get("id");
    InferRequest request =
        new InferRequest(
            id == null || id.isNull() ? null : id.asText(),
            tensor(inputs.get(0), rest.order(ByteOrder.LITTLE_ENDIAN), sizes),
            outputs(fields));
    require(!rest.hasRemaining(), rest.remaining() + " bytes behind the JSON belong to no input");
    return request;
  }

  private static int jsonLength(Call call) {
    String text = call.header(JSON_LENGTH);
    if (text == null) {
      return call.body().length;
    }
    int length = text.trim().matches("[0-9]{1,9}") ? Integer.parseInt(text.trim()) : -1;
    require(
        length >= 0 && length <= call.body().length,
        "header %s is '%s' but must be a number of bytes, at most the %d of the body"
            .formatted(JSON_LENGTH, text, call.body().length));
    return length;
  }

  /** Reads a field: those that mean nothing here are passed over. */
  private void keep(
      Set<String> kept, String name, JsonParser parser, byte[] body, ObjectNode fields)
      throws IOException {
    if (kept.contains(name)) {
      fields.set(name, json.tree(parser, body));
    } else {
      parser.skipChildren();
    }
  }

  private Stated input(JsonParser parser, byte[] body, Sizes sizes) throws IOException {
    require(parser.currentToken() == JsonToken.START_OBJECT, "an input is no JSON object");
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    Values values = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken token = parser.nextToken();
      if (name.equals("data")) {
        require(token == JsonToken.START_ARRAY, "the \"data\" of an input is no array");
        boolean numbers = fields.path("name").asText().equals(INPUT);
        values = values(parser, body, new Values(sizes), numbers);
      } else {
        keep(KEPT_OF_INPUT, name, parser, body, fields);
      }
    }
    return new Stated(fields, values);
  }

  /**
   * Flat or nested: the order is the same.
   *
   * @param numbers whether there may be no texts, as far as is known yet
   */
  private static Values values(JsonParser parser, byte[] body, Values values, boolean numbers)
      throws IOException {
    int depth = 1;
    while (depth > 0) {
      JsonToken token = parser.nextToken();
      switch (token) {
        case START_ARRAY -> depth++;
        case END_ARRAY -> depth--;
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> values.add(parser.getFloatValue());
        case VALUE_STRING -> {
          require(!numbers, DATA_MUST_BE.formatted(INPUT, "numbers"));
          values.add(base64(parser, body, values.files.size()));
        }
        default ->
            throw new HttpFailure(
                400, "the \"data\" of an input has " + token + " where a number or text must be");
      }
    }
    return values;
  }

  private static byte[] base64(JsonParser parser, byte[] body, int index) throws IOException {
    try {
      return Base64Text.read(parser, body);
    } catch (IllegalArgumentException e) {
      throw new HttpFailure(
          400,
          "element "
              + index
              + " of \"data\" is not base64: send images as base64 or binary, and numbers as JSON numbers");
    }
  }

  private static InferRequest.Input tensor(Stated stated, ByteBuffer rest, Sizes sizes) {
    JsonNode fields = stated.fields;
    String name = text(fields, "name");
    String datatype = text(fields, "datatype");
    List<Long> shape = new ArrayList<>();
    for (JsonNode size : fields.path("shape")) {
      require(size.canConvertToLong() && size.asLong() >= 0, "input " + name + " has no shape");
      shape.add(size.asLong());
    }
    boolean image = name.equals(IMAGE);
    require(
        image || name.equals(INPUT),
        "there is no input '%s': give 'image' (BYTES) or 'input' (FP32)".formatted(name));
    String wanted = image ? "BYTES" : "FP32";
    require(
        datatype.equals(wanted),
        "input %s is of datatype %s but must be %s".formatted(name, datatype, wanted));
    JsonNode size = fields.path("parameters").path("binary_data_size");
    if (!size.isMissingNode()) {
      require(stated.values == null, "input " + name + " has \"data\" and a binary_data_size");
      ByteBuffer own = take(rest, size, name);
      return image
          ? new InferRequest.Input(name, shape, null, strings(own, sizes))
          : new InferRequest.Input(name, shape, numbers(own, sizes), null);
    }
    Values values = stated.values;
    if (values == null) {
      throw new HttpFailure(400, "input " + name + " has no \"data\" and no binary_data_size");
    }
    require(
        image ? values.images.isEmpty() : values.files.isEmpty(),
        DATA_MUST_BE.formatted(name, image ? "texts" : "numbers"));
    return image
        ? new InferRequest.Input(name, shape, null, values.files)
        : new InferRequest.Input(name, shape, values.images(), null);
  }

  private static ByteBuffer take(ByteBuffer rest, JsonNode size, String name) {
    require(
        size.canConvertToInt() && size.asInt() >= 0 && size.asInt() <= rest.remaining(),
        "binary_data_size of input %s is %s, but %d bytes are behind the JSON"
            .formatted(name, size, rest.remaining()));
    ByteBuffer own = rest.slice(rest.position(), size.asInt()).order(ByteOrder.LITTLE_ENDIAN);
    rest.position(rest.position() + size.asInt());
    return own;
  }

  private static List<float[]> numbers(ByteBuffer bytes, Sizes sizes) {
    require(bytes.remaining() % 4 == 0, "the bytes of an FP32 tensor are no multiple of 4");
    FloatBuffer numbers = bytes.asFloatBuffer();
    List<float[]> images = new ArrayList<>();
    while (numbers.hasRemaining()) {
      sizes.requireFew(images.size() + 1);
      float[] image = new float[Math.min(sizes.numbers, numbers.remaining())];
      numbers.get(image);
      images.add(image);
    }
    return images;
  }

  /** Each text has its length before it. */
  private static List<byte[]> strings(ByteBuffer bytes, Sizes sizes) {
    List<byte[]> strings = new ArrayList<>();
    while (bytes.hasRemaining()) {
      sizes.requireFew(strings.size() + 1);
      int length = bytes.remaining() < 4 ? -1 : bytes.getInt();
      require(
          length >= 0 && length <= bytes.remaining(),
          "element %d of a BYTES tensor is cut short: 4 bytes with its length, little-endian, go before it"
              .formatted(strings.size()));
      byte[] one = new byte[length];
      bytes.get(one);
      strings.add(one);
    }
    return strings;
  }

  private static List<InferRequest.Output> outputs(ObjectNode fields) {
    boolean binary = fields.path("parameters").path("binary_data_output").asBoolean(false);
    List<InferRequest.Output> outputs = new ArrayList<>();
    for (JsonNode output : fields.path("outputs")) {
      String name = text(output, "name");
      require(
          name.equals(PROBABILITIES),
          "there is no output '%s': there is '%s'".formatted(name, PROBABILITIES));
      JsonNode parameters = output.path("parameters");
      JsonNode best = parameters.path("classification");
      require(
          best.isMissingNode() || best.canConvertToInt() && best.asInt() > 0,
          "parameter classification is " + best + " but must be a number of classes, at least 1");
      outputs.add(
          new InferRequest.Output(
              name, best.asInt(0), parameters.path("binary_data").asBoolean(binary)));
    }
    require(outputs.size() <= MOST_OUTPUTS, outputs.size() + " outputs are too many: ask for one");
    return outputs.isEmpty() ? List.of(new InferRequest.Output(PROBABILITIES, 0, binary)) : outputs;
  }

  private static String text(JsonNode fields, String name) {
    JsonNode value = fields.get(name);
    if (value == null || !value.isTextual()) {
      throw new HttpFailure(400, "an input or output has no \"" + name + "\"");
    }
    return value.asText();
  }

  private static void require(boolean condition, String sentence) {
    if (!condition) {
      throw new HttpFailure(400, sentence);
    }
  }
}
