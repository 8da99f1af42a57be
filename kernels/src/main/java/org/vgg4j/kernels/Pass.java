package org.vgg4j.kernels;

/** What kernels are used for, which decides how much memory they need. */
public enum Pass {
  /** The forward kernels only. */
  INFERENCE,
  /** Forward and backward kernels. */
  TRAINING
}
