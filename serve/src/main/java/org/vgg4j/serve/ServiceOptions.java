package org.vgg4j.serve;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.serve.http.Tls;

/**
 * What a {@link Service} offers, to whom, and how much of the machine it may take.
 *
 * @param models files by name, at least one; the first is that of requests that name none
 * @param access who may ask
 * @param load how much at a time
 * @param machine how models use the machine
 * @param extras what is served beside models
 * @param accessLog a file to which a line of JSON is appended for each request; {@code -}: standard
 *     output; null: none
 */
public record ServiceOptions(
    Map<String, Path> models,
    Access access,
    Load load,
    ClassifierOptions machine,
    Extras extras,
    @Nullable Path accessLog) {

  /** The port that is taken if none is named. */
  public static final int PORT = 8080;

  /** Chosen by the memory that there is. */
  public static final long AUTO = 0;

  /** Images that are worked on or wait, if nothing else is said. */
  public static final int QUEUE = 128;

  /** Milliseconds that a batch waits for more images, if nothing else is said. */
  public static final int BATCH_DELAY = 2;

  /** Megabytes of a request, if nothing else is said. */
  public static final int MAX_BODY = 20;

  /** Seconds that an answer may take, if nothing else is said. */
  public static final int DEADLINE = 60;

  /** Images that are computed at a time, if nothing else is said. */
  public static final int BATCH = 8;

  /**
   * What is served beside models.
   *
   * @param index made by {@code vgg index}: similar pictures are found in it; null: none are
   * @param localizers models that find boxes, for what the first model says is in a picture; empty:
   *     no boxes are found
   */
  public record Extras(@Nullable Path index, List<Path> localizers) {
    /** Neither. */
    public static final Extras NONE = new Extras(null, List.of());

    /** Copies the list. */
    public Extras {
      localizers = List.copyOf(localizers);
    }
  }

  /**
   * Who may ask.
   *
   * @param host the address to listen on
   * @param port 0: any free one
   * @param token what clients must bear; null: nothing
   * @param tls null: plain HTTP
   * @param changes whether clients may load and unload models
   */
  public record Access(
      String host, int port, @Nullable String token, @Nullable Tls tls, boolean changes) {
    /** This machine alone, without a token. */
    public static Access local(int port) {
      return new Access("127.0.0.1", port, null, null, false);
    }
  }

  /**
   * How much at a time. Times are in milliseconds.
   *
   * @param queue images that are worked on or wait
   * @param batchDelay how long a batch that is not full waits for more images
   * @param maxBody bytes of a request
   * @param maxPixels of an image; {@link #AUTO}: 50 million, or fewer where memory is scarce
   * @param connections at a time
   * @param headTimeout how long the head of a request may take, and a connection be idle
   * @param bodyTimeout how long the body of a request may take
   * @param answerTimeout how long an answer may take, if the client sets no deadline
   * @param grace how long running requests have when the service stops
   * @param watch how often models' files are looked at; 0: never
   */
  public record Load(
      int queue,
      double batchDelay,
      int maxBody,
      long maxPixels,
      int connections,
      long headTimeout,
      long bodyTimeout,
      long answerTimeout,
      long grace,
      long watch) {
    /** What suits most. */
    public static Load usual() {
      return new Load(
          QUEUE,
          BATCH_DELAY,
          MAX_BODY * 1_000_000,
          AUTO,
          2048,
          15_000,
          30_000,
          1000 * DEADLINE,
          20_000,
          2_000);
    }

    /**
     * @throws InputException if a number is out of its range
     */
    public Load {
      require("queue", queue, 1, 100_000);
      require("batch-delay", batchDelay, 0, 10_000);
      require("max-body", maxBody, 1_000, 1 << 30);
      require("max-pixels", maxPixels, 0, RgbImage.MAX_PIXELS);
      require("connections", connections, 1, 1_000_000);
    }

    private static void require(String option, double value, double least, double most) {
      if (!(value >= least && value <= most)) {
        throw new InputException(
            "option %s is %s but must be from %.0f to %.0f"
                .formatted(option, new BigDecimal(value).toPlainString(), least, most));
      }
    }
  }

  /** Copies the map. */
  public ServiceOptions {
    models = new LinkedHashMap<>(models);
    if (models.isEmpty()) {
      throw new InputException("no model is named: give at least one");
    }
  }

  /** Models alone. */
  public ServiceOptions(
      Map<String, Path> models,
      Access access,
      Load load,
      ClassifierOptions machine,
      @Nullable Path accessLog) {
    this(models, access, load, machine, Extras.NONE, accessLog);
  }

  /** The same with something beside the models. */
  public ServiceOptions with(Extras other) {
    return new ServiceOptions(models, access, load, machine, other, accessLog);
  }

  /** One model, for this machine alone. */
  public static ServiceOptions of(Path model, int port) {
    return new ServiceOptions(
        Map.of("default", model),
        Access.local(port),
        Load.usual(),
        ClassifierOptions.defaults().withPasses(1).withBatch(BATCH),
        null);
  }
}
