package org.vgg4j.cuda.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import org.vgg4j.cuda.check.KernelCheck;
import org.vgg4j.cuda.check.KernelChecks;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.Device;
import org.vgg4j.cuda.kernels.Family;
import org.vgg4j.cuda.kernels.KernelLibrary;

/** Every kernel against doubles, one line each. */
final class CheckRun {
  private final Device device;

  CheckRun(Device device) {
    this.device = device;
  }

  /** Runs all checks, in a new context after one that broke it; returns how many fail. */
  int run(ObjectNode json) {
    System.out.println();
    System.out.println("Kernels against doubles: largest error, and what is allowed");
    Deque<KernelCheck> left = new ArrayDeque<>(KernelChecks.all(Family.of(device)));
    int count = left.size();
    ArrayNode wrong = json.putArray("wrong");
    while (!left.isEmpty()) {
      try (Context context = Context.open(device);
          KernelLibrary library = new KernelLibrary(context)) {
        while (!left.isEmpty()) {
          one(left.removeFirst(), library, wrong);
        }
        if (context.openAllocations() > 0) {
          wrong.add(context.openAllocations() + " pieces of memory are left open");
          System.out.println("WRONG  " + wrong.get(wrong.size() - 1).asText());
        }
      } catch (BrokenContext e) {
        System.out.println("       (a new context)");
      } catch (RuntimeException e) {
        wrong.add(e.getMessage());
        System.out.println("WRONG  " + e.getMessage());
      }
    }
    System.out.printf(Locale.ROOT, "%d checks, %d wrong%n", count, wrong.size());
    json.put("count", count);
    return wrong.size();
  }

  private static void one(KernelCheck check, KernelLibrary library, ArrayNode wrong) {
    double error;
    try {
      error = check.run(library);
    } catch (RuntimeException e) {
      System.out.println("WRONG  " + check.name() + ": " + e.getMessage());
      wrong.add(check.name() + ": " + e.getMessage());
      throw new BrokenContext(e);
    }
    boolean right = error <= check.allowed();
    System.out.printf(
        Locale.ROOT,
        "%s  %8.2e  %8.2e  %s%n",
        right ? "ok   " : "WRONG",
        error,
        check.allowed(),
        check.name());
    if (!right) {
      wrong.add(String.format(Locale.ROOT, "%s: error %.2e", check.name(), error));
    }
  }

  /** A kernel failed, and nothing more can be done in its context. */
  private static final class BrokenContext extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BrokenContext(RuntimeException cause) {
      super(cause);
    }
  }
}
