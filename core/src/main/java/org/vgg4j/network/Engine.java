package org.vgg4j.network;

import java.util.function.Supplier;
import org.vgg4j.base.InputException;

/**
 * Executes networks on a device. Results do not depend on the number of threads. Everything that an
 * engine makes is for one thread at a time, and must not be used once the engine is closed.
 */
public interface Engine extends AutoCloseable {
  /**
   * The kernels that a device uses.
   *
   * @param name short, for files: other kernels may round differently
   * @param description what they use, in a phrase
   * @param reason why they were chosen, in a sentence
   * @param compiler what the JIT compiler does with them, as a phrase
   * @param lanes how many numbers one instruction works on
   */
  record KernelSet(String name, String description, String reason, String compiler, int lanes) {}

  /** The device. */
  Device device();

  /** The kernels that compute there. */
  KernelSet kernels();

  /**
   * Threads of the host for work that is not the device's: decoding, rescaling, preparing images.
   */
  HostThreads hostThreads();

  /** How much of the device's memory networks take. */
  MemoryOracle memory();

  /**
   * Requires that processes which work together have no more than a device each.
   *
   * @param processes their number
   * @throws InputException if each would have several
   */
  default void requireOneDeviceEach(int processes) {
    if (processes > 1 && memory().devices() > 1) {
      throw new InputException(
          "option device is %s, but each of several processes computes on one device: name one, or take a single process"
              .formatted(device().text()));
    }
  }

  /** What measures the device. */
  MachineProbe probe();

  /**
   * Brings a trained network to where it is computed. Until the given arrays are garbage, both
   * copies may take memory.
   *
   * @param form how the weights of the fully connected layers are to be held
   * @throws InputException if there is not enough memory
   * @throws IllegalArgumentException if the given weights are rounded and the form is not
   */
  Network load(Parameters parameters, FcWeights form);

  /** Brings a trained network to where it is computed, with its weights as they are. */
  default Network load(Parameters parameters) {
    return load(parameters, parameters.fcWeights());
  }

  /**
   * Returns a learner for a network.
   *
   * @param weights the initial weights, which become the learner's own
   * @param exchange the exchange with the learners that have the other shares of each batch
   * @throws InputException if there is not enough memory, or an option is out of range
   * @throws IllegalArgumentException if the weights were rounded
   */
  Learner learner(Parameters weights, LearnerOptions options, Exchange exchange);

  /**
   * Does some work that leaves the device idle, and warms the device up meanwhile, so that the
   * first images are faster.
   *
   * @param work for example reading a model
   * @return the result of the work
   */
  default <T> T warmUpDuring(Supplier<T> work) {
    return work.get();
  }

  /** Releases the device, everything that this engine made, and the host's threads. */
  @Override
  void close();
}
