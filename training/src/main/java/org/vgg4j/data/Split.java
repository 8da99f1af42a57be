package org.vgg4j.data;

/** The parts of a data set. */
public enum Split {
  /** What the network learns from. */
  TRAIN,
  /** What decides when the learning rate drops and which network is the best. */
  VAL,
  /** What is used once, at the end. */
  TEST
}
