package org.vgg4j.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import com.sun.management.VMOption;
import java.lang.management.ManagementFactory;
import java.util.OptionalLong;
import org.vgg4j.base.PeakMemory;

/** The memory that our processes take, in bytes. */
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
    try {
      return HotSpot.besideTheNetwork();
    } catch (LinkageError e) {
      return OptionalLong.empty(); // a run-time image without the module jdk.management
    }
  }

  /** The memory of the machine, or of the container that this process may use; empty if unknown. */
  static OptionalLong ofMachine() {
    try {
      return HotSpot.ofMachine();
    } catch (LinkageError e) {
      return OptionalLong.empty();
    }
  }

  // a class of its own, so that it is loaded only when it is used
  private static final class HotSpot {
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

    static OptionalLong ofMachine() {
      return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
          ? OptionalLong.of(system.getTotalMemorySize())
          : OptionalLong.empty();
    }
  }

  /** The largest resident size of this process so far, where Linux reports it. */
  static OptionalLong peak() {
    return PeakMemory.bytes();
  }
}
