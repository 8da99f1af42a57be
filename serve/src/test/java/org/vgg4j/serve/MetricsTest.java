package org.vgg4j.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hawkular.agent.prometheus.text.TextPrometheusMetricDataParser;
import org.hawkular.agent.prometheus.types.Counter;
import org.hawkular.agent.prometheus.types.Gauge;
import org.hawkular.agent.prometheus.types.Histogram;
import org.hawkular.agent.prometheus.types.Metric;
import org.hawkular.agent.prometheus.types.MetricFamily;
import org.hawkular.agent.prometheus.types.MetricType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.TestModels;

/** What /metrics says, read by a parser of Prometheus' text format that is not ours. */
@Timeout(120)
class MetricsTest {
  @TempDir static Path root;

  private static Map<String, MetricFamily> families(byte[] page) throws IOException {
    TextPrometheusMetricDataParser parser =
        new TextPrometheusMetricDataParser(new ByteArrayInputStream(page));
    Map<String, MetricFamily> families = new HashMap<>();
    for (MetricFamily family = parser.parse(); family != null; family = parser.parse()) {
      assertThat(families.put(family.getName(), family)).as("twice %s", family.getName()).isNull();
    }
    return families;
  }

  private static <T extends Metric> T one(
      MetricFamily family, Class<T> type, Map<String, String> labels) {
    List<Metric> found = new ArrayList<>(family.getMetrics());
    found.removeIf(metric -> !metric.getLabels().equals(labels));
    assertThat(found).as("%s of %s", family.getName(), labels).hasSize(1);
    return type.cast(found.get(0));
  }

  @Test
  void aParserThatIsNotOursReadsWhatHappened() throws IOException {
    Path file = root.resolve("model.safetensors");
    TestModels.random(Configuration.A, "bolt", "nut").write(file);
    byte[] picture = TestImages.noise(70, 50, 1).toPng();
    try (Service service = Service.start(ServiceOptions.of(file, 0))) {
      Client client = new Client(service);
      for (int i = 0; i < 3; i++) {
        assertThat(client.post("/v1/classify", picture).status()).isEqualTo(200);
      }
      byte[] broken = "no picture".getBytes(StandardCharsets.UTF_8);
      assertThat(client.post("/v1/classify", broken).status()).isEqualTo(415);
      Client.Reply reply = client.get("/metrics");
      assertThat(reply.header("Content-Type")).startsWith("text/plain; version=0.0.4");

      Map<String, MetricFamily> families = families(reply.response().body());

      assertThat(families)
          .allSatisfy((name, family) -> assertThat(name).startsWith("vgg_"))
          .allSatisfy((name, family) -> assertThat(family.getHelp()).isNotBlank());
      MetricFamily requests = families.get("vgg_requests_total");
      assertThat(requests.getType()).isEqualTo(MetricType.COUNTER);
      Map<String, String> classified =
          Map.of("method", "POST", "route", "/v1/classify", "status", "200");
      assertThat(one(requests, Counter.class, classified).getValue()).isEqualTo(3);
      Map<String, String> refused =
          Map.of("method", "POST", "route", "/v1/classify", "status", "415");
      assertThat(one(requests, Counter.class, refused).getValue()).isEqualTo(1);
      Histogram durations =
          one(
              families.get("vgg_request_duration_seconds"),
              Histogram.class,
              Map.of("route", "/v1/classify"));
      assertThat(durations.getSampleCount()).isEqualTo(4);
      assertThat(durations.getSampleSum()).isPositive();
      Histogram batches =
          one(families.get("vgg_batch_images"), Histogram.class, Map.of("work", "classify"));
      assertThat(batches.getSampleSum()).isEqualTo(3);
      assertThat(batches.getBuckets())
          .extracting(Histogram.Bucket::getCumulativeCount)
          .isSorted()
          .endsWith(batches.getSampleCount());
      assertThat(one(families.get("vgg_queue_length"), Gauge.class, Map.of()).getValue()).isZero();
    }
  }
}
