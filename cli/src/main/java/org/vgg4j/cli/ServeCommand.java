package org.vgg4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.network.HostThreads;
import org.vgg4j.serve.Service;
import org.vgg4j.serve.ServiceOptions;
import org.vgg4j.serve.http.Tls;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg serve}. */
@Command(
    name = "serve",
    description =
        "Answers over HTTP, for people (a page) and programs: labels, heat maps, descriptors,"
            + " boxes, similar pictures. Runs"
            + " until Ctrl-C or SIGTERM, and then finishes what it has begun.",
    sortOptions = false)
final class ServeCommand implements Callable<Integer> {
  private static final Pattern NAMED = Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)");

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "[NAME=]FILE",
      required = true,
      description =
          "a model, and what clients call it; may be given several times. The first is that of"
              + " requests that name none. "
              + Texts.MODEL)
  private List<String> models;

  @Option(
      names = "--index",
      paramLabel = "FILE",
      description = "what vgg index has made: find similar pictures in it")
  private @Nullable Path index;

  @Option(
      names = "--localizer",
      paramLabel = "FILE,FILE",
      split = ",",
      description =
          "networks that find boxes, as vgg localize train makes them, for what the first model"
              + " says is in a picture")
  private List<Path> localizers = List.of();

  @Option(
      names = "--host",
      paramLabel = "NAME",
      defaultValue = "127.0.0.1",
      description =
          "the address to listen on; 0.0.0.0 offers the service to other machines (default:"
              + " ${DEFAULT-VALUE})")
  private String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "" + ServiceOptions.PORT,
      description = "the port; 0: any free one (default: ${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "a file with the token that clients must send (default: none is asked for)")
  private @Nullable Path tokenFile;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "speak HTTPS: the certificate and those that vouch for it, as PEM")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "its private key, as PEM (PKCS #8)")
  private @Nullable Path key;

  @Option(
      names = "--allow-model-changes",
      description = "let clients load, replace and unload models")
  private boolean changes;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "" + ServiceOptions.BATCH,
      description = "compute at most this many images at a time (default: ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--batch-delay",
      paramLabel = "MS",
      defaultValue = "" + ServiceOptions.BATCH_DELAY,
      description =
          "how long a batch that is not full waits for more images, in milliseconds (default:"
              + " ${DEFAULT-VALUE})")
  private double batchDelay;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "" + ServiceOptions.QUEUE,
      description =
          "images that are worked on or wait; further ones are refused with 429 (default:"
              + " ${DEFAULT-VALUE})")
  private int queue;

  @Option(
      names = "--max-body",
      paramLabel = "MB",
      defaultValue = "" + ServiceOptions.MAX_BODY,
      description = "the largest request, in megabytes (default: ${DEFAULT-VALUE})")
  private int maxBody;

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      description =
          "the most pixels of an image (default: 50000000, or fewer where memory is scarce)")
  private @Nullable Long maxPixels;

  @Option(
      names = "--deadline",
      paramLabel = "S",
      defaultValue = "" + ServiceOptions.DEADLINE,
      description = "how long an answer may take, in seconds (default: ${DEFAULT-VALUE})")
  private int deadline;

  @Option(
      names = "--access-log",
      paramLabel = "FILE",
      description = "append a line of JSON for each request; -: standard output (default: none)")
  @Writes(Writes.Kind.LOG)
  private @Nullable Path accessLog;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = Texts.DEVICE)
  private String device;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Mixin private final FcWeightsOption fcWeights = new FcWeightsOption();

  @Option(
      names = "--dry-run",
      description = "check the options, and say how much memory the service will take; no more")
  private boolean dryRun;

  @Mixin private final QuietOption quiet = new QuietOption();

  @Override
  public Integer call() {
    ServiceOptions options = options();
    PrintWriter out = spec.commandLine().getOut();
    if (dryRun) {
      Service.Plan plan = Service.plan(options);
      out.printf(
          "the service needs %s of memory: %s for models, %s for requests; there are %s%n",
          Bytes.needed(plan.models() + plan.requests()),
          Bytes.needed(plan.models()),
          Bytes.needed(plan.requests()),
          Bytes.available(plan.heap()));
      out.flush();
      return 0;
    }
    CountDownLatch stopped = new CountDownLatch(1);
    PrintWriter err = spec.commandLine().getErr();
    try (StopSignal stop =
            StopSignal.install(
                err, "finishing what has begun (once more to stop at once)", stopped::countDown);
        Service service = Service.start(options)) {
      if (!quiet.isQuiet()) {
        out.println("vgg serve: " + service.address());
        out.flush();
      }
      warn(options, err);
      stopped.await();
      return stop.exitCode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Signals.EXIT + Signals.TERMINATE;
    }
  }

  private void warn(ServiceOptions options, PrintWriter err) {
    try {
      if (!InetAddress.getByName(host).isLoopbackAddress() && options.access().token() == null) {
        err.println(
            "vgg: everybody who reaches this machine may use the service: option token-file asks"
                + " for a token");
      }
    } catch (UnknownHostException e) {
      throw new IllegalStateException("the service listens on " + host, e);
    }
  }

  private ServiceOptions options() {
    int unused = HostThreads.requireCount(threads.count());
    require("port", port, 0, 65_535);
    require("max-body", maxBody, 1, 1_000);
    require("deadline", deadline, 1, 3_600);
    if (maxPixels != null) {
      require("max-pixels", maxPixels, 1_000, RgbImage.MAX_PIXELS);
    }
    ServiceOptions.Load usual = ServiceOptions.Load.usual();
    ServiceOptions.Load load =
        new ServiceOptions.Load(
            queue,
            batchDelay,
            maxBody * 1_000_000,
            maxPixels == null ? ServiceOptions.AUTO : maxPixels,
            usual.connections(),
            usual.headTimeout(),
            usual.bodyTimeout(),
            1000L * deadline,
            usual.grace(),
            usual.watch());
    ClassifierOptions machine =
        new ClassifierOptions(device, threads.count(), 1, batch, fcWeights.get());
    return new ServiceOptions(
        named(),
        new ServiceOptions.Access(host, port, token(), tls(), changes),
        load,
        machine,
        new ServiceOptions.Extras(index, localizers),
        accessLog);
  }

  private static void require(String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw new InputException(
          "option %s is %d but must be from %d to %d".formatted(option, value, least, most));
    }
  }

  private Map<String, Path> named() {
    Map<String, Path> all = new LinkedHashMap<>();
    for (String text : models) {
      Matcher named = NAMED.matcher(text);
      boolean isNamed = named.matches() && !Files.exists(path(text));
      String name = isNamed ? named.group(1) : all.isEmpty() ? "default" : "";
      if (name.isEmpty()) {
        throw new InputException(
            "model %s has no name: with several models, give each as NAME=FILE".formatted(text));
      }
      if (all.put(name, path(isNamed ? named.group(2) : text)) != null) {
        throw new InputException("two models are called " + name + ": give each its own name");
      }
    }
    return all;
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new InputException("option model is '" + text + "', which is no path", e);
    }
  }

  private @Nullable String token() {
    if (tokenFile == null) {
      return null;
    }
    try {
      String token = Files.readString(tokenFile).strip();
      if (token.length() < 8 || !token.chars().allMatch(c -> c > 32 && c < 127)) {
        throw new InputException(
            tokenFile
                + " has no token: write one of at least 8 letters and digits, without spaces");
      }
      return token;
    } catch (IOException e) {
      throw new InputException(
          "cannot read the token in %s (%s): check the path and its permissions"
              .formatted(tokenFile, AtomicFile.reason(e)),
          e);
    }
  }

  private @Nullable Tls tls() {
    if (certificate == null && key == null) {
      return null;
    }
    if (certificate == null || key == null) {
      throw new InputException("options tls-cert and tls-key belong together: give both");
    }
    return Tls.pem(certificate, key);
  }
}
