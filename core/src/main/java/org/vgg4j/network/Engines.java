package org.vgg4j.network;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.InputException;

/** Finds the engine for a device. A choice is logged if it differs from the previous one. */
public final class Engines {
  private static final Logger LOG = LoggerFactory.getLogger(Engines.class);
  private static final AtomicReference<String> LOGGED = new AtomicReference<>("");

  /** Kinds of devices that are known even where their module is missing, and what they need. */
  private static final Map<String, String> OPTIONAL =
      Map.of(
          "cuda",
          "it needs vgg4j's module for NVIDIA GPUs, which is not on the class path (the jar"
              + " vgg4j-cuda), and NVIDIA's driver");

  /**
   * What was chosen, and why.
   *
   * @param provider the provider of the engine
   * @param device a device of its kind
   * @param reason the reason, as a phrase
   */
  record Choice(EngineProvider provider, Device device, String reason) {}

  private Engines() {}

  /**
   * Opens the engine of a device.
   *
   * @param threads number of threads on the host
   * @throws InputException if there is no such device or it cannot be used here, with the reason;
   *     or the number of threads is out of range
   */
  public static Engine open(Device device, int threads) {
    return open(device, threads, installed());
  }

  /**
   * @param providers the best first
   */
  static Engine open(Device device, int threads, List<EngineProvider> providers) {
    Choice choice = choose(device, providers);
    HostThreads hostThreads = new HostThreads(threads);
    try {
      return open(device, choice, providers, hostThreads);
    } catch (RuntimeException | Error e) {
      hostThreads.close();
      throw e;
    }
  }

  private static Engine open(
      Device device, Choice choice, List<EngineProvider> providers, HostThreads threads) {
    try {
      log(choice);
      return choice.provider().open(choice.device(), threads);
    } catch (UnavailableDeviceException e) {
      List<EngineProvider> others =
          providers.stream().filter(each -> !each.equals(choice.provider())).toList();
      if (!device.kind().equals(Device.AUTO.kind()) || others.isEmpty()) {
        throw e;
      }
      Choice next;
      try {
        next = choose(device, others);
      } catch (InputException none) {
        throw e; // the best one is what was wanted
      }
      String reason =
          "%s; not %s, since %s".formatted(next.reason(), choice.provider().kind(), e.reason());
      return open(device, new Choice(next.provider(), next.device(), reason), others, threads);
    }
  }

  private static void log(Choice choice) {
    String line = "device: %s (%s)".formatted(choice.device().text(), choice.reason());
    if (!line.equals(LOGGED.getAndSet(line))) {
      LOG.info(line);
    }
  }

  /**
   * Begins, on a thread of its own, what the first pass on the CPU would wait for and what needs no
   * model: worth its while only before one is loaded. Ends by itself.
   */
  public static void warmUp() {
    Thread thread = new Thread(() -> installed().forEach(EngineProvider::warmUp), "vgg-warm-up");
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether a device of each kind can be used here, the best first. */
  public static Map<String, EngineProvider.Availability> kinds() {
    Map<String, EngineProvider.Availability> kinds = new LinkedHashMap<>();
    for (EngineProvider provider : installed()) {
      kinds.put(provider.kind(), provider.availability(new Device(provider.kind(), List.of())));
    }
    OPTIONAL.forEach(
        (kind, needs) -> kinds.putIfAbsent(kind, new EngineProvider.Availability(false, needs)));
    return kinds;
  }

  private static List<EngineProvider> installed() {
    List<EngineProvider> providers = new ArrayList<>();
    ServiceLoader.load(EngineProvider.class, EngineProvider.class.getClassLoader())
        .forEach(providers::add);
    if (providers.isEmpty()) {
      throw new InputException(
          "no engine is on the class path: if jars were merged into one, their files in"
              + " META-INF/services must be merged, too");
    }
    providers.sort(Comparator.comparing(EngineProvider::preference).reversed());
    return providers;
  }

  /**
   * @param providers the best first
   */
  static Choice choose(Device device, List<EngineProvider> providers) {
    if (device.kind().equals(Device.AUTO.kind())) {
      return best(device.precision(), providers);
    }
    for (EngineProvider provider : providers) {
      if (provider.kind().equals(device.kind())) {
        EngineProvider.Availability availability = provider.availability(device);
        if (!availability.usable()) {
          throw new InputException(
              "option device is %s, but %s%s"
                  .formatted(
                      device.text(),
                      availability.reason(),
                      availability.remedy().isEmpty() ? "" : ": " + availability.remedy()));
        }
        return new Choice(provider, device, availability.reason());
      }
    }
    String needs = OPTIONAL.get(device.kind());
    if (needs != null) {
      throw new InputException(
          "option device is %s, but %s: take cpu, or auto".formatted(device.text(), needs));
    }
    throw new InputException(
        "option device is '%s' but must be auto, %s"
            .formatted(
                device.text(),
                providers.stream().map(EngineProvider::kind).collect(Collectors.joining(", "))));
  }

  private static Choice best(Precision precision, List<EngineProvider> providers) {
    List<String> obstacles = new ArrayList<>();
    for (EngineProvider provider : providers) {
      Device device = new Device(provider.kind(), List.of(), precision);
      EngineProvider.Availability availability = provider.availability(device);
      if (availability.usable()) {
        obstacles.add(0, availability.reason());
        return new Choice(provider, device, String.join("; ", obstacles));
      }
      obstacles.add("not %s, since %s".formatted(provider.kind(), availability.reason()));
    }
    throw new InputException("no device can be used: " + String.join("; ", obstacles));
  }
}
