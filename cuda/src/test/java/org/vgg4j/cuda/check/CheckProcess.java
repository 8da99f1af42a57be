package org.vgg4j.cuda.check;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.vgg4j.base.DeviceFailedException;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.CudaException;
import org.vgg4j.cuda.driver.Device;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.kernels.Family;
import org.vgg4j.cuda.kernels.KernelLibrary;

/**
 * Runs checks in a JVM of their own, with the driver that {@code vgg.cuda.driver} names. Prints a
 * line for each: its name, a tab, and what was wrong; nothing after the tab if it passed.
 */
final class CheckProcess {
  private CheckProcess() {}

  /** The arguments are the family of kernels and the names of the checks. */
  public static void main(String[] arguments) {
    Family family = Family.valueOf(arguments[0]);
    Emulator.pose(family);
    Set<String> wanted = Set.copyOf(List.of(arguments).subList(1, arguments.length));
    List<KernelCheck> checks =
        KernelChecks.all(family).stream().filter(check -> wanted.contains(check.name())).toList();
    Device device = Driver.open().device(0);
    for (KernelCheck check : checks) {
      System.out.println(check.name() + "\t" + failure(check, device));
    }
  }

  /** Uses a new context, since a kernel that fails leaves its context unusable. */
  private static String failure(KernelCheck check, Device device) {
    double error;
    try (Context context = Context.open(device);
        KernelLibrary library = new KernelLibrary(context)) {
      error = check.run(library);
    } catch (CudaException | DeviceFailedException e) {
      return e.getMessage().lines().findFirst().orElse("");
    }
    return error <= check.allowed()
        ? ""
        : String.format(Locale.ROOT, "error %.1e, allowed %.1e", error, check.allowed());
  }
}
