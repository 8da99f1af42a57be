package org.vgg4j.serve.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.Deadline;
import org.vgg4j.serve.http.HttpFailure;
import org.vgg4j.serve.http.JsonBody;

/** Bodies take no more than the memory that the service has set aside for them. */
class RequestReaderTest {
  private static final int BODY = 4_000_000;
  private static final RequestReader READER = new RequestReader(new JsonBody(2 * BODY));
  private static final RequestReader.Sizes SIZES = new RequestReader.Sizes(3 * 224 * 224, 128);

  private static Call call(String element) {
    String head = "{\"inputs\":[{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":[1],\"data\":[";
    boolean text = element.startsWith("\"");
    String body =
        head.formatted(text ? "image" : "input", text ? "BYTES" : "FP32")
            + element.repeat(BODY / element.length())
            + element.substring(0, element.length() - 1)
            + "]}]}";
    return new Call(
        "POST",
        "/",
        Map.of(),
        Map.of(),
        null,
        name -> null,
        body.getBytes(StandardCharsets.UTF_8),
        Deadline.in(60_000),
        new HashMap<>());
  }

  /** All that a thread allocates, which is more than it holds at a time. */
  private static long allocated(Runnable work) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    work.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  @Test
  void theShortestNumbersTakeTwiceTheirBody() {
    Call call = call("0,");
    READER.read(call, SIZES); // what is allocated but once
    long bytes = allocated(() -> READER.read(call, SIZES));
    assertThat(bytes).isBetween(2L * BODY, (long) (2.5 * BODY));
  }

  /** Of which three quarters are what is wanted. */
  @Test
  void base64TakesNoMoreThanTwiceItsBody() {
    for (String slash : List.of("/", "\\/", "\\u002f")) {
      String text = (slash + "AA A").repeat(BODY / (slash.length() + 4) + 1);
      Call call = call("\"" + text + "\",");
      List<byte[]> files = READER.read(call, SIZES).input().strings();
      assertThat(files).isNotNull();
      assertThat(files.get(0))
          .startsWith(0xfc, 0, 0, 0xfc)
          .hasSize(text.length() / (slash.length() + 4) * 3);
      assertThat(allocated(() -> READER.read(call, SIZES))).isLessThan(2L * BODY);
    }
  }

  @Test
  void numbersComeInTheirOrder() {
    List<float[]> images = READER.read(call("1,2,3,4,"), SIZES).input().images();
    assertThat(images).hasSize((BODY / 2 + 4 + SIZES.numbers() - 1) / SIZES.numbers());
    int next = 0;
    for (float[] image : images) {
      for (float value : image) {
        assertThat(value).isEqualTo(next % 4 + 1f);
        next++;
      }
    }
    assertThat(next).isEqualTo(BODY / 2 + 4);
  }

  @Test
  void readingEndsAtTheMost() {
    RequestReader.Sizes few = new RequestReader.Sizes(100, 3);
    for (String element : List.of("\"\",", "\"AA\",", "0,")) {
      Call call = call(element);
      assertThatThrownBy(() -> READER.read(call, few)).isInstanceOf(HttpFailure.class);
      long bytes =
          allocated(
              () ->
                  assertThatThrownBy(() -> READER.read(call, few))
                      .hasMessageContaining("4 images or more are more than the 3"));
      assertThat(bytes).as(element).isLessThan(BODY / 4);
    }
  }
}
