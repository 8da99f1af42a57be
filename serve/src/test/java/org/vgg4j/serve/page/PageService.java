package org.vgg4j.serve.page;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.model.Configuration;
import org.vgg4j.serve.Service;
import org.vgg4j.serve.ServiceOptions;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.TestModels;

/** A service on this machine, with one small model. */
final class PageService implements AutoCloseable {
  private final Path model;
  private final Service service;
  private final URI page;

  private PageService(Path model, Service service) {
    this.model = model;
    this.service = service;
    this.page = URI.create(service.address());
  }

  /**
   * Writes a model with random weights, which is sure of nothing; some labels begin with a WordNet
   * ID.
   */
  static Path model(Path folder) {
    Path file = folder.resolve("model.safetensors");
    TestModels.random(
            Configuration.A,
            "n02123045 tabby, tabby cat",
            "n02951358 canoe",
            "n03063599 coffee mug",
            "Ankle boot",
            "crane",
            "sailing boat",
            "7")
        .withCalibration(new Calibration(8, "drawings", 9, "center-crop", List.of(36)))
        .write(file);
    return file;
  }

  /** A label without its WordNet ID. */
  static String plain(String label) {
    return label.replaceFirst("^n[0-9]{8} ", "");
  }

  /** A label's WordNet ID, or nothing. */
  static String wnid(String label) {
    return label.substring(0, label.length() - plain(label).length()).strip();
  }

  static PageService start(Path model) {
    return startAt(model, 0);
  }

  static PageService startAt(Path model, int port) {
    return start(model, port, null, ServiceOptions.Load.usual());
  }

  static PageService withToken(Path model, String token) {
    return start(model, 0, token, ServiceOptions.Load.usual());
  }

  static PageService withLargestBody(Path model, int bytes) {
    ServiceOptions.Load usual = ServiceOptions.Load.usual();
    return start(
        model,
        0,
        null,
        new ServiceOptions.Load(
            usual.queue(),
            usual.batchDelay(),
            bytes,
            usual.maxPixels(),
            usual.connections(),
            usual.headTimeout(),
            usual.bodyTimeout(),
            usual.answerTimeout(),
            usual.grace(),
            usual.watch()));
  }

  private static PageService start(
      Path model, int port, @Nullable String token, ServiceOptions.Load load) {
    ServiceOptions options =
        new ServiceOptions(
            Map.of("default", model),
            new ServiceOptions.Access("127.0.0.1", port, token, null, false),
            load,
            ClassifierOptions.defaults().withPasses(1),
            null);
    return new PageService(model, Service.start(options));
  }

  /** The file of its model. */
  Path model() {
    return model;
  }

  /** Where the page is. */
  URI page() {
    return page;
  }

  @Override
  public void close() {
    service.close();
  }
}
