package org.vgg4j.model;

/**
 * What a network's output for one image is compared with. Immutable. Which kind it is depends on
 * what the network is trained for; all targets of a batch are of one kind.
 */
public sealed interface Target permits Label {}
