package org.vgg4j.network;

import org.vgg4j.base.InputException;

/**
 * Engines for one kind of device; found as a service, so that a kind is there or not with its
 * module.
 */
public interface EngineProvider {
  /**
   * Whether a device can be used.
   *
   * @param usable whether it can
   * @param reason what it is, in a phrase; or, where it cannot be used, in a clause what is missing
   */
  record Availability(boolean usable, String reason) {}

  /** The kind of device, as {@link Device#kind()} says it. */
  String kind();

  /** Of several kinds that can be used, {@link Device#AUTO} is the one with the largest. */
  int preference();

  /** Whether a device of this kind can be used here. Throws nothing. */
  Availability availability(Device device);

  /**
   * Opens a device that can be used.
   *
   * @param threads for what is done on the host; closed with the engine
   * @throws InputException if something that the user can change prevents it
   */
  Engine open(Device device, HostThreads threads);
}
