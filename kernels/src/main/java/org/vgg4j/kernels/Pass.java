package org.vgg4j.kernels;

/** What kernels are used for, when it is asked how much memory they need. */
public enum Pass {
  /** The forward kernels only. */
  INFERENCE,
  /** Forward and backward kernels. */
  TRAINING
}
