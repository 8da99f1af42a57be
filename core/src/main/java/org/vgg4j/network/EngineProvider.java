package org.vgg4j.network;

import org.vgg4j.base.InputException;

/**
 * Provides engines for one kind of device. Found as a service, so that a kind of device is there if
 * its module is.
 */
public interface EngineProvider {
  /**
   * Whether a device can be used.
   *
   * @param usable whether it can
   * @param reason what it is, as a phrase; or, where it cannot be used, what is missing, as a
   *     clause
   * @param remedy what to do about that, as an instruction; may be empty
   */
  record Availability(boolean usable, String reason, String remedy) {
    /** One that needs no remedy, or has none. */
    public Availability(boolean usable, String reason) {
      this(usable, reason, "");
    }
  }

  /** The kind of device, as in {@link Device#kind()}. */
  String kind();

  /** Of several usable kinds, {@link Device#AUTO} takes the one with the largest preference. */
  int preference();

  /** Whether a device of this kind can be used here. Throws nothing. */
  Availability availability(Device device);

  /**
   * Does, on the calling thread, what the first pass on a device of this kind would wait for and
   * what needs no model. Ends by itself after some seconds, or sooner where a model has been read.
   */
  default void warmUp() {}

  /**
   * Opens a device that can be used.
   *
   * @param threads threads for work on the host; closed with the engine
   * @throws UnavailableDeviceException if that shows that it cannot be used now
   * @throws InputException if it cannot be opened for another reason that the user can change
   */
  Engine open(Device device, HostThreads threads);
}
