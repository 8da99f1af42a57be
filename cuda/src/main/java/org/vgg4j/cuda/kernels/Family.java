package org.vgg4j.cuda.kernels;

import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.Device;

/**
 * Which kernels multiply. All others are the same for every GPU.
 *
 * <p>{@code -Dvgg.cuda.family=ampere} takes Ampere's on every GPU, to compare them.
 */
public enum Family {
  /** For every GPU since Ampere: {@code cp.async}, {@code ldmatrix}, {@code mma.sync}. */
  AMPERE("sm80", "every GPU from Ampere on runs them"),
  /** For Hopper alone: boxes copied by tensor maps, products of warpgroups. */
  HOPPER("sm90a", "they are written for this GPU's generation, Hopper");

  private static final String PROPERTY = "vgg.cuda.family";

  private final String target;
  private final String reason;

  Family(String target, String reason) {
    this.target = target;
    this.reason = reason;
  }

  /** The target that its PTX names, for the names of kernels. */
  public String target() {
    return target;
  }

  /** Why they are chosen, as a clause. */
  public String reason() {
    return reason;
  }

  /**
   * The one for a GPU.
   *
   * @throws InputException if the property names a family that there is not
   */
  public static Family of(Device device) {
    Family best = device.isHopper() ? HOPPER : AMPERE;
    String wanted = System.getProperty(PROPERTY, "");
    if (wanted.isEmpty()) {
      return best;
    }
    if (!wanted.equals("ampere")) {
      throw new InputException(
          "property %s is '%s' but can only be ampere".formatted(PROPERTY, wanted));
    }
    return AMPERE;
  }
}
