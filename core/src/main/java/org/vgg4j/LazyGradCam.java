package org.vgg4j;

import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.views.GradCam;

/**
 * Grad-CAM of a loaded network, made when it is first asked for; where only the device keeps the
 * weights, while they are still on the host. Thread-safe.
 */
final class LazyGradCam {
  private final Network network;
  private @Nullable GradCam made;

  /**
   * @param network of a classifier
   */
  LazyGradCam(Network network) {
    this.network = network;
  }

  /**
   * Makes it now if the weights will not be on the host later.
   *
   * @param parameters that the network was loaded from
   */
  synchronized void takeFrom(Parameters parameters) {
    if (network.fcWeights() == FcWeights.FP32 && network.parameters().isEmpty()) {
      made = new GradCam(parameters);
    }
  }

  /**
   * @throws InputException if the weights of the fully connected layers are rounded
   */
  void requirePossible() {
    GradCam.requireExact(network.fcWeights());
  }

  /**
   * @throws InputException as {@link #requirePossible} does
   */
  synchronized GradCam get() {
    requirePossible();
    GradCam gradCam = made;
    if (gradCam == null) {
      gradCam = new GradCam(network.parameters().orElseThrow());
      made = gradCam;
    }
    return gradCam;
  }
}
