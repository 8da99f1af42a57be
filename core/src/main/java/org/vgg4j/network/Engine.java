package org.vgg4j.network;

import java.util.function.Supplier;
import org.vgg4j.base.InputException;

/**
 * What executes networks on a device. Results do not depend on the number of threads. All that is
 * made by one engine is for one thread at a time, and of no use once the engine is closed.
 */
public interface Engine extends AutoCloseable {
  /**
   * Kernels of this device.
   *
   * @param name short, for files: what was computed with others may be rounded otherwise
   * @param description what they use, in a phrase
   * @param reason why these were chosen, in a sentence
   * @param compiler what the JIT compiler does with them, as a phrase
   * @param lanes numbers that one instruction works on
   */
  record KernelSet(String name, String description, String reason, String compiler, int lanes) {}

  /** The device. */
  Device device();

  /** What computes there. */
  KernelSet kernels();

  /** Threads of the host for what is not the device's: decoding, rescaling, preparing images. */
  HostThreads hostThreads();

  /** What networks take of the device's memory. */
  MemoryOracle memory();

  /** Measures the device. */
  MachineProbe probe();

  /**
   * Brings a trained network to where it is computed. Until the given arrays are let go, both may
   * take memory.
   *
   * @param form how the weights of the fully connected layers are to be held
   * @throws InputException if the memory does not suffice
   * @throws IllegalArgumentException if the given ones are rounded and the form is not
   */
  Network load(Parameters parameters, FcWeights form);

  /** Brings a trained network to where it is computed, with its weights as they are. */
  default Network load(Parameters parameters) {
    return load(parameters, parameters.fcWeights());
  }

  /**
   * Returns what trains a network.
   *
   * @param weights that it begins with; they become the learner's own
   * @param exchange with those that have the other shares of each batch
   * @throws InputException if the memory does not suffice, or an option is out of range
   * @throws IllegalArgumentException if the weights were rounded
   */
  Learner learner(Parameters weights, LearnerOptions options, Exchange exchange);

  /**
   * Does something that leaves the device idle, and gets the device ready meanwhile, which makes
   * the first images faster.
   *
   * @param work for example: reads a model
   * @return what the work gives
   */
  default <T> T warmUpDuring(Supplier<T> work) {
    return work.get();
  }

  /** Lets go of the device, of all that was made by this engine, and of the host's threads. */
  @Override
  void close();
}
