package org.vgg4j.model;

/** The order in which a network's first layer takes the colour channels. */
public enum ChannelOrder {
  /** Red, green, blue: ours, torchvision's, timm's. */
  RGB,
  /** Blue, green, red: Caffe's and Keras's VGG weights. */
  BGR
}
