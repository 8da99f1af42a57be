package org.vgg4j.data;

/** The parts of a data set. */
public enum Split {
  /** What the network learns from. */
  TRAIN,
  /** What the learning rate and the choice of the best network are decided on. */
  VAL,
  /** What is used once, at the end. */
  TEST
}
