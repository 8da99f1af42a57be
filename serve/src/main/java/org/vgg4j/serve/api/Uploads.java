package org.vgg4j.serve.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.vgg4j.serve.http.Base64Text;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.HttpFailure;
import org.vgg4j.serve.http.JsonBody;

/** The pictures in a request's body: raw, as a form's files, or as base64 in JSON. Thread-safe. */
final class Uploads {
  private final int most;
  private final JsonBody json;

  /**
   * @param most pictures at a time
   * @param json reads bodies
   */
  Uploads(int most, JsonBody json) {
    this.most = most;
    this.json = json;
  }

  /**
   * The pictures, at least one.
   *
   * @throws HttpFailure 400 or 413
   */
  List<Upload> of(Call call) {
    if (call.body().length == 0) {
      throw new HttpFailure(400, "the request has no body: send an image file");
    }
    String type = call.contentType() == null ? "" : call.contentType();
    String kind = type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
    List<Upload> uploads =
        switch (kind) {
          case "multipart/form-data" -> ofForm(type, call.body());
          case "application/json" -> ofJson(call.body());
          default -> List.of(new Upload("the image", call.body()));
        };
    if (uploads.isEmpty()) {
      throw new HttpFailure(400, "the request has no image: send at least one");
    }
    requireFew(uploads.size());
    return uploads;
  }

  private void requireFew(int images) {
    if (images > most) {
      throw new HttpFailure(
          413,
          "%d images or more are more than the %d that are allowed at a time: send fewer"
              .formatted(images, most));
    }
  }

  /** The one picture of a request. */
  Upload one(Call call) {
    List<Upload> uploads = of(call);
    if (uploads.size() > 1) {
      throw new HttpFailure(400, call.path() + " takes one image at a time, not " + uploads.size());
    }
    return uploads.get(0);
  }

  private List<Upload> ofForm(String type, byte[] body) {
    String boundary = MultiPart.extractBoundary(type);
    if (boundary == null || boundary.isEmpty()) {
      throw new HttpFailure(400, "the Content-Type multipart/form-data has no boundary");
    }
    MultiPartFormData.Parser parser = new MultiPartFormData.Parser(boundary);
    parser.setMaxMemoryFileSize(-1); // everything is in memory already
    parser.setMaxParts(4L * most);
    try (MultiPartFormData.Parts parts =
        parser.parse(Content.Source.from(ByteBuffer.wrap(body))).join()) {
      List<Upload> uploads = new ArrayList<>();
      for (MultiPart.Part part : parts) {
        String name = part.getFileName();
        if (name != null) { // other fields of a form are not pictures
          uploads.add(new Upload(name.isEmpty() ? part.getName() : name, bytes(part)));
        }
      }
      return uploads;
    } catch (CompletionException e) {
      throw new HttpFailure(
          400, "the request's body is no multipart/form-data as its Content-Type says");
    }
  }

  private static byte[] bytes(MultiPart.Part part) {
    HttpField encoding = part.getHeaders().getField(HttpHeader.CONTENT_TRANSFER_ENCODING);
    if (encoding != null && !encoding.getValue().matches("(?i)\\s*(binary|8bit|7bit)\\s*")) {
      throw new HttpFailure(
          400,
          "part %s has the Content-Transfer-Encoding %s: send the file as it is"
              .formatted(part.getName(), encoding.getValue()));
    }
    try {
      ByteBuffer content = Content.Source.asByteBuffer(part.getContentSource());
      byte[] bytes = new byte[content.remaining()];
      content.get(bytes);
      return bytes;
    } catch (IOException e) {
      throw new IllegalStateException("a part that is in memory cannot be read", e);
    }
  }

  private List<Upload> ofJson(byte[] body) {
    return json.read(
        body,
        body.length,
        parser -> {
          List<Upload> uploads = null;
          while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            if (name.equals("images") && token == JsonToken.START_ARRAY) {
              uploads = images(parser, body);
            } else {
              parser.skipChildren();
            }
          }
          if (uploads == null) {
            throw new HttpFailure(400, "the JSON has no \"images\": [{\"data\": \"BASE64\"}, ...]");
          }
          return uploads;
        });
  }

  private List<Upload> images(JsonParser parser, byte[] body) throws IOException {
    List<Upload> uploads = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      int index = uploads.size();
      requireFew(index + 1);
      String name = "image " + index;
      byte[] data = null;
      if (parser.currentToken() == JsonToken.VALUE_STRING) {
        data = base64(parser, body, index);
      } else if (parser.currentToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String field = parser.currentName();
          boolean text = parser.nextToken() == JsonToken.VALUE_STRING;
          if (text && field.equals("data")) {
            data = base64(parser, body, index);
          } else if (text && field.equals("name")) {
            name = parser.getText();
          } else {
            parser.skipChildren();
          }
        }
      } else {
        parser.skipChildren();
      }
      if (data == null) {
        throw new HttpFailure(400, "image " + index + " in the JSON has no \"data\"");
      }
      uploads.add(new Upload(name, data));
    }
    return uploads;
  }

  private static byte[] base64(JsonParser parser, byte[] body, int index) throws IOException {
    try {
      return Base64Text.read(parser, body);
    } catch (IllegalArgumentException e) {
      throw new HttpFailure(400, "the \"data\" of image " + index + " is not base64");
    }
  }
}
