package org.vgg4j;

import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryOracle;

/**
 * How many passes a classifier gets, and the memory that it then takes.
 *
 * @param architecture of the network
 * @param options of the classifier
 * @param memory of the device
 */
record PassPlan(Architecture architecture, ClassifierOptions options, MemoryOracle memory) {
  /**
   * The number of passes: as many as the options say, or as fit.
   *
   * @throws InputException if more are asked for than fit into the memory
   */
  int passes() {
    if (options.passes() == ClassifierOptions.AUTO) {
      int passes = options.threads();
      while (passes > 1 && bytes(passes) > MemoryOracle.USABLE * memory.limit()) {
        passes--;
      }
      return passes;
    }
    long needed = bytes(options.passes());
    if (options.passes() > 1 && needed > memory.limit()) {
      throw new InputException(
          "%d passes and batches of %d need %s of memory, but there are %s: take fewer passes or smaller batches, or %s"
              .formatted(
                  options.passes(),
                  options.batch(),
                  Bytes.needed(needed),
                  Bytes.available(memory.limit()),
                  memory.remedy()));
    }
    return options.passes();
  }

  /**
   * Memory that the classifier takes: the weights, the pass for batches, and the others.
   *
   * @return bytes
   */
  long bytes(int passes) {
    int threads = options.threads();
    long bytes =
        memory
            .withThreads(threads)
            .inference(architecture, options.batch(), options.fcWeights())
            .total();
    int shared = Math.min(passes, threads); // further ones have one thread each
    for (int i = 0; i < shared; i++) {
      bytes += ofPass(Passes.threads(threads, i));
    }
    return bytes + (passes - shared) * ofPass(1);
  }

  private long ofPass(int threads) {
    return memory.withThreads(threads).inference(architecture, 1, options.fcWeights()).ofPass();
  }
}
