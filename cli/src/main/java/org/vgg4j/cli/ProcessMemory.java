package org.vgg4j.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** What a process of ours takes, in bytes. */
final class ProcessMemory {
  /**
   * Classes, compiled code, libraries, the compiler's work and all small objects. Measured: 72 to
   * 108 MB on JDK 17, whatever the network (docs/performance.md has the table).
   */
  private static final long JAVA_ITSELF = 100_000_000;

  private ProcessMemory() {}

  /**
   * What comes on top of the network's arrays, if it can be known: with the serial collector, which
   * collects before it takes more memory, and a young generation of limited size. {@code ./vgg}
   * asks for both.
   */
  static OptionalLong besideTheNetwork() {
    HotSpotDiagnosticMXBean hotSpot =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    if (hotSpot == null) {
      return OptionalLong.empty(); // another virtual machine
    }
    VMOption young = hotSpot.getVMOption("MaxNewSize");
    boolean serial = Boolean.parseBoolean(hotSpot.getVMOption("UseSerialGC").getValue());
    return serial && young.getOrigin() == VMOption.Origin.VM_CREATION
        ? OptionalLong.of(JAVA_ITSELF + Long.parseLong(young.getValue()))
        : OptionalLong.empty();
  }

  /** The largest resident size of this process so far, where Linux tells it. */
  static OptionalLong peak() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty(); // not Linux
    }
  }
}
