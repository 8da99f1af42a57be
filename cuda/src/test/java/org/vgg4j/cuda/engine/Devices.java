package org.vgg4j.cuda.engine;

import java.util.List;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Precision;

/** Engines for tests, found as users find them. */
final class Devices {
  private Devices() {}

  static Engine gpu(Precision precision) {
    return Engines.open(new Device("cuda", List.of(0), precision), 2);
  }

  static Engine cpu() {
    return Engines.open(Device.CPU, 2);
  }
}
